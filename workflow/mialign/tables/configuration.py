"""How the base models were made and how each method was trained."""

from pathlib import Path

from mialign.tables import reading
from mialign.tables.layout import Table, written
from mialign.tables.wording import label, setting
from mialign.tex import escape

EXTRA = {"beta": r"$\beta$", "label_smoothing": "smoothing", "kl": "KL", "reduction": "reduction", "side": "side"}
USUAL = (None, 0, "mean", "rows")  # values of these that go without saying


def models(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a model: what it started from, its corpus and its optimiser."""
    header = ["model", "from", "multitask", "maths", "drills", "link", "optimiser", "rate", "batch"]
    result = Table("@{}llrrrrlrr@{}", header)
    for name, model in settings["models"].items():
        corpus, training = model.get("corpus") or {}, model.get("training") or {}
        start = model.get("parent") or model.get("hub") or ("a folder" if "path" in model else "nothing")
        values = [*(corpus.get(key) for key in ("multitask", "maths", "drills")), _links(corpus)]
        values += [training.get(key) for key in ("optimizer", "learning_rate", "batch")]
        result.rows.append(
            [escape(name), escape(start), *("--" if value is None else setting(value) for value in values)]
        )
        result.tidy.append(dict(zip(header, (name, start, *values), strict=True)))
    return written(result)


def _links(corpus: dict) -> str | None:
    """The links for multitask, word problems and their evaluation; one number where they are equal."""
    links = corpus.get("link") or {}
    return " / ".join(dict.fromkeys(setting(link) for link in links.values())) or None


def training(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a method: parent, objective, rate, steps, batch, pairs seen, and the steps that validation chose."""
    chosen = _chosen(inputs)
    header = ["method", "from", "objective", "rate", "steps", "batch", "pairs seen", "further", "chosen step"]
    result = Table("@{}lllrrrrll@{}", header)
    for title, experiment in settings["experiments"].items():
        result.rows.append(f"{escape(title)}, {setting(experiment['pairs']['size'])} pairs")
        for name, method in experiment["methods"].items():
            used = {**experiment["training"], **method}
            extra = [key for key in EXTRA if method.get(key) not in USUAL]
            further = ", ".join(f"{EXTRA[key]} {setting(method[key])}" for key in extra)
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
    """The chosen step of every method, seed by seed.

    Read from metrics/training.csv, or from the curves themselves, training/{experiment}/{method}/seed{n}.csv.
    """
    steps: dict[tuple[str, str], dict[int, float]] = {}
    for path in inputs:
        experiment, method, seed = path.parts[-3], path.parts[-2], path.stem.removeprefix("seed")
        for row in reading.rows(path, ("step", "metric", "value")):
            if row["metric"] == "selected" and row["value"] and row.get("experiment") != "collapse":
                about = row.get("experiment", experiment), row.get("method", method)
                steps.setdefault(about, {})[int(float(row.get("seed", seed)))] = row["step"]
    return {about: ", ".join(f"{found[seed]:.0f}" for seed in sorted(found)) for about, found in steps.items()}
