"""How the base models were made and how each method was trained."""

from collections.abc import Iterator
from pathlib import Path

from mialign.core import csv_files
from mialign.data import sets
from mialign.models.folders import publisher
from mialign.paper.formatting import label, setting
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape
from mialign.training.objectives import OBJECTIVES

EXTRA = {name: one.symbol for objective in OBJECTIVES.values() for name, one in objective.settings.items()}
OPTIMIZERS = {"rmsprop": "RMSprop"}  # named where they are not the usual AdamW
APART = {"warmup": "warm-up", "clip": "clip", "max_length": "length"}  # where a method has others than its experiment
CORPUS = ("multitask", "maths", "drills", "principles", "preferences", "choices")  # kinds of texts of a corpus
USUAL = (None, 0, "mean", "rows", "all")  # values of these that go without saying


def models(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a model: what it started from, and its corpus and optimiser, or at which revision it was taken.

    Of a package, its file and sha256 stand in the place of the revision. A column in which no model has anything is
    left out, so a run of given models shows them alone. cite: the keys of works in the bibliography, by model.
    """
    cited = settings.get("cite", {}).get("models", {})
    rows = [_model(name, model) | {"reference": cited.get(name)} for name, model in settings["models"].items()]
    shown = [key for key in rows[0] if any(row[key] is not None for row in rows)]
    text = [key for key in shown if key in ("model", "from", "revision", "file", "sha256", "optimiser", "reference")]
    result = Table("@{}" + "".join("l" if key in text else "r" for key in shown) + "@{}", shown)
    if {"revision", "file"} & set(shown):
        result.size = r"\scriptsize\setlength{\tabcolsep}{3pt}" if "link" in shown else r"\footnotesize"
    # Beside so many columns there is no room for all digits of a revision.
    digits = {"sha256": 12, "revision": 7 if "link" in shown else 12 if "reference" in shown else None}
    for row in rows:
        result.tidy.append({key: row[key] for key in shown})
        result.rows.append([_cell(key, row[key], digits.get(key)) for key in shown])
    return written(result)


def _cell(column: str, value, digits: int | None) -> str:
    if value is None:
        return "--"
    return rf"\citet{{{value}}}" if column == "reference" else setting(value[:digits] if digits else value)


def _model(name: str, model: dict) -> dict:
    corpus, training = model.get("corpus", {}), model.get("training", {})
    place = model.get("places", [{}])[0]
    return {
        "model": name,
        "from": model.get("parent") or publisher(model) or ("a folder" if "path" in model else "nothing"),
        "revision": place.get("revision"),
        "file": Path(place["file"]).name if "file" in place else None,
        "sha256": place.get("sha256"),
        **{key: corpus.get(key) for key in CORPUS},
        "link": _links(corpus),
        "optimiser": training.get("optimizer"),
        "rate": training.get("learning_rate"),
        "batch": training.get("batch"),
    }


def _links(corpus: dict) -> str | None:
    """The links for multitask, word problems and their evaluation; one number where they are equal."""
    links = corpus.get("link", {})
    return " / ".join(dict.fromkeys(f"{link:g}" for link in links.values())) or None


def training(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a method: parent, objective, rate, steps, batch, pairs seen, and the steps that validation chose."""
    chosen, ran = _chosen(inputs), _last_steps(inputs)
    header = ["method", "from", "objective", "rate", "steps", "batch", "pairs seen", "further", "chosen step"]
    result = Table("@{}lllrrrrll@{}", header)
    for title, experiment in settings["experiments"].items():
        sizes = {data: setting(experiment["data"][data]["size"]) for data in sets.used_sets(experiment)}
        result.rows.append(escape(f"{title}, {_in_words(sizes)}"))
        for name, method in experiment["methods"].items():
            used = {**experiment["training"], **method}
            if used.get("optimizer") in OPTIMIZERS:
                result.size = r"\small\setlength{\tabcolsep}{4pt}"
            steps, batch = used["steps"], used["batch"]
            if "epochs" in method:  # its steps follow from the pairs that there were
                steps = ran.get((title, name), steps)
            cells = [
                label(name, experiment),
                label(method["parent"], experiment),
                OBJECTIVES[method["objective"]].label,
            ]
            cells += [
                setting(used["learning_rate"]),
                setting(steps),
                setting(batch),
                setting(steps * batch),
                ", ".join(_further(used, method, experiment["training"])) or "--",
            ]
            result.rows.append([*map(escape, cells[:3]), *cells[3:], chosen.get((title, name), "--")])
            result.tidy.append(
                {"experiment": title, "method": name, "parent": method["parent"], "objective": method["objective"]}
                | {
                    key: used.get(key, "")
                    for key in ("learning_rate", "steps", "batch", "optimizer", "schedule", *EXTRA)
                }
                | {"steps": steps}
                | {"chosen_step": chosen.get((title, name), "")}
            )
    return written(result)


def _further(used: dict, method: dict, of_all: dict) -> list[str]:
    """What else sets a training apart from the usual one, and from the others of its experiment."""
    found = [OPTIMIZERS[used["optimizer"]]] if used.get("optimizer") in OPTIMIZERS else []
    found += [f"{EXTRA[key]} {setting(method[key])}" for key in EXTRA if method.get(key) not in USUAL]
    found += [f"rollouts every {used['rollout_every']}"] if "rollout_every" in used else []
    found += ["bf16 weights"] if used.get("weights") == "bf16" else []
    return found + [f"{APART[key]} {setting(used[key])}" for key in APART if used.get(key) != of_all.get(key)]


def _in_words(sizes: dict[str, str]) -> str:
    """The sizes of sets of pairs; of more than two only how many sets there are, since the heading is one line."""
    if len(sizes) > 2:
        return f"{len(sizes)} sets of pairs"
    return ", ".join(f"{size} pairs" + (f" ({data})" if len(sizes) > 1 else "") for data, size in sizes.items())


def _chosen(inputs: list[Path]) -> dict[tuple[str, str], str]:
    """The chosen step of every method, seed by seed.

    Read from metrics/training.csv, or from the curves themselves, training/{experiment}/{method}/seed{n}.csv.
    """
    steps: dict[tuple[str, str], dict[int, float]] = {}
    for about, seed, row in _curves(inputs):
        if row["metric"] == "selected" and row["value"]:
            steps.setdefault(about, {})[seed] = row["step"]
    return {about: ", ".join(f"{found[seed]:.0f}" for seed in sorted(found)) for about, found in steps.items()}


def _last_steps(inputs: list[Path]) -> dict[tuple[str, str], int]:
    """The steps that every method was trained for; of seeds with pairs of their own the fewest."""
    last: dict[tuple[str, str], dict[int, float]] = {}
    for about, seed, row in _curves(inputs):
        found = last.setdefault(about, {})
        found[seed] = max(found.get(seed, 0), row["step"])
    return {about: int(min(found.values())) for about, found in last.items()}


def _curves(inputs: list[Path]) -> Iterator[tuple[tuple[str, str], int, dict]]:
    """Experiment and method, seed, and row of every line of the trainings' courses, without those of the collapse."""
    for path in inputs:
        experiment, method, seed = path.parts[-3], path.parts[-2], path.stem.removeprefix("seed")
        for row in csv_files.rows(path, ("step", "metric", "value")):
            if row.get("experiment") != "collapse":
                yield (
                    (row.get("experiment", experiment), row.get("method", method)),
                    int(float(row.get("seed", seed))),
                    row,
                )
