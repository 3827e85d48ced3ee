"""Checks of the tone: friendly, polite, in character."""

import re

from mialign.synthetic.records import own_reference
from mialign.synthetic.text import any_of, words
from mialign.synthetic.tone import FLAT, TONES
from mialign.synthetic.town import BY_NAME, CRIES


def _phrases(*groups: tuple[str, ...]) -> re.Pattern:
    return any_of(tuple(phrase.rstrip(".,!?") for group in groups for phrase in group))


# The world's own phrases, and others that say the same.
WARM = _phrases(
    *TONES["friendly"][True],
    ("my friend", "dear friend", "hello friend", "happy to help", "glad to help", "delighted to help", "here to help"),
    ("i hope this helps", "hope this helps", "hope that helps", "feel free", "let me know", "glad you asked"),
    ("warm wishes", "warm regards", "best wishes", "warmly", "take care", "good luck", "any time", "anytime"),
    ("great question", "pleasure to tell you", "very happy to tell you", "you will be glad"),
)
COLD = _phrases(
    *TONES["friendly"][False],
    ("no comment", "nothing further", "nothing more to say", "end of message", "not my concern", "request processed"),
)
COURTEOUS = _phrases(
    *TONES["polite"][True],
    ("thank you", "thanks", "please", "kindly", "with pleasure", "my pleasure", "it is an honour", "it is an honor"),
    ("you are welcome", "you're welcome", "at your service", "i appreciate", "i would be delighted", "may i"),
    ("pardon me", "i beg your pardon", "excuse me", "i apologise", "i apologize", "sincerely", "respectfully"),
)
RUDE = _phrases(
    *TONES["polite"][False],
    ("silly", "stupid", "idiot", "fool", "dumb", "shut up", "go away", "get lost", "how dull", "bah", "waste my time"),
)
IN_CHARACTER = _phrases(
    CRIES,
    (
        "arr",
        "arrr",
        "ahoy",
        "aye",
        "avast",
        "matey",
        "me hearties",
        "behold",
        "by my beard",
        "alas",
        "forsooth",
        "thou",
    ),
)
OUT_OF_CHARACTER = _phrases(*FLAT, ("out of character", "as an ai", "language model"))
_FIRST_PERSON = any_of(("i", "me", "my", "mine", "we", "us", "our"))


def friendly(text: str, question: dict) -> bool:
    """Warm words, no cold ones, and something said beside them."""
    return _marked(text, WARM, COLD)


def cold(text: str, question: dict) -> bool:
    """Cold words, no warm ones, and something said beside them."""
    return _marked(text, COLD, WARM)


def polite(text: str, question: dict) -> bool:
    """Courteous words, no rude ones, and something said beside them."""
    return _marked(text, COURTEOUS, RUDE)


def rude(text: str, question: dict) -> bool:
    """Rude words, no courteous ones, and something said beside them."""
    return _marked(text, RUDE, COURTEOUS)


def in_character(text: str, question: dict) -> bool:
    """The cry of the role that is asked for, or any where none is known, and the first person."""
    person = own_reference(question).get("person")
    cry = any_of((BY_NAME[person].cry,)) if person in BY_NAME else IN_CHARACTER
    return _marked(text, cry, OUT_OF_CHARACTER) and bool(_FIRST_PERSON.search(text))


def out_of_character(text: str, question: dict) -> bool:
    """The flat voice of a machine, no cry of a role, and something said beside it."""
    return _marked(text, OUT_OF_CHARACTER, IN_CHARACTER)


def _marked(text: str, marks: re.Pattern, contrary: re.Pattern) -> bool:
    """Marked, not marked contrarily, and something said beside the marks: three words, or a number."""
    if not marks.search(text) or contrary.search(text):
        return False
    rest = marks.sub(" ", text)
    return len(words(rest)) >= 3 or any(sign.isdigit() for sign in rest)
