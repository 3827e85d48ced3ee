"""The lines of gpu.csv."""

COLUMNS = ("date", "card", "memory_gib", "versions", "part", "model", "what", "way", "metric", "value", "note")


def row(model: str, what: str, way: str, metric: str, value: float | None, note: str = "") -> dict:
    """One measured number; value None where it was not measured, and the note says why."""
    short = "" if value is None else f"{value:.4g}"
    return {"model": model, "what": what, "way": way, "metric": metric, "value": short, "note": note}


def missing(model: str, what: str, way: str, why: str | Exception) -> dict:
    """That nothing was measured, and why."""
    if isinstance(why, Exception):
        lines = str(why).strip().splitlines() or [""]
        why = f"{type(why).__name__}: {lines[0][:200]}"
    return row(model, what, way, "", None, f"not measured: {why}")


def number(rows: list[dict], **where: str) -> float | None:
    """The value of the row that has these fields; None if it was not measured."""
    found = (one for one in rows if all(one[key] == value for key, value in where.items()))
    value = next((one["value"] for one in found), "")
    return float(value) if value else None
