"""What each tidy table is made from."""

from mialign.training.objectives import counts_ties_as_wins

# The experiments whose methods the document sets side by side in one table.
COMPARED = list(CONFIG["experiments"]) if CONFIG["document"] != "main" else []


def by_seed(folder, measured):
    """The files of a folder for the policies of each experiment; measured: experiment -> policies."""
    return [
        f"{RUN}/{folder}/{experiment}/{policy}/seed{seed}.jsonl"
        for experiment, policies in measured.items()
        for policy in policies
        for seed in SEEDS
    ]


def answers_of(experiment):
    """All answers to the benchmark questions of an experiment, as they were written."""
    if "respond" in CONFIG["experiments"][experiment]:
        stage, methods = "responses", (measured_policies if experiment in PREFERRED else answering)(experiment)
    else:
        stage, methods = "solutions", policies(experiment)
    return by_seed(stage, {experiment: methods})


def scores_of(experiment, methods, seeds):
    return [f"{RUN}/scores/{experiment}/{method}/seed{seed}.jsonl" for method in methods for seed in seeds]


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
    return by_seed("attempts", {experiment: policies(experiment)})


def verdicts_of(judging, experiment):
    """The verdicts of a judge of an experiment, on all comparisons that it judges."""
    return [
        f"{RUN}/verdicts/{judging}/{test}-vs-{baseline}/seed{seed}.jsonl"
        for test, baseline in judged_comparisons(CONFIG["experiments"][experiment], JUDGINGS[judging].judge)
        for seed in SEEDS
    ]


def standing_in():
    """The first further judge of each experiment whose main judge is a program that does not know what is correct.

    Checkers know it of the questions of our world.
    """
    found = {}
    for judging, (experiment, _, _) in JUDGINGS.items():
        given = CONFIG["experiments"][experiment]
        known = all("synthetic" in CONFIG["sources"][source] for source in given["questions"]["benchmark"])
        if judging != experiment and by_program(given) and not known:
            found.setdefault(experiment, judging)
    return found


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
                path
                for experiment in JUDGED
                for test, baseline in CONFIG["experiments"][experiment]["comparisons"]
                for seed in SEEDS
                for path in (
                    f"{RUN}/verdicts/{experiment}/{test}-vs-{baseline}/seed{seed}.jsonl",
                    *scores_of(experiment, (test, baseline), [seed]),
                )
            ] + [path for experiment, judging in standing_in().items() for path in verdicts_of(judging, experiment)]
        case "effects":
            judged = [path for experiment in JUDGED for path in verdicts_of(experiment, experiment)]
            return judged + [path for experiment in SOLVED for path in attempts_of(experiment)]
        case "strengths":  # checkers compare all pairs of policies at no cost
            return [
                path
                for experiment in JUDGED
                for path in (
                    scores_of(experiment, [name for name in answering(experiment) if name != sets.STORED], SEEDS)
                    if by_program(CONFIG["experiments"][experiment])
                    else verdicts_of(experiment, experiment)
                )
            ]
        case "agreement":
            return [
                path for judging, (experiment, _, _) in JUDGINGS.items() for path in verdicts_of(judging, experiment)
            ] + [
                f"{RUN}/verdicts/{experiment}.authors/{test}-vs-{baseline}/seed{seed}.jsonl"
                for experiment in RELEASED
                for test, baseline in CONFIG["experiments"][experiment]["comparisons"]
                for seed in SEEDS
                if f"{test}-vs-{baseline}" in AUTHORS_FILES["verdicts"]
            ]
        case "positions":
            return [path for judging in READING for path in verdicts_of(judging, JUDGINGS[judging].experiment)]
        case "qualities":
            return [path for experiment in JUDGED for path in scores_of(experiment, answering(experiment), SEEDS)]
        case "sides":
            return [
                path
                for experiment in JUDGED
                for path in (*writer_scores(experiment), *scores_of(experiment, answering(experiment), SEEDS))
            ]
        case "diversity" | "degeneration":
            return [f"{RUN}/prompts/{experiment}/benchmark.jsonl" for experiment in CONFIG["experiments"]] + [
                path for experiment in CONFIG["experiments"] for path in answers_of(experiment)
            ]
        case "accuracy":
            return [path for experiment in SOLVED for path in attempts_of(experiment)]
        case "information":
            return by_seed("information", {experiment: policies(experiment) for experiment in INFORMED})
        case "drift":
            return by_seed("drift", {experiment: drifting(experiment) for experiment in DRIFTING})
        case "preferences":
            return by_seed("rewards/responses", {experiment: measured_policies(experiment) for experiment in PREFERRED})
        case "training":
            return training_curves() + [f"{RUN}/training/collapse/{curve}.csv" for curve in CURVES]
