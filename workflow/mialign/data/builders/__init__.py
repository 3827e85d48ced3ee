"""Pair builders: each says which prompts a question is answered under, and which responses are set against which.

A builder is a module with
SETTINGS, its own settings in a set of pairs, beside those that every set has;
shape(settings) -> Shape, how many responses a question gets, and how large its record is;
prompts(question, principles, settings, rng) -> Prompts, where `settings` are the experiment's and the set's, and the
split; and
records(chosen, responses, settings) -> one {prompts, responses, terms} for each chosen prompt record, where `responses`
are the generated ones by prompt id, and `settings` the set's. A term is {chosen: [prompt, response], rejected: [prompt,
response] or null, weight}.
One that does not go with every experiment also has
check(settings), which refuses one that it does not go with; settings: the experiment's and the set's.
One that does not keep all that was written also has
selection(settings, is_right) -> a function of a prompt record and its responses to those that are kept (none: the
question is dropped), or None where all are.
One that cannot use some responses also has
is_tied(prompt, responses, settings) -> whether it cannot use those of one prompt record (the question is dropped).
One whose pairs are made with more than questions, principles and responses also has
supervision(settings) -> what that is, in words (empty: nothing more).
"""

from mialign.core.errors import InputError
from mialign.core.setting import Owners
from mialign.data.builders import constitutions, context, other_question, preferences, solutions
from mialign.data.builders.shape import Shape

BUILDERS = {
    "constitutions": constitutions,
    "other_question": other_question,
    "context": context,
    "solutions": solutions,
    "preferences": preferences,
}
RELEASED = "constitutions"  # whose form the pairs have that the authors released


def builder(name: str | None):
    """The builder of that name; InputError if there is none."""
    if name not in BUILDERS:
        raise InputError(f"builder: there is none called {name!r} (there are {', '.join(BUILDERS)})")
    return BUILDERS[name]


def own_settings() -> Owners:
    """The settings that belong to each builder."""
    return {name: module.SETTINGS for name, module in BUILDERS.items()}


def shape(block: dict) -> Shape:
    """The Shape of a set of pairs, whoever wrote it."""
    if "builder" in block:
        return BUILDERS[block["builder"]].shape(block)
    return BUILDERS[RELEASED].shape({"constitutions": 2})


def supervision(block: dict) -> list[str]:
    """What the builder of a set makes its pairs with beside questions, principles and responses."""
    module = builder(block["builder"])
    return module.supervision(block) if hasattr(module, "supervision") else []
