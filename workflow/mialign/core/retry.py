"""Failures of a server: which pass if one waits, and for how long."""

import math
import time
from email.utils import parsedate_to_datetime

ATTEMPTS = 8
FIRST, LONGEST = 1.0, 60.0  # seconds: what the first pause is below, and the last
MAX_DELAY = 600.0  # seconds: a server that asks for longer pauses is asked again before


class MalformedResponse(Exception):
    """The server answered with something else than a completion."""


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed later: it got lost, or the server is busy, broken or talks nonsense."""
    from openai import APIConnectionError, APIResponseValidationError, APIStatusError

    if isinstance(error, APIStatusError):
        busy = error.status_code in (408, 409, 429) or error.status_code >= 500
        return busy and error.code != "insufficient_quota"
    return isinstance(error, (MalformedResponse, APIConnectionError, APIResponseValidationError))


def retry_delay(state) -> float:
    """Seconds until a request is sent again: what the server asks for, and a random time that grows by attempts."""
    from tenacity import wait_random_exponential

    return retry_after(state.outcome.exception()) + wait_random_exponential(FIRST, LONGEST)(state)


def explain_delay(state) -> str:
    """Why and how long a request waits; nothing that the server said, which may repeat the key."""
    error = state.outcome.exception()
    status = getattr(error, "status_code", None)
    reason = f"status {status}" if status else type(error).__name__
    return f"{reason}, asked again in {state.next_action.sleep:.0f} s"


def retry_after(error: BaseException) -> float:
    """Seconds that the server asks to be left alone, 0 if it does not say; the header has seconds or a date."""
    response = getattr(error, "response", None)
    text = "" if response is None else response.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), MAX_DELAY) if math.isfinite(seconds) else 0.0  # float reads nan and inf too
