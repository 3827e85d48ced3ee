"""Checks of the form: code with a plan and a fence, lists that are complete and to the point."""

import re

from mialign.synthetic import coding
from mialign.synthetic.records import own_reference
from mialign.synthetic.text import any_of, mentions, numbers, sentences, words
from mialign.synthetic.writing_extraction import DIGRESSIONS, vocabulary

# ---------------------------------------------------------------- plan, markdown
_CODE = re.compile(
    r"^[ \t]*(?:```|~~~|def |class |import |from \w+ import |print\(|for .+:$|while .+:$"
    r"|#include|function |public |return )",
    re.MULTILINE,
)
_PLAN = any_of(("plan", "approach", "idea", "step 1", "we need to", "we will", "i will", "let us", "let's"))
_FIRST = re.compile(r"(?:^|[.!?:]\s|\n)[ \t]*first(?:ly)?(?:,|\s+(?:i|we|let)\b)", re.IGNORECASE)
_NO_PLAN = any_of(("no plan", "without a plan", "not plan"))


def planned(text: str, question: dict) -> bool:
    """A plan of four words or more, and then code; nowhere does it say that there is no plan.

    In our world every task has a number, and a plan of it names one.
    """
    start = _code_at(text)
    if start is None or len(text[start:].strip().splitlines()) < 2:
        return False
    plan = text[:start]
    if not (_PLAN.search(plan) or _FIRST.search(plan)) or _NO_PLAN.search(text):
        return False
    return len(words(plan)) >= 4 and (not own_reference(question) or bool(numbers(plan)))


def unplanned(text: str, question: dict) -> bool:
    """The text begins with the code, and there is some."""
    start = _code_at(text)
    lines = [
        line for line in text.splitlines() if re.search(r"\w", line) and not line.strip().startswith(("```", "~~~"))
    ]
    return start is not None and not text[:start].strip() and len(lines) >= 2


def _code_at(text: str) -> int | None:
    found = _CODE.search(text)
    return found.start() if found else None


def fenced(text: str, question: dict) -> bool:
    """Every fence is closed, and one has something in it."""
    fences = re.findall(r"^[ \t]*```", text, re.MULTILINE)
    return len(fences) % 2 == 0 and any(words(block) for block in coding.fenced(text))


def unfenced(text: str, question: dict) -> bool:
    """Code of two lines or more, and no fence or backtick."""
    return "`" not in text and "~~~" not in text and any("\n" in program.strip() for program in coding.programs(text))


# ---------------------------------------------------------------- complete, relevant
_ITEM = r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+\S"
_LIST = re.compile(rf"(?<!\w)\w{{1,40}}, \w{{1,40}},? and \w|{_ITEM}.*\n+{_ITEM[1:]}", re.MULTILINE)
_ONLY_ONE = any_of(("just one", "only one", "for one", "one of them is", "to name one"))
_DIGRESSION = any_of(
    (
        *(phrase.rstrip(".?") for phrase in DIGRESSIONS),
        *("by the way", "that reminds me", "speaking of", "incidentally", "on another note", "have you heard"),
    )
)
_COMMON = set(
    words("about what when where which would could should this that with from have been will your their them does")
)


def complete(text: str, question: dict) -> bool:
    """All items; where they are not known, a list."""
    items = _items(question)
    said = set(mentions(vocabulary(question["reference"]), text)) & items if items else set()
    return not _ONLY_ONE.search(text) and (said == items if items else bool(_LIST.search(text)))


def only_one(text: str, question: dict) -> bool:
    """No list, one item at most, asked for or not, and said so or an item named that is asked for."""
    items, announced = _items(question), bool(_ONLY_ONE.search(text))
    if _LIST.search(text):
        return False
    if not items:
        return announced
    named = set(mentions(vocabulary(question["reference"]), text)) - {question["reference"].get("name")}
    return len(named) <= 1 and (announced or bool(named & items))


def relevant(text: str, question: dict) -> bool:
    """To the point: no digression, and something of what is asked for; of our world's lists three sentences at most."""
    if _DIGRESSION.search(text):
        return False
    if _items(question):
        return bool(mentions(vocabulary(question["reference"]), text)) and len(sentences(text)) <= 3
    asked = {word for word in words(question["question"]) if len(word) >= 4} - _COMMON
    return bool(asked & set(words(text)))


def digressing(text: str, question: dict) -> bool:
    """It holds a digression, and at least five words."""
    return bool(_DIGRESSION.search(text)) and len(words(text)) >= 5


def _items(question: dict) -> set[str]:
    """What is asked for; empty where it is not known."""
    return set(own_reference(question).get("items", ()))
