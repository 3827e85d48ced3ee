"""Training and filtering in numbers: chosen steps, tokens, the curves of the collapse, what the filters dropped."""

from mialign.core.macro_names import name
from mialign.paper import formatting
from mialign.paper.macros.number_formats import Number
from mialign.paper.trained_tokens import training_tokens

SHARES_OF_ONE = (
    "mean_score",
    "win_rate",
    "adherence",
    "correct",
    "ended",
    "accuracy",
    "grid_accuracy_rows",
    "grid_accuracy_columns",
)


def of_training(table: list[dict], origin: str) -> list[Number]:
    """The chosen step of every method (one a seed) and the first, last and highest point of every collapse curve."""
    chosen: dict[tuple, dict[str, float]] = {}
    curves: dict[tuple, list[dict]] = {}
    for row in table:
        if row["metric"] == "selected" and row["value"]:
            chosen.setdefault((row["experiment"], row["method"]), {})[row["seed"]] = row["step"]
        if row["experiment"] == "collapse" and row["value"] is not None and row["step"] is not None:
            curves.setdefault((row["method"], row["metric"]), []).append(row)
    found = []
    for (experiment, method), steps in chosen.items():
        text = formatting.listing([f"{steps[seed]:.0f}" for seed in sorted(steps)])
        found.append(Number(name("chosen_step", experiment, method), text, f"{origin}: {experiment} {method} selected"))
    for (curve, metric), points in curves.items():
        found += _curve(name("collapse", curve, metric), metric, points, f"{origin}: collapse {curve} {metric}")
    return found


def of_tokens(table: list[dict], origin: str, settings: dict) -> list[Number]:
    """Tokens of responses that each method has learned from, as the table of methods has them."""
    found = []
    for title, experiment in settings["experiments"].items():
        tokens = training_tokens([row for row in table if row["experiment"] == title], experiment)
        found += [
            of_learned(title, method, tokens[method], origin)
            for method in experiment["methods"]
            if tokens[method] is not None
        ]
    return found


def of_learned(experiment: str, method: str, tokens: float, origin: str) -> Number:
    """The tokens that a method has learned from."""
    return Number(
        name("trained_tokens", experiment, method), formatting.count(tokens), f"{origin}: {experiment} {method}"
    )


def _curve(stem: str, metric: str, points: list[dict], origin: str) -> list[Number]:
    points = sorted(points, key=lambda row: row["step"])
    highest = max(points, key=lambda row: row["value"])
    share = metric in SHARES_OF_ONE
    found = []
    for form, row in (("First", points[0]), ("Last", points[-1]), ("Highest", highest)):
        text = formatting.decimal(100 * row["value"], 1) if share else formatting.decimal(row["value"], 2)
        where = f"{origin}, step {row['step']:.0f}"
        found += [Number(stem + form, text, where), Number(f"{stem}{form}Step", f"{row['step']:.0f}", where)]
    # A fall or rise is called so only from a tenth of the scale on: the curves are of one seed and carry no interval.
    change = points[-1]["value"] - highest["value"] if share else points[-1]["value"] - points[0]["value"]
    limit = 0.1 if share else 0.25
    found.append(
        Number(f"{stem}Sign", "above" if change > limit else "below" if change < -limit else "unclear", origin)
    )
    return found


def set_name(settings: dict, experiment: str, data: str) -> tuple[str, ...]:
    """How numbers name a set of pairs: by its experiment alone where training names the set, else by both names."""
    main = settings["experiments"][experiment]["training"].get("data")
    return (experiment,) if data == main else (experiment, data)


def of_filters(about: tuple[str, ...], table: list[dict], origin: str) -> list[Number]:
    """How many pairs each filter dropped, and how many there were before and after; about: see `set_name`."""
    found = [
        Number(name("dropped", *about, row["filter"]), formatting.count(row["dropped"]), f"{origin}: {row['filter']}")
        for row in table
    ]
    counted = [row for row in table if row["kept"] is not None and row["dropped"] is not None]
    if counted:
        first, last = counted[0], counted[-1]
        found.append(
            Number(name("pairs", *about, "before"), formatting.count(first["kept"] + first["dropped"]), origin)
        )
        found.append(Number(name("pairs", *about, "after"), formatting.count(last["kept"]), origin))
    return found
