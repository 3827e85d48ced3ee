"""The one error that is meant for the person at the keyboard."""


class InputError(Exception):
    """Bad config, data or model. The message names the file, line or key and says what to do."""
