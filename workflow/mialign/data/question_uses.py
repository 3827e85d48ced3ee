"""Which questions an experiment asks, and what for."""

from typing import NamedTuple


class QuestionUse(NamedTuple):
    """Questions that an experiment names."""

    key: str  # that names them in the experiment
    split: str  # train, validation, benchmark or information
    sources: list[str]
    block: dict  # asks them by a builder; empty where they have one prompt, that of evaluation
    prompts: str  # the name of their prompts: the set of pairs, or the split


def question_uses(experiment: dict) -> list[QuestionUse]:
    """All uses of questions: of sets of pairs, for validation and the benchmark, and of information."""
    uses = [
        QuestionUse(f"data.{name}.questions", "train", block["questions"], block, name)
        for name, block in experiment["data"].items()
        if "questions" in block
    ]
    for split, names in experiment["questions"].items():
        uses.append(QuestionUse(f"questions.{split}", split, names, {}, split))
    if "information" in experiment:
        block = experiment["information"]
        uses.append(QuestionUse("information.questions", "information", block["questions"], block, "information"))
    return uses
