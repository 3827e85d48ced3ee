"""What each tidy table is made from."""

from mialign.training.objectives import counts_ties_as_wins

# The experiments whose methods the document sets side by side in one table.
COMPARED = list(CONFIG["experiments"]) if CONFIG["document"] != "main" else []


def by_seed(stage, measured):
    """The files of a stage; measured: experiment -> policies, or folder of verdicts -> comparisons."""
    return [
        f"{RUN}/{stage}/{folder}/{name}/seed{seed}.jsonl"
        for folder, names in measured.items()
        for name in names
        for seed in SEEDS
    ]


def answers_of(experiment):
    """All answers to the benchmark questions of an experiment, as they were written."""
    if "respond" in CONFIG["experiments"][experiment]:
        stage, methods = "responses", (measured_policies if experiment in PREFERRED else answering)(experiment)
    else:
        stage, methods = "solutions", policies_of(experiment)
    return by_seed(stage, {experiment: methods})


def writer_scores(experiment):
    """The scores of what models wrote for the sets of an experiment, where their prompts are not those of training."""
    given = CONFIG["experiments"][experiment]
    written = [data for data in sets.sets_in_files(given) if sets.writing_model(given, data)]
    return [
        f"{RUN}/writer_scores/{experiment}/writer.{data}/seed0.jsonl"
        for data in written
        if "generation_template" in given and given["data"][data]["builder"] in builders.BY_CONSTITUTION
    ]


def attempts_of(experiment):
    return by_seed("attempts", {experiment: policies_of(experiment)})


def verdicts_in(folder):
    """The verdicts of a judge of an experiment, on all comparisons that it judges."""
    experiment, _, judge = JUDGINGS[folder]
    compared = judged_comparisons(CONFIG["experiments"][experiment], judge)
    return by_seed("verdicts", {folder: [f"{test}-vs-{baseline}" for test, baseline in compared]})


def main_verdicts(experiment):
    return verdicts_in(verdicts_folder(experiment, MAIN))


def released_verdicts(experiment):
    """The authors' verdicts on the comparisons of an experiment."""
    compared = [f"{test}-vs-{baseline}" for test, baseline in CONFIG["experiments"][experiment]["comparisons"]]
    released = [pair for pair in compared if pair in AUTHORS_FILES["verdicts"]]
    return by_seed("verdicts", {verdicts_folder(experiment, AUTHORS): released})


def standing_in():
    """The verdicts of the first further judge of each experiment whose main judge is a program that does not know what
    is correct.

    Checkers know it of the questions of our world.
    """
    found = {}
    for folder, (experiment, key, _) in JUDGINGS.items():
        given = CONFIG["experiments"][experiment]
        known = all("synthetic" in CONFIG["sources"][source] for source in given["questions"]["benchmark"])
        if key != MAIN and by_program(given) and not known:
            found.setdefault(experiment, folder)
    return [path for folder in found.values() for path in verdicts_in(folder)]


def training_curves():
    """The curve of each method's training."""
    return [
        f"{RUN}/training/{experiment}/{method}/seed{seed}.csv"
        for experiment in CONFIG["experiments"]
        for method in CONFIG["experiments"][experiment]["methods"]
        for seed in SEEDS
    ]


def metric_settings(wildcards):
    more = {}
    if wildcards.kind in ("accuracy", "effects"):
        more = {
            "attempts": {experiment: CONFIG["experiments"][experiment]["solve"]["attempts"] for experiment in SOLVED}
        }
    if wildcards.kind == "comparisons":
        ties_won = [experiment for experiment in JUDGED if counts_ties_as_wins(CONFIG["experiments"][experiment])]
        more = {"ties_won": ties_won} if ties_won else {}
    if wildcards.kind == "preferences":
        more = {"rewards": {e: CONFIG["experiments"][e]["preferences"]["rewards"] for e in PREFERRED}}
    return as_json({"bootstrap": CONFIG["bootstrap"], **more})


def metric_inputs(wildcards):
    match wildcards.kind:
        case "comparisons":
            return [
                f"{RUN}/{folder}/seed{seed}.jsonl"
                for experiment in JUDGED
                for test, baseline in CONFIG["experiments"][experiment]["comparisons"]
                for seed in SEEDS
                for folder in (
                    f"verdicts/{verdicts_folder(experiment, MAIN)}/{test}-vs-{baseline}",
                    f"scores/{experiment}/{test}",
                    f"scores/{experiment}/{baseline}",
                )
            ] + standing_in()
        case "effects":
            judged = [path for experiment in JUDGED for path in main_verdicts(experiment)]
            return judged + standing_in() + [path for experiment in SOLVED for path in attempts_of(experiment)]
        case "strengths":  # checkers compare all pairs of policies at no cost
            return [
                path
                for experiment in JUDGED
                for path in (
                    by_seed("scores", {experiment: [name for name in answering(experiment) if name != policies.STORED]})
                    if by_program(CONFIG["experiments"][experiment])
                    else main_verdicts(experiment)
                )
            ]
        case "agreement":
            ours = [path for folder in JUDGINGS for path in verdicts_in(folder)]
            return ours + [path for experiment in RELEASED for path in released_verdicts(experiment)]
        case "positions":
            return [path for folder in BY_MODEL for path in verdicts_in(folder)]
        case "qualities":
            return by_seed("scores", {experiment: answering(experiment) for experiment in JUDGED})
        case "sides":
            return [
                path
                for experiment in JUDGED
                for path in (*writer_scores(experiment), *by_seed("scores", {experiment: answering(experiment)}))
            ]
        case "diversity" | "degeneration":
            return [f"{RUN}/prompts/{experiment}/benchmark.jsonl" for experiment in CONFIG["experiments"]] + [
                path for experiment in CONFIG["experiments"] for path in answers_of(experiment)
            ]
        case "accuracy":
            return [path for experiment in SOLVED for path in attempts_of(experiment)]
        case "information":
            return by_seed("information", {experiment: policies_of(experiment) for experiment in INFORMED})
        case "drift":
            return by_seed("drift", {experiment: drifting(experiment) for experiment in DRIFTING})
        case "preferences":
            return by_seed("rewards/responses", {experiment: measured_policies(experiment) for experiment in PREFERRED})
        case "training":
            return training_curves() + [f"{RUN}/training/collapse/{curve}.csv" for curve in CURVES]
