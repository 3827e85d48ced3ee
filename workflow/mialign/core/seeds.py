"""Seeds: random choices draw from one of these, derived by name from a seed in the config.

Two draw otherwise. A training takes the seed of its method as it is. Its sampled answers to validation questions draw
by the number of the question alone (training/validation.py).
"""

import hashlib


def derive(seed: int, *names: object) -> int:
    """A 63-bit seed for one purpose, for instance derive(1, "generate", prompt_id, 0).

    Streams with different names are independent, and adding one leaves the others as they were.
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
