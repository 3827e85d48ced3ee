"""What is fetched before a run: datasets, models and the authors' files. Nothing else downloads.

Besides this only judges and models on a server use the network.
"""

from collections.abc import Callable

from mialign.core.errors import InputError


class Absent(InputError):
    """What was to be fetched is not there (any more), so that a mirror may serve; other failures do not lead to one."""


class Unreachable(InputError):
    """Neither what was to be fetched came nor word that it is not there: the network or the server fails."""


def first_that_has(name: str, places: list[dict], take: Callable[[dict], dict]) -> dict:
    """What `take` gives of the first place that has it, with that place and why others were passed over.

    The next one is tried only where the one before is Absent: which copy is taken must not depend on the network.
    """
    passed = []
    for place in places:
        try:
            return {"place": place, **take(place), "passed_over": passed}
        except Absent as error:
            passed.append(str(error))
    raise Absent(f"{name}: no place has it. {' | '.join(passed)}")
