"""Which figures there are, and what each shows."""

from mialign.data.constitution_numbers import by_number

# The tables that each kind of figure draws.
DRAWN = {
    **dict.fromkeys(("figure1", "overall"), ["comparisons"]),
    "qualities": ["qualities"],
    **dict.fromkeys(("figure2", "figure3", "formats"), ["accuracy"]),
    **dict.fromkeys(("training", "collapse"), ["training"]),
    "information": ["information"],
    "constitutions": ["qualities", "information"],
    "front": ["preferences"],
}
# Experiments with trainings that differ in the number of constitutions alone; checkers tell how often these are followed.
NUMBERED = [
    experiment
    for experiment in COMPARED
    if experiment in INFORMED and by_number(CONFIG["experiments"][experiment]) and not unchecked(PRINCIPLES.principles)
]

# Whether the document has the chapter on the original's claims: it is about both experiments.
REPORTED = CONFIG["document"] == "main" and "multitask" in JUDGED and "maths" in SOLVED

# File name -> (kind, experiment); None where a figure shows every experiment.
FIGURES = {
    **of_each(JUDGED, "multitask", "figure1", "overall", "qualities"),
    **of_each(SOLVED, "maths", "figure2", "figure3", "formats"),
    **of_each(INFORMED, "multitask", "information"),
    **of_each(NUMBERED, "multitask", "constitutions"),
    **of_each(PREFERRED, "preferences", "front"),
    "training": ("training", None),
    **({"power": ("power", None)} if REPORTED else {}),
    **({"collapse": ("collapse", CONFIG["collapse"]["experiment"])} if CURVES else {}),
}


def figure_inputs(wildcards):
    kind, _ = FIGURES[wildcards.figure]
    return (
        [f"{PUBLISHED}/comparisons.csv", f"{PUBLISHED}/accuracy.csv"] if kind == "power" else metrics_of(*DRAWN[kind])
    )


def figure_settings(wildcards):
    """Names of methods and, for a figure of one experiment, which; the rest is the figure's own."""
    kind, experiment = FIGURES[wildcards.figure]
    match kind:
        case "collapse":
            return as_json({"labels": {name: curve["label"] for name, curve in CONFIG["collapse"]["curves"].items()}})
        case "training" | "power":
            return as_json({"labels": {experiment: labels_of(experiment) for experiment in CONFIG["experiments"]}})
        case "constitutions":
            groups = [list(group.items()) for group in by_number(CONFIG["experiments"][experiment])]
            return as_json({"labels": labels_of(experiment), "experiment": experiment, "groups": groups})
        case "front":
            soups = CONFIG["experiments"][experiment].get("soups", {})
            labels = {name: soup["label"] for name, soup in soups.items() if "label" in soup}
            settings = {"labels": labels_of(experiment) | labels, "experiment": experiment}
            return as_json(settings | {"order": policies.final_policies(CONFIG["experiments"][experiment])})
        case _:
            return as_json({"labels": labels_of(experiment), "experiment": experiment})
