"""Which judges there are, and what each needs."""

from typing import NamedTuple

JUDGE = (
    "workflow/run.py judge --log {log:q} --scores {input.test:q} {input.baseline:q}"
    " --responses {input.test_responses:q} {input.baseline_responses:q} --prompts {input.prompts:q}"
    " --settings {params.settings:q} {params.more:q} --out {output:q}"
)


class Judging(NamedTuple):
    """A judge of an experiment, and its key there."""

    experiment: str
    key: str
    judge: dict


# Folder of verdicts -> whose verdicts lie there.
JUDGINGS = {
    verdicts_folder(experiment, name): Judging(experiment, judge_key(name), judge)
    for experiment in JUDGED
    for name, judge in judges(CONFIG["experiments"][experiment]).items()
}
BY_MODEL = [folder for folder, judging in JUDGINGS.items() if judging.judge["kind"] != "checkers"]
BY_LIKELIHOOD = [folder for folder, judging in JUDGINGS.items() if judging.judge["kind"] == "likelihood"]


def judge_parts(experiment, judge):
    """What a judge itself is made of: the text that asks it, and a model that reads answers here."""
    found = {}
    if by_authors(judge):
        found["prompt_template"] = f"{RUN}/authors/{experiment}/judge.json"
    elif "prompt_template" in judge:
        found["prompt_template"] = judge["prompt_template"]
    if judge["kind"] == "likelihood":
        model = model_folder(judge["model"])
        found |= {"model": model, "files": files_on_disk(model)}
    return found


def judge_inputs(wildcards):
    """Scores and responses of both, the prompts, and what the judge itself is made of."""
    experiment, _, judge = JUDGINGS[wildcards.judging]
    found = {"prompts": f"{RUN}/prompts/{experiment}/benchmark.jsonl"}
    for side in ("test", "baseline"):
        own = f"{experiment}/{wildcards[side]}/seed{wildcards.seed}.jsonl"
        found |= {side: f"{RUN}/scores/{own}", f"{side}_responses": f"{RUN}/responses/{own}"}
    found |= judge_parts(experiment, judge)
    if judge["kind"] == "likelihood":
        found["lengths"] = f"{RUN}/judge_lengths/{wildcards.judging}.csv"
    return found


def likelihood_to_fit(folder):
    """A judge by likelihood of answers to the benchmark, as the stage `lengths` takes it."""
    experiment, key, judge = JUDGINGS[folder]
    return judge_to_fit(experiment, key, judge, "benchmark", judge.get("axes", AXES))


def judge_settings(wildcards):
    return as_json(deciding(JUDGINGS[wildcards.judging].judge))


def judge_options(wildcards, input):
    """The file of what was asked is no output: Snakemake would remove it, and all in it was paid for."""
    match JUDGINGS[wildcards.judging].judge["kind"]:
        case "openai":
            return ["--prompt-template", input.prompt_template, "--asked", ASKED]
        case "likelihood":
            return ["--prompt-template", input.prompt_template, "--model", input.model]
    return []


def judge_server(wildcards):
    """Where the server is and what it costs: changes no verdict and reruns nothing."""
    return as_json(JUDGINGS[wildcards.judging].judge.get("server", {}))
