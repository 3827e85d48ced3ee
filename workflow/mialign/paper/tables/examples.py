"""One benchmark question and what every method answered to it, as it was written."""

from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.paper.formatting import category, label
from mialign.paper.tables.layout import tidy_csv
from mialign.paper.tex_escape import escape, escape_block, shorten

LIMIT = 1500  # characters of an answer


def multitask(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Experiment 1: inputs are the benchmark prompts, responses and, for their marks, scores of the methods."""
    return _example(inputs, settings, "responses")


def maths(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Experiment 2: inputs are the benchmark prompts and attempts; those at temperature 0 are shown."""
    return _example(inputs, settings, "attempts")


def _example(inputs: list[Path], settings: dict, stage: str) -> tuple[str, str]:
    prompts = [path for path in inputs if path.parts[-3] == "prompts"]
    if not prompts:
        raise InputError("the table needs prompts/{experiment}/benchmark.jsonl among its inputs")
    experiment = prompts[0].parts[-2]
    answers = {
        path.parts[-2]: _greedy(path) for path in inputs if path.parts[-4] == stage and path.parts[-3] == experiment
    }
    marks = {
        path.parts[-2]: _greedy(path) for path in inputs if path.parts[-4] == "scores" and path.parts[-3] == experiment
    }
    records = read_jsonl(prompts[0], ("id", "category", "question", "constitutions"))
    chosen = _choose(records, answers)
    known = settings.get("experiments", {}).get(experiment)
    title, question = category(chosen["category"]), escape(shorten(chosen["question"], 800))
    blocks = [rf"\examplequestion{{\emph{{{title}.}} {question}}}"]
    if chosen["constitutions"]:
        blocks.append(rf"\exampleconstitution{{{escape_block(chosen['constitutions'][0]['text'])}}}")
    tidy = []
    for method, found in answers.items():
        record = found.get(chosen["id"])
        if record is None:
            continue
        mark = _mark(record | marks.get(method, {}).get(chosen["id"], {}))
        text = record["text"] if record["text"].strip() else "(empty)"
        blocks.append(
            rf"\exampleblock{{{escape(label(method, known))}}}{{{mark}}}{{{escape_block(shorten(text, LIMIT))}}}"
        )
        tidy.append(
            {
                "experiment": experiment,
                "prompt_id": chosen["id"],
                "category": chosen["category"],
                "question": chosen["question"],
                "method": method,
                "text": record["text"],
                "mark": mark,
            }
        )
    return "\n".join(blocks) + "\n", tidy_csv(tidy)


def _greedy(path: Path) -> dict[str, dict]:
    """The records at temperature 0, by prompt."""
    return {
        record["prompt_id"]: record
        for record in read_jsonl(path, ("prompt_id", "temperature"))
        if record["temperature"] == 0
    }


def _choose(prompts: list[dict], answers: dict) -> dict:
    """The first of the prompts whose answers differ most in number between methods.

    So the choice is by rule, and not by which method looks best on it.
    """
    if not prompts:
        raise InputError("there are no benchmark prompts")
    return max(prompts, key=lambda prompt: len({(one.get(prompt["id"]) or {}).get("text") for one in answers.values()}))


def _mark(record: dict) -> str:
    parts = []
    if record.get("adherence") is not None:
        parts.append(rf"adherence {100 * record['adherence']:.0f}\,\%")
    correct = record.get("correct")
    if isinstance(correct, dict):  # of an attempt, by extractor
        correct = next(iter(correct.values()), None)
    if correct is not None:
        parts.append("correct" if correct else "wrong")
    if record.get("finish") == "length":
        parts.append("did not end")
    return ", ".join(parts)
