"""What was hoped for, beside what was measured."""

from collections.abc import Iterator

from rows import missing, number, row

OURS = ("ours", "ours, packed", "flex_attention, packed")
SPEED, MEMORY, SHARE, TRL = 3.0, 0.5, 0.4, 1.5


def goals(rows: list[dict], shapes: list[str]) -> Iterator[dict]:
    """SAMI against the padded way, the share of the card's rate, and DPO against TRL; rows are those of one card."""
    for shape in shapes:
        for way in OURS:
            faster = _ratio(rows, shape, "sami", "tokens_per_second", way, "padded")
            memory = _ratio(rows, shape, "sami", "step_memory_gib", way, "padded")
            if shape != "1b":  # beside the padded way the goal is for the largest model
                yield _verdict(shape, "sami", way, "speed_over_padded", faster, SPEED, True)
                yield _verdict(shape, "sami", way, "step_memory_over_padded", memory, MEMORY, False)
            share = number(rows, model=shape, what="sami", way=way, metric="share_of_matrix_rate")
            yield _verdict(shape, "sami", way, "share_of_matrix_rate", share, SHARE, True)
        faster = _ratio(rows, shape, "dpo", "tokens_per_second", "ours, packed", "trl, packed")
        yield _verdict(shape, "dpo", "ours, packed", "speed_over_trl", faster, TRL, True)


def _ratio(rows: list[dict], shape: str, what: str, metric: str, way: str, other: str) -> float | None:
    one, base = (number(rows, model=shape, what=what, way=name, metric=metric) for name in (way, other))
    return one / base if one is not None and base else None


def _verdict(shape, what, way, metric, value: float | None, goal: float, at_least: bool) -> dict:
    if value is None:
        return missing(shape, what, way, f"{metric} lacks a number above")
    met = value >= goal if at_least else value <= goal
    words = f"goal: at {'least' if at_least else 'most'} {goal:g}: {'met' if met else 'NOT MET'}"
    return row(shape, what, way, metric, value, words)
