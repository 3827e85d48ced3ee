"""Benchmark questions and what every method answered to them, as it was written."""

from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.paper.formatting import category, label
from mialign.paper.tables.layout import tidy_csv
from mialign.paper.tex_escape import escape, escape_block, shorten

LIMIT = 1500  # characters of an answer
QUESTION = 800  # of a question


def multitask(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Experiment 1: two questions. Inputs are the benchmark prompts, responses and, for their marks, scores."""
    return _examples(inputs, settings, "responses", 2)


def maths(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Experiment 2: one question. Inputs are the benchmark prompts and attempts; those at temperature 0 are shown."""
    return _examples(inputs, settings, "attempts", 1)


def _examples(inputs: list[Path], settings: dict, stage: str, number: int) -> tuple[str, str]:
    prompts = [path for path in inputs if path.parts[-3] == "prompts"]
    if not prompts:
        raise InputError("the table needs prompts/{experiment}/benchmark.jsonl among its inputs")
    experiment = prompts[0].parts[-2]
    answers = {
        path.parts[-2]: _greedy(path) for path in inputs if path.parts[-4] == stage and path.parts[-3] == experiment
    }
    for path in inputs:
        if path.parts[-4] == "scores" and path.parts[-3] == experiment:
            marks, found = _greedy(path), answers.get(path.parts[-2], {})
            found.update({prompt: record | marks.get(prompt, {}) for prompt, record in found.items()})
    chosen = _choose(read_jsonl(prompts[0], ("id", "category", "question", "constitutions")), answers, number)
    known = settings["experiments"][experiment]
    tidy = [{"experiment": experiment} | row for prompt in chosen for row in _rows(prompt, answers)]
    return "\n".join(_blocks(prompt, answers, known) for prompt in chosen) + "\n", tidy_csv(tidy)


def _blocks(prompt: dict, answers: dict[str, dict], known: dict) -> str:
    """One question with its constitution and the answers to it, in LaTeX."""
    title, question = category(prompt["category"]), escape(shorten(prompt["question"], QUESTION))
    blocks = [rf"\examplequestion{{\emph{{{title}.}} {question}}}"]
    if prompt["constitutions"]:
        blocks.append(rf"\exampleconstitution{{{escape_block(prompt['constitutions'][0]['text'])}}}")
    for row in _rows(prompt, answers):
        mark = row["mark"].replace(" %", r"\,\%")
        text = escape_block(shorten(row["text"] if row["text"].strip() else "(empty)", LIMIT))
        blocks.append(rf"\exampleblock{{{escape(label(row['method'], known))}}}{{{mark}}}{{{text}}}")
    return "\n".join(blocks)


def _rows(prompt: dict, answers: dict[str, dict]) -> list[dict]:
    """The answers to one question, in the order of the methods."""
    about = {"prompt_id": prompt["id"], "category": prompt["category"], "question": prompt["question"]}
    return [
        about | {"method": method, "text": record["text"], "mark": _mark(record)}
        for method, found in answers.items()
        if (record := found.get(prompt["id"])) is not None
    ]


def _greedy(path: Path) -> dict[str, dict]:
    """The records at temperature 0, by prompt."""
    return {
        record["prompt_id"]: record
        for record in read_jsonl(path, ("prompt_id", "temperature"))
        if record["temperature"] == 0
    }


def _choose(prompts: list[dict], answers: dict[str, dict], number: int) -> list[dict]:
    """So many prompts of different categories, those of the highest rank. The appendix of examples says the rule.

    A prompt ranks by how many answers to it are shown whole, then by how many methods do better on it than the base,
    then by how many different answers it has; the first of equal ones is taken. So it shows what training changes,
    where it changes anything.
    """
    if not prompts:
        raise InputError("there are no benchmark prompts")
    best: dict[str, dict] = {}
    for prompt in sorted(
        prompts,
        key=lambda prompt: _rank(prompt, {one: of.get(prompt["id"]) for one, of in answers.items()}),
        reverse=True,
    ):
        best.setdefault(prompt["category"], prompt)
    return list(best.values())[:number]


def _rank(prompt: dict, answers: dict[str, dict | None]) -> tuple[int, int, int]:
    given = [record for record in answers.values() if record]
    whole = sum(_whole(record) for record in given) if len(prompt["question"]) <= QUESTION else 0
    of_base = _worth(answers.get("base"))
    better = sum(of_base is not None and (_worth(record) or 0) > of_base for record in given)
    return whole, better, len({record["text"] for record in given})


def _whole(record: dict) -> bool:
    """Whether an answer ended and is shown whole; one without a text shows nothing."""
    return record.get("finish") != "length" and bool(record["text"].strip()) and len(record["text"]) <= LIMIT


def _worth(record: dict | None) -> float | None:
    """The share of its constitution that an answer follows, or else whether it is correct; None if neither is known."""
    if not record:
        return None
    return record["adherence"] if record.get("adherence") is not None else _correct(record)


def _correct(record: dict) -> bool | None:
    correct = record.get("correct")
    return next(iter(correct.values()), None) if isinstance(correct, dict) else correct  # of an attempt, by extractor


def _mark(record: dict) -> str:
    """What an answer is worth, in plain words."""
    parts = []
    if record.get("adherence") is not None:
        parts.append(f"adherence {100 * record['adherence']:.0f} %")
    if (correct := _correct(record)) is not None:
        parts.append("correct" if correct else "wrong")
    if record.get("finish") == "length":
        parts.append("did not end")
    return ", ".join(parts)
