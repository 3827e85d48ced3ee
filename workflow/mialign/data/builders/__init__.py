"""Pair builders: each says which prompts a question is answered under, and which responses are set against which.

A builder is a module with two functions:
prompts(question, principles, settings, rng) -> Prompts, and
records(chosen, responses, seed) -> one {prompts, responses, terms} for each chosen prompt record, where `responses` are
the generated ones by prompt id. A term is {chosen: [prompt, response], rejected: [prompt, response] or null, weight}.
"""

from mialign.core.errors import InputError
from mialign.data.builders import constitutions, other_question

BUILDERS = {"constitutions": constitutions, "other_question": other_question}


def builder(name: str | None):
    """The builder of that name; InputError if there is none."""
    if name not in BUILDERS:
        raise InputError(f"builder: there is none called {name!r} (there are {', '.join(BUILDERS)})")
    return BUILDERS[name]
