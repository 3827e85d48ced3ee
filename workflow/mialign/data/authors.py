"""The authors' released constitutions, prompts, training pairs, answers and verdicts, in the form of ours.

Their prompts stand in Python files, which are parsed and never run.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from mialign.core.errors import InputError
from mialign.data.builders.constitutions import compare_all
from mialign.data.parsed_python import constants, named, parse
from mialign.data.principles import ANTITHESIS, POSITIVE

LISTING = Path(__file__).parents[2] / "resources" / "authors.yaml"


@cache
def listing() -> dict:
    """Their files with checksums, which of them an experiment takes, and our names for their principles."""
    return yaml.safe_load(LISTING.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- constitutions
def principles(path: Path, known: dict[str, str]) -> dict:
    """Their constitutions as the content of a principles file; `known` is their name of a principle -> ours.

    Two forms: {weak, strong, antithesis, relevant_for}, and {definition, paraphrases, paraphrases_antithesis} of a
    single category, math.
    """
    found, categories = {}, {}
    for name, block in _read(path, dict).items():
        if name not in known:
            raise InputError(f"{path}: the principle {name!r} is none of {', '.join(known)}")
        sides, relevant = _sides(block, f"{path}: {name}")
        found[known[name]] = {"name": name, "description": sides["short"][0], **sides}
        for category in relevant:
            categories.setdefault(category, []).append(known[name])
    return {"categories": categories, "principles": found}


def keys_of_principles(path: Path) -> dict[str, list[str]]:
    """Their name of each principle -> the keys that it has in the file."""
    return {name: list(block) for name, block in _read(path, dict).items()}


def _sides(block: dict, where: str) -> tuple[dict, list[str]]:
    try:
        if "strong" in block:
            texts = {POSITIVE: [block["strong"]], ANTITHESIS: [block["antithesis"]], "short": [block["weak"]]}
            return {side: _lines(wordings) for side, wordings in texts.items()}, block["relevant_for"]
        texts = {POSITIVE: block["paraphrases"], ANTITHESIS: block["paraphrases_antithesis"]}
        texts["short"] = [block["definition"]]
        return {side: _lines(wordings) for side, wordings in texts.items()}, ["math"]
    except KeyError as error:
        raise InputError(f"{where}: the key {error} is missing (there are {', '.join(block)})") from None


def _lines(wordings: list[str]) -> list[str]:
    return [" ".join(text.split()) for text in wordings]


# ---------------------------------------------------------------- prompts
def judged_templates(path: Path) -> dict:
    """Templates of the experiment whose answers are judged: that of training, and the demonstration prompt that the
    authors answer the questions of evaluation under (their experiments/mt_bench/evaluate.py, commit 0060003).

    Pairs are written under the demonstration prompt here too. Their generate_sami_data.py takes a longer variant of it
    (PROMPT_GENERATION_ITERATION_1_COT) and cuts its reasoning from the responses.
    """
    texts = constants(ast.walk(parse(path)))
    template = named(texts, "TRAINING_PROMPT_SINGLE_TURN", path)
    generation = named(texts, "PROMPT_GENERATION_ITERATION_1", path)
    return {
        "template": template.replace("{query}", "{question}"),
        "generation_template": generation,
        "evaluation": {"template": generation},
    }


def solved_templates(path: Path) -> dict:
    """Template, openings and evaluation of the experiment whose attempts are counted, from the two functions there."""
    functions = {node.name: node for node in ast.walk(parse(path)) if isinstance(node, ast.FunctionDef)}
    training = named(functions, "get_math_generation_prompt_single_turn", path)
    evaluation = named(functions, "get_math_eval_prompt_single_turn", path)
    branch = next((node for node in training.body if isinstance(node, ast.If)), None)
    if branch is None:
        raise InputError(f"{path}: {training.name} does not choose between two openings")
    frame = named(constants(training.body), "MATH_GENERATION_PROMPT_SINGLE_TURN", path)
    return {
        "template": frame + "{opening}",
        "openings": {POSITIVE: _added(branch.body, path), ANTITHESIS: _added(branch.orelse, path)},
        "evaluation": {"template": named(constants(evaluation.body), "MATH_EVAL_PROMPT_SINGLE_TURN", path)},
    }


def _added(body: list, path: Path) -> str:
    """The text that a branch adds to the prompt."""
    for node in body:
        if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant):
            return node.value.value
    raise InputError(f"{path}: a branch adds no opening to the prompt")


# ---------------------------------------------------------------- pairs
def pairs(path: Path, templates: dict, experiment: str, category: str) -> list[dict]:
    """Their training pairs, id -> [{prompt, response, example_id}, ...], as records of pairs/.

    How a response ended is not released, so all count as ended.
    templates: of solved_templates. By the template, with a field for the opening at its end, a prompt is taken apart
    into constitution and question. The positive response is that whose prompt has the positive opening.
    """
    frame, positive = re.escape(templates["template"]), templates["openings"][POSITIVE]
    for field, pattern in (
        ("constitution", "(?P<constitution>.*?)"),
        ("question", "(?P<question>.*)"),
        ("opening", ".*"),
    ):
        frame = frame.replace(re.escape(f"{{{field}}}"), pattern)
    return [
        _pair(str(name), items, re.compile(frame, re.DOTALL), positive, f"{path}: {name}", experiment, category)
        for name, items in _read(path, dict).items()
    ]


def _pair(name: str, items: list, frame: re.Pattern, positive: str, where: str, experiment: str, category: str) -> dict:
    try:
        prompts, responses = [item["prompt"] for item in items], [item["response"] for item in items]
    except (TypeError, KeyError):
        raise InputError(f"{where}: a list of {{prompt, response, example_id}} is needed") from None
    found = [frame.fullmatch(prompt) for prompt in prompts]
    if None in found or len({match["question"] for match in found}) != 1:
        raise InputError(f"{where}: its prompts do not ask one question in the form of the authors' template")
    opened = [prompt.endswith(positive) for prompt in prompts]
    if opened.count(True) != 1:
        raise InputError(f"{where}: of its prompts {opened.count(True)} end with {positive!r}; one must")
    return {
        "id": f"{experiment}/authors/{name}",
        "question_id": f"authors-{name}",
        "category": category,
        "question": found[0]["question"],
        "constitutions": [match["constitution"] for match in found],
        "prompts": prompts,
        "responses": [
            {"text": text, "prompt": place, "finish": "eos", "writer": "authors"}
            for place, text in enumerate(responses)
        ],
        "terms": compare_all(len(responses)),
        "positive": opened.index(True),
    }


# ---------------------------------------------------------------- answers and verdicts
LONGEST = 750  # tokens that their answers could have
SIDES = {"test": 2, "baseline": 1}  # place of the length in a triple
SCORES = {1: "test", 0.5: "tie", 0: "baseline"}  # what their judge said in no usable form is 0.5 too


def responses(answers: Path, verdicts: Path, side: str, prompts: list[dict]) -> list[dict]:
    """Their answers as records of responses/. How long they are stand in verdicts on them as this side.

    Whether an answer ended is not released: it did if it is shorter than it could have been.
    """
    return [
        {
            "prompt_id": prompt["id"],
            "question_id": prompt["question_id"],
            "category": prompt["category"],
            "temperature": 0.0,
            "text": text,
            "constitution": constitution,
            "finish": "eos" if triple[SIDES[side]] < LONGEST else "length",
            "tokens": triple[SIDES[side]],
        }
        for prompt, text, constitution, triple in _matched(answers, verdicts, prompts)
    ]


def verdicts(answers: Path, verdicts: Path, prompts: list[dict]) -> list[dict]:
    """Their verdicts as records of verdicts/; the answers of either side say which question is which."""
    about = {"temperature": 0.0, "axis": "principle-aware", "judge": "authors"}
    return [
        {"prompt_id": prompt["id"], "category": prompt["category"], **about, "verdict": SCORES[triple[0]]}
        | {f"{side}_tokens": triple[place] for side, place in SIDES.items()}
        for prompt, _, _, triple in _matched(answers, verdicts, prompts)
    ]


def _matched(answers: Path, verdicts: Path, prompts: list[dict]) -> Iterator[tuple[dict, str, str, list]]:
    """Each prompt with its answer's text and constitution, and its triple: score of the test, tokens of the baseline
    and of the test.

    InputError unless the prompts ask what the answers answer, each question once.
    """
    columns, triples = _read(answers, dict), released_verdicts(verdicts)
    try:
        questions = [columns["question"][str(number)].strip() for number in range(len(triples))]
        texts = [columns["response"][str(number)] for number in range(len(triples))]
        constitutions = [columns["constitution"][str(number)] for number in range(len(triples))]
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{answers}: objects constitution, question and response are needed, each with the keys 0 to "
            f"{len(triples) - 1}"
        ) from None
    if len(columns["question"]) != len(triples):
        raise InputError(
            f"{verdicts}: {len(triples)} verdicts on the {len(columns['question'])} questions of {answers}; both are "
            "needed whole, fetch them again"
        )
    for number in range(len(triples)):
        for name, column in (("response", texts), ("constitution", constitutions)):
            if not isinstance(column[number], str):
                raise InputError(f"{answers}: {name} {number} is no text: {column[number]!r}")
    if twice := next((one for one in questions if questions.count(one) > 1), None):
        raise InputError(
            f"{answers}: the question {twice[:80]!r} stands there twice, so which answer is whose is not known; fetch "
            "it again"
        )
    asked = [prompt["question"].strip() for prompt in prompts]
    if sorted(asked) != sorted(questions):
        strange = next(iter({*asked} ^ {*questions}), "one of them twice")
        raise InputError(
            f"{answers}: responses: authors needs a benchmark of the {len(questions)} questions answered there, the "
            f"first turns of MT-Bench, and no others; the two differ in {strange[:80]!r}"
        )
    for prompt, question in zip(prompts, asked, strict=True):
        number = questions.index(question)
        yield prompt, texts[number], constitutions[number], triples[number]


def released_verdicts(path: Path) -> list[list]:
    """Their triples: score of the test (0, 0.5 or 1), tokens of the baseline's answer and of the test's."""
    triples = _read(path, list)
    for number, triple in enumerate(triples):
        if not _is_triple(triple):
            raise InputError(f"{path}: entry {number} is no [score of 0, 0.5 or 1, tokens, tokens]: {triple!r}")
    return triples


def _is_triple(entry) -> bool:
    match entry:
        case [int() | float() as score, int() as baseline, int() as test]:
            return score in SCORES and baseline >= 0 and test >= 0
    return False


def _read(path: Path, kind: type):
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); fetch it again") from None
    if not isinstance(found, kind) or not found:
        wanted = {dict: "an object", list: "a list"}[kind]
        raise InputError(f"{path}: {wanted} with entries is needed, this is a {type(found).__name__}")
    return found
