"""Questions become prompts: constitutions are sampled and put, with the question, into the experiment's template."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import product
from random import Random

from mialign.errors import InputError
from mialign.seeds import derive

SPLITS = ("train", "validation", "benchmark")
FIELD = re.compile(r"\{(constitution|question|opening)\}")


def prompt_records(questions: Iterable[dict], principles, split: str, settings: dict) -> list[dict]:
    """The records of prompts/{experiment}/{split}.jsonl, one for each question, in the order of the questions.

    `principles` gives the principles of a category by `for_category`. `settings` holds experiment, template,
    constitutions, seed and, where the experiment has them, openings, evaluation and generation_template, as in the
    config.
    """
    check_settings(settings)
    questions = list(questions)
    repeated = [name for name, count in Counter(question["id"] for question in questions).items() if count > 1]
    if repeated:
        raise InputError(
            f"the question id {repeated[0]!r} occurs more than once in the {split} questions; ids must differ"
        )
    build = _train if split == "train" else _evaluation
    return [_record(question, split, settings, *build(question, principles, split, settings)) for question in questions]


def to_generate(record: dict) -> list[str]:
    """The prompts that the generator answers: those of training, unless it has a template of its own."""
    return record.get("generation_prompts", record["prompts"])


def check_settings(settings: dict) -> None:
    """InputError if a template lacks a field that it must have, or wants one that the experiment does not give."""
    opening = {"opening"} if settings.get("openings") else set()
    for key in ("template", "generation_template"):
        if key in settings:
            _check_template(key, settings[key], {"constitution", "question"} | opening)
    evaluation = settings.get("evaluation")
    if evaluation and "opening" in evaluation and not opening:
        raise InputError(
            "evaluation.opening: the experiment has no openings to take it from; give it some or remove the key"
        )
    if evaluation:
        wanted = opening if "opening" in evaluation else set()
        _check_template("evaluation.template", evaluation["template"], {"question"} | wanted)
    if settings["constitutions"] < 1:
        raise InputError("constitutions: a question needs one at least, DPO and SAMI two")


def _check_template(key: str, template: str, wanted: set[str]) -> None:
    found = set(FIELD.findall(template))
    for field in sorted(wanted - found):
        raise InputError(f"{key}: the field {{{field}}} is missing")
    for field in sorted(found - wanted):
        raise InputError(f"{key}: there is nothing to fill the field {{{field}}} with; remove it")


def fill(template: str, **fields: str) -> str:
    """The template with its fields filled in one pass: braces anywhere else, also inside a question, are kept."""
    return FIELD.sub(lambda match: fields[match[1]], template)


def numbered(lines: Iterable[str]) -> str:
    """A constitution as the models see it: "1. ..." and "2. ..." on lines of their own."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def sample_sides(ids: list[str], count: int, rng: Random, decisive: str | None = None) -> list[dict[str, str]]:
    """`count` different choices of a side for every principle, in random order.

    With a `decisive` principle its two sides take equal shares, so of two constitutions exactly one has it positive;
    an odd count gives the one constitution over to a side drawn at random.
    """
    choices = [dict(zip(ids, sides, strict=True)) for sides in product(("positive", "antithesis"), repeat=len(ids))]
    if decisive is None:
        return rng.sample(choices, count)
    positive = count // 2 + (rng.randrange(2) if count % 2 else 0)
    chosen = rng.sample([choice for choice in choices if choice[decisive] == "positive"], positive)
    chosen += rng.sample([choice for choice in choices if choice[decisive] == "antithesis"], count - positive)
    rng.shuffle(chosen)
    return chosen


def _train(question: dict, principles, split: str, settings: dict) -> tuple[list[dict], list[str], list[str]]:
    """N constitutions with different sides, wordings and order drawn anew for each, and their prompts.

    The last list holds the prompts to generate with, where these are others than those to train on.
    """
    known = {principle.id: principle for principle in principles.for_category(question["category"])}
    openings, count = settings.get("openings"), settings["constitutions"]
    decisive = openings["principle"] if openings else None
    if decisive is not None and decisive not in known:
        raise InputError(
            f"openings.principle: {decisive!r} is no principle of the category {question['category']!r} "
            f"of question {question['id']!r} (it has {', '.join(known)})"
        )
    if count > 2 ** len(known):
        raise InputError(
            f"constitutions: {count} cannot all differ: the {len(known)} principles of the category "
            f"{question['category']!r} allow {2 ** len(known)}"
        )
    rng = _rng(settings, split, question)
    constitutions, prompts, asked = [], [], []
    for sides in sample_sides(list(known), count, rng, decisive):
        order = rng.sample(sorted(sides), len(sides))
        text = numbered(rng.choice(getattr(known[name], sides[name])) for name in order)
        constitutions.append({"principles": [[name, sides[name]] for name in order], "text": text})
        opening = openings[sides[decisive]] if openings else ""
        fields = {"constitution": text, "question": question["question"], "opening": opening}
        prompts.append(fill(settings["template"], **fields))
        if "generation_template" in settings:
            asked.append(fill(settings["generation_template"], **fields))
    return constitutions, prompts, asked


def _evaluation(question: dict, principles, split: str, settings: dict) -> tuple[list[dict], list[str]]:
    """One prompt: the evaluation template without a constitution, or else the positive sides in their short wording."""
    openings, evaluation = settings.get("openings") or {}, settings.get("evaluation")
    if evaluation:
        opening = openings.get(evaluation.get("opening"), "")
        return [], [fill(evaluation["template"], question=question["question"], opening=opening)]
    rng = _rng(settings, split, question)
    known = list(principles.for_category(question["category"]))
    rng.shuffle(known)
    text = numbered(rng.choice(principle.short) for principle in known)
    constitution = {"principles": [[principle.id, "positive"] for principle in known], "text": text}
    fields = {"constitution": text, "question": question["question"], "opening": openings.get("positive", "")}
    return [constitution], [fill(settings["template"], **fields)]


def _rng(settings: dict, split: str, question: dict) -> Random:
    """Every question has its own stream, so adding or removing one leaves the others as they were."""
    return Random(derive(settings["seed"], "constitutions", split, question["id"]))


def _record(
    question: dict, split: str, settings: dict, constitutions: list[dict], prompts: list[str], asked: list[str] = ()
) -> dict:
    return {
        "id": f"{settings['experiment']}/{split}/{question['id']}",
        "question_id": question["id"],
        "category": question["category"],
        "question": question["question"],
        "reference": question["reference"],
        "constitutions": constitutions,
        "prompts": prompts,
        **({"generation_prompts": asked} if asked else {}),
    }
