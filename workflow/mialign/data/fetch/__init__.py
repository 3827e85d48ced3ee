"""What is fetched before a run: datasets, models and the authors' files. Nothing else downloads.

Besides this only judges and models on a server use the network.
"""

from mialign.core.errors import InputError


class Absent(InputError):
    """What was to be fetched is not there (any more), so that a mirror may serve; other failures do not lead to one."""


class Unreachable(InputError):
    """Neither what was to be fetched came nor word that it is not there: the network or the server fails."""
