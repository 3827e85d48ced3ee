"""Questions become prompts: each is put, with its constitutions, into the experiment's template."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.core.template import Prompt, beginning, fields_of, fill, numbered
from mialign.data import preferences, users
from mialign.data.draws import drawn_questions
from mialign.data.principles import POSITIVE

SPLITS = ("train", "validation", "benchmark", "information")
TURNS = re.compile("(system )?user( assistant user)*( assistant)?")
USERS = ("user", "other_user")  # fields of a record whose constitutions are what users state


class Prompts(NamedTuple):
    """The prompts of one question, and the constitution of each (none where prompts have no constitution).

    generation: the prompts to generate with, where these are others than those to train on. forced: how each of these
    begins the answer where that to train on does not (core.template.forced_opening). users: whose statements the
    constitutions are: of the user that the question belongs to and, if there is one, of the other. preferences: the
    preference vector of each prompt, in an experiment with preferences.
    """

    constitutions: list[dict]
    prompts: list[Prompt]
    generation: list[Prompt]
    users: tuple[str, ...] = ()
    preferences: Sequence[list[float]] = ()
    forced: Sequence[str] = ()


def prompt_records(questions: Iterable[dict], principles, split: str, settings: dict, make: Callable) -> list[dict]:
    """The records of prompts/{experiment}/..., one for each question, in the order of the questions.

    With `draws` there is one for each pair that is drawn, in the order of the draws.

    `principles` gives the principles of a category by `for_category`. `settings` holds experiment, seed, template and,
    where there are any, openings, evaluation, generation_template, template_without_context, users and what the builder
    takes, as in the config. `make`: `evaluation`, or the prompts of a pair builder: question, principles, settings (and
    in them the split) and a Random to Prompts.
    """
    check_settings(settings)
    settings = {**settings, "split": split}
    asked = _different(questions, split)
    if "of" in settings.get("users", {}):
        settings["users"] = {**settings["users"], "stated": users.stated_by(asked)}
    if "draws" in settings:
        asked = drawn_questions(asked, settings["draws"], settings["seed"])
    return [
        _record(question, split, settings, make(question, principles, settings, _rng(settings, split, question)))
        for question in asked
    ]


def preference_records(questions: Iterable[dict], split: str, settings: dict) -> Iterator[dict]:
    """The records of benchmark or validation questions in an experiment with preferences, one prompt each.

    A benchmark question has a record under every vector of the grid; a validation question has one, under a vector of
    the grid drawn by seed. settings: preferences {rewards: names, seed, grid} and what prompt_records takes.
    """
    check_settings(settings)
    own = settings["preferences"]
    vectors = preferences.vectors(len(own["rewards"]), own["grid"])
    for question in _different(questions, split):
        drawn = Random(derive(own["seed"], "preferences", split, question["id"])).choice(vectors)
        for vector in vectors if split == "benchmark" else [drawn]:
            prompt = preferences.fill_in(settings["template"], question, own["rewards"], vector)
            record = _record(question, split, settings, Prompts([], [prompt], [], preferences=[vector]))
            yield record | {"id": f"{record['id']}/{'-'.join(f'{weight:.1f}' for weight in vector)}"}


def _different(questions: Iterable[dict], split: str) -> list[dict]:
    questions = list(questions)
    repeated = [name for name, count in Counter(question["id"] for question in questions).items() if count > 1]
    if repeated:
        raise InputError(
            f"the question id {repeated[0]!r} occurs more than once in the {split} questions; ids must differ"
        )
    return questions


def slice_of(questions: list[dict], part: int, of: int) -> list[dict]:
    """Every `of`-th question from the `part`-th on (1 is the first): `of` slices that share no question."""
    return questions[part - 1 :: of]


def to_generate(record: dict) -> list[Prompt]:
    """The prompts that the generator answers: those of training, unless it has a template of its own."""
    return record.get("generation_prompts", record["prompts"])


def texts_to_generate(records: list[dict], seed: int) -> list[tuple[str, int, Prompt, int]]:
    """Of each text that is to be written: id of its prompt record, number of the prompt, the prompt, and its seed."""
    return [
        (record["id"], number, prompt, derive(seed, record["id"], number))
        for record in records
        for number, prompt in enumerate(to_generate(record))
    ]


def writer_seed(seed: int, method_seed: int) -> int:
    """The seed of sampling where a method writes, whose seeds must not share their luck."""
    return derive(seed, "writer", method_seed)


def check_settings(settings: dict) -> None:
    """InputError if a template lacks a field that it must have, or wants one that the experiment does not give."""
    field = {"opening"} if settings.get("openings") else set()
    fields = {"preference"} if "preferences" in settings else {"constitution"}
    check_template("template", settings["template"], {"question"} | fields | field)
    if "generation_template" in settings:
        forced = {"forced_opening"} & fields_of(settings["generation_template"])
        check_template("generation_template", settings["generation_template"], {"question"} | fields | field | forced)
        if forced - fields_of(beginning(settings["generation_template"])):
            raise InputError(
                "generation_template: {forced_opening} does not begin the answer there; put it at the end of the text, "
                "or into a last message of the assistant"
            )
    if "template_without_context" in settings:
        check_template("template_without_context", settings["template_without_context"], {"question"} | field)
    evaluation = settings.get("evaluation")
    if evaluation and "opening" in evaluation and not field:
        raise InputError(
            "evaluation.opening: the experiment has no openings to take it from; give it some or remove the key"
        )
    if evaluation:
        wanted = field if "opening" in evaluation else set()
        wanted = wanted | ({"constitution"} & fields_of(evaluation["template"]))
        check_template("evaluation.template", evaluation["template"], {"question"} | wanted)


def check_template(key: str, template: Prompt, wanted: set[str]) -> None:
    """InputError unless the template of that key has exactly these fields."""
    found = fields_of(template)
    for field in sorted(wanted - found):
        raise InputError(f"{key}: the field {{{field}}} is missing")
    for field in sorted(found - wanted):
        raise InputError(f"{key}: there is nothing to fill the field {{{field}}} with; remove it")
    if not isinstance(template, str) and not TURNS.fullmatch(" ".join(message["role"] for message in template)):
        raise InputError(
            f"{key}: the messages must be of user and assistant in turn, after one of the system or none; the last is "
            "of the user, or of the assistant if it begins the answer"
        )


def evaluation(question: dict, principles, settings: dict, rng: Random) -> Prompts:
    """One prompt: the evaluation template if it has no constitution; or under what the question's user states, where
    the experiment has users; or else under the positive sides in their short wording, in the evaluation template if
    there is one and in that of training if not.
    """
    own = settings.get("evaluation") or settings
    if "constitution" not in fields_of(own["template"]):
        return Prompts([], [fill(own["template"], question=question["question"], opening=opening(settings))], [])
    known = list(principles.for_category(question["category"]))
    if "users" in settings:
        user = users.asking(question, settings["split"], settings["users"])
        stated = user.constitution(known)
        fields = fields_under(stated, question, settings)
        return Prompts([stated], [fill(settings["template"], **fields)], [], (user.id,))
    rng.shuffle(known)
    text = numbered(rng.choice(principle.short) for principle in known)
    constitution = {"principles": [[principle.id, POSITIVE] for principle in known], "text": text}
    fields = {"constitution": text, "question": question["question"], "opening": opening(settings)}
    return Prompts([constitution], [fill(own["template"], **fields)], [])


def fields_under(constitution: dict, question: dict, settings: dict) -> dict[str, str]:
    """What fills the templates of a question under a constitution; no opening is forced."""
    decisive = decisive_principle(settings, [name for name, _ in constitution["principles"]], question)
    begun = settings["openings"][dict(constitution["principles"])[decisive]] if decisive else ""
    fields = {"constitution": constitution["text"], "question": question["question"]}
    return fields | {"opening": begun, "forced_opening": ""}


def decisive_principle(settings: dict, known: Collection[str], question: dict) -> str | None:
    """The principle whose side decides how prompts open, None without openings; InputError if it is not `known`."""
    decisive = settings["openings"]["principle"] if settings.get("openings") else None
    if decisive is not None and decisive not in known:
        raise InputError(
            f"openings.principle: {decisive!r} is no principle of the category {question['category']!r} "
            f"of question {question['id']!r} (it has {', '.join(known)})"
        )
    return decisive


def opening(settings: dict) -> str:
    """The opening of evaluation prompts: that which evaluation names, or the positive one; empty if there is none."""
    side = (settings.get("evaluation") or {"opening": POSITIVE}).get("opening")
    return (settings.get("openings") or {}).get(side, "")


def _rng(settings: dict, split: str, question: dict) -> Random:
    """Every question, or draw of it, has its own stream: adding or removing one leaves the others as they were."""
    return Random(derive(settings["seed"], "constitutions", split, question["id"], *_draw(question)))


def _draw(question: dict) -> list[str]:
    return [question["draw"]] if "draw" in question else []


def _record(question: dict, split: str, settings: dict, made: Prompts) -> dict:
    return {
        "id": "/".join([settings["experiment"], split, question["id"], *_draw(question)]),
        "question_id": question["id"],
        "category": question["category"],
        "question": question["question"],
        "reference": question["reference"],
        "constitutions": made.constitutions,
        "prompts": made.prompts,
        **({"generation_prompts": made.generation} if made.generation else {}),
        **({"forced_openings": list(made.forced)} if _hidden(made) else {}),
        **dict(zip(USERS, made.users, strict=False)),
        **({"preferences": list(made.preferences)} if made.preferences else {}),
    }


def _hidden(made: Prompts) -> bool:
    """Whether openings were forced and the prompts do not show which: conversations do, a text does not."""
    return any(made.forced) and any(isinstance(prompt, str) for prompt in (*made.prompts, *made.generation))
