"""The one error that is meant for the person at the keyboard, and one line of any other."""


class InputError(Exception):
    """Bad config, data or model. The message names the file, line or key and says what to do."""


def first_line(error: Exception) -> str:
    """The first line of what an error says, or its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
