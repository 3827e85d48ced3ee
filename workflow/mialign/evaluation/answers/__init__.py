"""The final answer of a text: extracted in several ways, and whether it is the correct one.

Which extractors read a text depends on the kind of its question's gold answer: a number or the letter of a choice.
"""

from mialign.data.gold_answers import answer_kind
from mialign.evaluation.answers import letters, numbers

EXTRACTORS = {"number": numbers.EXTRACTORS, "letter": letters.EXTRACTORS}


def extract(text: str, ended: bool, kind: str) -> dict[str, str | None]:
    """Extractor -> the answer it finds, None if it finds none; kind: "number" or "letter"."""
    return {name: extractor(text, ended) for name, extractor in EXTRACTORS[kind].items()}


def is_correct(text: str, ended: bool, gold: str, extractor: str = "strict") -> bool:
    """Whether the answer that the extractor finds is the gold one (of gold_answer)."""
    return EXTRACTORS[answer_kind(gold)][extractor](text, ended) == gold
