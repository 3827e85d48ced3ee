"""Which questions become pairs: their responses must be usable, and far enough apart to be worth contrasting.

A question counts for its first failure, in the order of `ORDER`. With more than two responses the filters of single
responses ask it of each one, `identical` of every two, and the three filters of length compare the longest response
with the shortest; lengths are in characters.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import Levenshtein

from mialign.core.errors import InputError

CORRECT = "correct"  # applied by the builder that keeps correct answers only
ORDER = (CORRECT, "ended", "empty", "forbidden", "identical", "length_ratio", "shorter_at_least", "prefix_distance")
KEYS = {"ended", "forbidden", "length_ratio", "shorter_at_least", "prefix_distance"}
FINISHES = ("eos", "stop", "length")
ENDED = FINISHES[:2]
BY_ITSELF = "by_itself"  # the value of filters.ended that asks for an end token; true also takes a stop phrase
STOPPED = "stop"  # why a response finished that was cut at a stop phrase
CUT = "length"  # why a response finished that did not end


class Response(NamedTuple):
    """One generated response and why it finished: at its end token, at a stop phrase, or for length."""

    text: str
    finish: str


def active_filters(settings: dict) -> dict[str, Callable[[list[Response]], bool]]:
    """Name -> predicate that says whether a question's responses may stay, in order.

    The keys of `settings` are those of `filters` in the config; a filter without its key is not applied. `empty` and
    `identical` have no key and always are: nothing can be learned from such responses.
    """
    unknown = sorted(set(settings) - KEYS)
    if unknown:
        raise InputError(f"filters: unknown key {unknown[0]!r}; there are {', '.join(sorted(KEYS))}")
    predicates = {"empty": _not_empty, "identical": _all_differ}
    if settings.get("ended"):
        endings = FINISHES[:1] if settings["ended"] == BY_ITSELF else ENDED
        predicates["ended"] = lambda responses: all(response.finish in endings for response in responses)
    if settings.get("forbidden"):
        predicates["forbidden"] = lambda responses: not _holds_any(responses, settings["forbidden"])
    if "length_ratio" in settings:
        predicates["length_ratio"] = lambda responses: _ratio_reached(responses, settings["length_ratio"])
    if "shorter_at_least" in settings:
        predicates["shorter_at_least"] = lambda responses: len(_extremes(responses)[1]) >= settings["shorter_at_least"]
    if "prefix_distance" in settings:
        predicates["prefix_distance"] = lambda responses: prefix_differs(
            *_extremes(responses), settings["prefix_distance"]
        )
    return {name: predicates[name] for name in ORDER if name in predicates}


def first_failure(responses: list[Response], filters: dict[str, Callable[[list[Response]], bool]]) -> str | None:
    """The name of the first filter that drops these responses, None if all let them pass."""
    return next((name for name, may_stay in filters.items() if not may_stay(responses)), None)


def prefix_differs(longer: str, shorter: str, fraction: float) -> bool:
    """Whether the edit distance between `shorter` and as many first characters of `longer` is above the fraction."""
    return Levenshtein.distance(longer[: len(shorter)], shorter) > fraction * len(shorter)


def _not_empty(responses: list[Response]) -> bool:
    return all(response.text.strip() for response in responses)


def _holds_any(responses: list[Response], forbidden: Iterable[str]) -> bool:
    return any(string in response.text for string in forbidden for response in responses)


def _all_differ(responses: list[Response]) -> bool:
    return len({response.text.strip() for response in responses}) == len(responses)


def _ratio_reached(responses: list[Response], ratio: float) -> bool:
    longer, shorter = _extremes(responses)
    return len(longer) >= ratio * len(shorter)


def _extremes(responses: list[Response]) -> tuple[str, str]:
    """The longest and the shortest text; of equally long ones the first and the last."""
    texts = [response.text for response in responses]
    return max(texts, key=len), min(reversed(texts), key=len)
