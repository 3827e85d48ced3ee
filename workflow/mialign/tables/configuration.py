"""How the base models were made and how each method was trained."""

from pathlib import Path

from mialign.tables import reading
from mialign.tables.layout import Table, written
from mialign.tables.wording import label, setting
from mialign.tex import escape

EXTRA = {"beta": r"$\beta$", "kl": "KL", "reduction": "reduction"}
USUAL = (None, 0, "mean")  # values of these that go without saying


def models(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a model: what it started from, its corpus and its optimiser."""
    header = ["model", "from", "multitask", "maths", "drills", "link", "optimiser", "rate", "batch"]
    result = Table("@{}llrrrrlrr@{}", header)
    for name, model in settings["models"].items():
        corpus, training = model.get("corpus") or {}, model.get("training") or {}
        start = model.get("parent") or ("a folder" if "path" in model else "nothing")
        values = [corpus.get(key) for key in ("multitask", "maths", "drills", "link")]
        values += [training.get(key) for key in ("optimizer", "learning_rate", "batch")]
        result.rows.append(
            [escape(name), escape(start), *("--" if value is None else setting(value) for value in values)]
        )
        result.tidy.append(dict(zip(header, (name, start, *values), strict=True)))
    return written(result)


def training(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a method: parent, objective, rate, steps, batch, pairs seen, and the steps that validation chose."""
    chosen = _chosen(inputs)
    header = ["method", "from", "objective", "rate", "steps", "batch", "pairs seen", "further", "chosen step"]
    result = Table("@{}lllrrrrll@{}", header)
    for title, experiment in settings["experiments"].items():
        result.rows.append(f"{escape(title)}, {setting(experiment['pairs']['size'])} pairs")
        for name, method in experiment["methods"].items():
            used = {**experiment["training"], **method}
            further = ", ".join(f"{shown} {setting(method[key])}" for key, shown in EXTRA.items() if method.get(key) not in USUAL)
            steps, batch = used["steps"], used["batch"]
            cells = [label(name, experiment), label(method["parent"], experiment), method["objective"].upper()]
            cells += [
                setting(used["learning_rate"]),
                setting(steps),
                setting(batch),
                setting(steps * batch),
                further or "--",
            ]
            result.rows.append([*map(escape, cells[:3]), *cells[3:], chosen.get((title, name), "--")])
            result.tidy.append(
                {"experiment": title, "method": name, "parent": method["parent"], "objective": method["objective"]}
                | {
                    key: used.get(key, "")
                    for key in ("learning_rate", "steps", "batch", "optimizer", "schedule", *EXTRA)
                }
                | {"chosen_step": chosen.get((title, name), "")}
            )
    return written(result)


def _chosen(inputs: list[Path]) -> dict[tuple[str, str], str]:
    """The chosen step of every method, seed by seed, where metrics/training.csv is given."""
    steps: dict[tuple[str, str], dict[str, float]] = {}
    for path in inputs:
        for row in reading.rows(path, ("experiment", "method", "seed", "step", "metric", "value")):
            if row["metric"] == "selected" and row["value"]:
                steps.setdefault((row["experiment"], row["method"]), {})[row["seed"]] = row["step"]
    return {key: ", ".join(f"{found[seed]:.0f}" for seed in sorted(found)) for key, found in steps.items()}
