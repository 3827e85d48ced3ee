"""The speeds that `make cost` reckons with: those that `make gpu` has measured on the card, else the assumed ones."""

# What is measured of a purpose, on a model of 8 billion weights, and which way. Of generation that by vLLM is not.
MEASURED = {
    "training": ("sami", "ours, packed"),
    "scoring": ("sami", "forward, packed"),
    "generation_transformers": ("generation", "batch 64"),
}
REQUIRED = ("date", "card", "model", "what", "way", "metric", "value")


def speeds(assumed: dict, measured: list[dict]) -> tuple[dict[str, float], str]:
    """Tokens a second by purpose, and in words where each of them is from.

    measured: rows of docs/benchmarks/gpu.csv; those of the card that config/costs.yaml names count.
    """
    rates, words = {}, []
    for purpose, rate in assumed["tokens_per_second"].items():
        row = _row(assumed["gpu"], *MEASURED.get(purpose, (None, None)), measured)
        rates[purpose] = row["value"] if row else rate
        words.append(f"{purpose} measured {row['date']}" if row else f"{purpose} assumed")
    return rates, f"{assumed['gpu']}: {'; '.join(words)}"


def _row(card: str, what: str | None, way: str | None, measured: list[dict]) -> dict | None:
    wanted = {"card": card, "model": "8b", "what": what, "way": way, "metric": "tokens_per_second"}
    fitting = (row for row in measured if all(row[key] == value for key, value in wanted.items()))
    return next((row for row in fitting if row["value"] is not None), None)
