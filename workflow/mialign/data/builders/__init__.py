"""Pair builders: each says which prompts a question is answered under, and which responses are set against which.

A builder is a module with
SETTINGS, its own settings in a set of pairs, beside those that every set has;
record_size(settings) -> RecordSize, how many responses a question gets, and how large its record is;
prompts(question, principles, settings, rng) -> Prompts, where `settings` are the experiment's and the set's, and the
split; and
records(chosen, responses, settings) -> one {prompts, responses, terms} for each chosen prompt record, where `responses`
are the generated ones by prompt id, and `settings` the set's. A term is {chosen: [prompt, response], rejected: [prompt,
response] or null, weight}.
One that does not go with every experiment also has
check(settings), which refuses one that it does not go with; settings: the experiment's and the set's.
One that does not keep all that was written also has
selection(settings, is_correct) -> a function of a prompt record and its responses to those that are kept (none: the
question is dropped), or None where all are.
One that cannot use some responses also has
is_tied(prompt, responses, settings) -> whether it cannot use those of one prompt record (the question is dropped).
One whose pairs are made with more than questions, principles and responses also has
supervision(settings) -> what that is, in words (empty: nothing more).
One that needs principles or answers of its questions also has
check_sides(principles, category, settings), which refuses a category whose principles are too few; or
reads_answers(settings) -> whether each question needs a gold answer.
What else checks and rules ask of a builder is in the tuples of names below.
"""

from mialign.core.errors import InputError
from mialign.core.setting import Owners
from mialign.data.builders import constitutions, context, other_question, preferences, solutions
from mialign.data.builders.record_size import RecordSize

BUILDERS = {
    "constitutions": constitutions,
    "other_question": other_question,
    "context": context,
    "solutions": solutions,
    "preferences": preferences,
}
RELEASED = "constitutions"  # whose form the pairs have that the authors released
# Each response is written under a constitution of its own, and the record says which response is the positive one.
BY_CONSTITUTION = ("constitutions",)
WITHOUT_CONTEXT = ("context",)  # may ask by the experiment's template_without_context
EVALUATING = ("other_question", "solutions")  # ask by the prompts of evaluation, and by no generation_template
REPEATING = ("solutions",)  # each iteration may ask all questions again, as STaR does


def builder(name: str | None):
    """The builder of that name; InputError if there is none."""
    if name not in BUILDERS:
        raise InputError(f"builder: there is none called {name!r} (there are {', '.join(BUILDERS)})")
    return BUILDERS[name]


def own_settings() -> Owners:
    """The settings that belong to each builder."""
    return {name: module.SETTINGS for name, module in BUILDERS.items()}


def record_size(block: dict) -> RecordSize:
    """The RecordSize of a set of pairs, whoever wrote it."""
    if "builder" in block:
        return BUILDERS[block["builder"]].record_size(block)
    return BUILDERS[RELEASED].record_size({"constitutions": 2})


def supervision(block: dict) -> list[str]:
    """What the builder of a set makes its pairs with beside questions, principles and responses."""
    module = builder(block["builder"])
    return module.supervision(block) if hasattr(module, "supervision") else []
