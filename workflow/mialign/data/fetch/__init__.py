"""What is fetched before a run: datasets, models and the authors' files. Nothing else uses the network."""

from mialign.core.errors import InputError


class Absent(InputError):
    """What was to be fetched is not there (any more), so that a mirror may serve; other failures do not lead to one."""
