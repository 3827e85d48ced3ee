"""What numbers and letters share: how an answer is stated, and that the last statement counts."""

import re
from collections import deque

STATED = r"(?i:####|\banswer(?: is|:)|\\boxed\{)"


def last(pattern: re.Pattern, text: str) -> re.Match | None:
    """The last match in the text; None if there is none."""
    matches = deque(pattern.finditer(text), maxlen=1)
    return matches[0] if matches else None
