"""Who speaks to whom: first or third person, a greeting or none, a closing question or none."""

import re

from mialign.evaluation.text_checkers.reading import lines, prose, sentences, words

_QUOTED = re.compile(r"“[^”]*”|(?<!\w)\"[^\"]*\"(?!\w)")
# "I" behind a capitalised noun is a number: World War I, Elizabeth I.
_NUMERAL = re.compile(
    r"(?:War|Part|Chapter|Phase|Type|Class|Section|Volume|Act|Article|Stage|Level|Elizabeth|Charles|James|Francis|Pius"
    r"|George|William|Nicholas|Alexander|Philip|Napoleon|Leopold)"
    r" I(?!\w)"
)
_SINGULAR = re.compile(
    r"(?<![\w.])(?:I(?:['’](?:m|ve|d|ll))?(?![\w.)]|-\w|/O)|i['’](?:m|ve|d|ll)"
    r"|i (?:am|was|have|had|will|would|think|feel|do)|[Mm]e|[Mm]y|[Mm]yself)(?!\w)"
)
_PLURAL = re.compile(r"(?<!\w)(?:[Ww]e(?:['’](?:re|ve|d|ll))?|us|[Oo]ur|[Oo]urs|[Oo]urselves|[Ll]et['’]s)(?!\w)")
_SECOND = re.compile(r"(?<!\w)(?:you|your|yours|yourself|yourselves)(?!\w)", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(?:hello(?! world (?:is|was|programs?)\b)|hi|hey|howdy|ahoy|hiya|greetings|salutations"
    r"|welcome(?= to | back|[,!.])|dear(?= \w| \[)|good (?:morning|afternoon|evening|day))(?![\w-])",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\?(?!=?\w)")  # not within an address
_ASKS_LAST = re.compile(r"\?[^\w?]*\Z")


# ---------------------------------------------------------------- person
def first_person(text: str) -> bool:
    """I, me, my or myself, outside of quotes and code; a "we" may mean anybody, so it does not count."""
    return bool(_SINGULAR.search(_own_words(text)))


def third_person(text: str) -> bool:
    """Three words or more, and outside of quotes and code neither I nor we nor you."""
    own = _own_words(text)
    return len(words(own)) >= 3 and not any(person.search(own) for person in (_SINGULAR, _PLURAL, _SECOND))


def _own_words(text: str) -> str:
    """What the writer says himself: without quotes, unless all of it stands between quotation marks."""
    said = prose(text)
    own = _QUOTED.sub(" ", said)
    return _NUMERAL.sub(" ", own if words(own) else said)


# ---------------------------------------------------------------- greeting
def greets(text: str) -> bool:
    """The text begins with hello, good morning, dear or the like."""
    return bool(_GREETING.match(text))


def without_greeting(text: str) -> str:
    """The text behind a greeting of at most three words, such as "Good morning!", that is a sentence of its own."""
    first = next(iter(sentences(text)), "")
    if greets(first) and len(words(first)) <= 3:
        return text[text.index(first) + len(first) :].lstrip()
    return text


def no_greeting(text: str) -> bool:
    """Neither a line nor the second sentence begins with a greeting."""
    return not any(_GREETING.match(part) for part in (*lines(text), *sentences(text)[1:2]))


# ---------------------------------------------------------------- question
def ends_with_question(text: str) -> bool:
    """The last sentence ends with a question mark; quotation marks, asterisks and smileys behind it do not count."""
    return bool(_ASKS_LAST.search(prose(text)))


def asks_nothing(text: str) -> bool:
    """No sentence ends with a question mark, outside of code."""
    return not _ASKS.search(prose(text))
