"""A part of the page's data: JSON, compressed, in base64. So no character of the data can end or begin a tag."""

import base64
import json
import math
import zlib
from types import NoneType

LARGEST = 2**53  # above it JavaScript cannot tell two neighbouring integers apart
_SAFE = {str, bool, NoneType}


def encode(value: object) -> str:
    """The value as the page's scripts read it (assets/data.js); the same value gives the same text."""
    text = json.dumps(_readable(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("ascii"), 6)).decode("ascii")


def _readable(value: object) -> object:
    """The same with what JavaScript cannot hold as text: integers that are too long, and nan and infinity."""
    if isinstance(value, dict):
        return {str(key): _readable(one) for key, one in value.items()}
    if isinstance(value, list):
        # A column is mostly of one kind, and there are many.
        return value if set(map(type, value)) <= _SAFE else [_readable(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > LARGEST:
        return str(value)
    return value
