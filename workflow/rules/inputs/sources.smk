"""What the rules for questions and prompts need: files and settings."""

from mialign.data.sources import files as source_files


def question_files(wildcards):
    source = CONFIG["sources"][wildcards.source]
    return [] if "synthetic" in source else list(map(str, source_files.paths(source, DATA)))


PRINCIPLE_WRITERS = list(
    dict.fromkeys(
        writer
        for given in CONFIG["experiments"].values()
        for data in sets.used_sets(given)
        if (writer := sets.principle_writer(given["data"][data]))
    )
)


def principles_file(experiment, split):
    """The principles of a set of pairs, or of evaluation, for which no model writes any."""
    if of_authors(experiment, "prompts"):
        return f"{RUN}/authors/{experiment}/principles.yaml"
    writer = sets.principle_writer(CONFIG["experiments"][experiment]["data"].get(split, {}))
    return f"{RUN}/written_principles/{writer}.yaml" if writer else CONFIG["principles"]


def templates_file(experiment):
    return f"{RUN}/authors/{experiment}/templates.json" if of_authors(experiment, "prompts") else []


def written_sets(experiment):
    """The sets of pairs whose responses are written in the run."""
    given = CONFIG["experiments"][experiment]
    return [data for data in sets.used_sets(given) if given["data"][data]["from"] != sets.FROM_AUTHORS]


def measured_splits(experiment):
    """The splits whose questions are asked of policies and trained on by none."""
    return ["validation", "benchmark", *(["information"] if experiment in INFORMED else [])]


def asking(wildcards):
    """The use of questions that has these prompts: of a split, or of a set of pairs."""
    uses = question_uses(CONFIG["experiments"][wildcards.experiment])
    return next(one for one in uses if one.prompts == wildcards.split)


def prompt_questions(wildcards):
    return question_paths(asking(wildcards).sources)


def prompt_settings(wildcards):
    given = CONFIG["experiments"][wildcards.experiment]
    parts = only(given, "seed", "template", "openings", "evaluation", "generation_template", "users")
    if wildcards.split not in ("benchmark", "information"):
        parts |= only(given, "held_out")
    block = asking(wildcards).block
    of_set = of_builder(block, "slice")
    if block.get("builder") in builders.WITHOUT_CONTEXT:
        of_set |= only(given, "template_without_context")
    if "preferences" in given:
        # Iterations of one number draw the same vectors, whatever method they belong to: these do not set two apart.
        iterated = given["methods"].get(wildcards.split, {}).get("iteration_of", "")
        drawn = {"set": wildcards.split.removeprefix(iterated)}
        of_set |= {"preferences": without(given["preferences"], "scorers"), **drawn}
    return as_json({"experiment": wildcards.experiment, **parts, **of_set})


def reading_models(experiment):
    """The models that read prompts of an experiment, by their names in the config."""
    given = CONFIG["experiments"][experiment]
    writing = [sets.writing_model(given, data) for data in written_sets(experiment)]
    return list(dict.fromkeys([given["base"], *filter(None, writing), *policies.compared_models(given)]))


def judge_to_fit(experiment, key, judge, split, axes):
    """A judge by likelihood, and the answers that it is to read; `key` names it in the experiment."""
    return {
        "key": f"experiments.{experiment}.{key}",
        "split": split,
        "max_tokens": CONFIG["experiments"][experiment]["respond"]["max_tokens"],
        "axes": axes,
        **only(judge, "model", "prompt_template"),
    }


def validating_to_fit(experiment):
    """The judge by likelihood that scores validation answers, if one does."""
    judge = likelihood_judges(CONFIG["experiments"][experiment]).get(VALIDATING)
    return [judge_to_fit(experiment, VALIDATING, judge, "validation", AXES[:1])] if judge else []


def rewards_to_fit(experiment):
    """The reward models, and the responses that each is to read."""
    given = CONFIG["experiments"][experiment]
    written = {data: given["data"][data]["sampling"] for data in written_sets(experiment)}
    return [
        {
            "key": f"rewards.{reward}",
            "split": split,
            "model": model,
            "max_tokens": sampling["max_tokens"],
            "template": given["preferences"]["scorers"][reward].get("template"),
        }
        for reward, model in policies.reward_models(given).items()
        for split, sampling in {**written, "benchmark": given["respond"]}.items()
    ]


def lengths_models(experiment):
    """The models that read prompts of an experiment, judge its validation answers or reward; the first is trained."""
    further = [one["model"] for one in (*validating_to_fit(experiment), *rewards_to_fit(experiment))]
    return list(dict.fromkeys([*reading_models(experiment), *further]))


def what_must_fit(experiment):
    """Who reads which prompts, how many tokens are to follow them, the adapters of the base, judges and rewards."""
    given = CONFIG["experiments"][experiment]
    base, measured = given["base"], [stage for stage in ("respond", "solve") if stage in given]
    uses = []
    for data in written_sets(experiment):
        readers = dict.fromkeys((sets.writing_model(given, data) or base, base))
        uses += [(data, reader, f"data.{data}.sampling", given["data"][data]["sampling"]) for reader in readers]
    uses.append(("validation", base, measured[0], given[measured[0]]))
    uses += [("benchmark", base, stage, given[stage]) for stage in measured]
    others = [policies.policy_model(given, policy) for policy in answering(experiment) if policy != "base"]
    if "respond" in given:
        uses += [("benchmark", model, "respond", given["respond"]) for model in dict.fromkeys(filter(None, others))]
    if "information" in given:
        uses.append(("information", base, "information.sampling", given["information"]["sampling"]))
    return {
        "uses": [
            {
                "split": split,
                "model": model,
                "max_tokens": sampling["max_tokens"],
                "key": f"experiments.{experiment}.{key}.max_tokens",
            }
            for split, model, key, sampling in uses
        ],
        "adapters": {
            f"experiments.{experiment}.methods.{name}": method["adapter"]
            for name, method in given["methods"].items()
            if "adapter" in method
        },
        "judges": validating_to_fit(experiment),
        "rewards": rewards_to_fit(experiment),
    }
