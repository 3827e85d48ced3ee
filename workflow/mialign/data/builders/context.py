"""Pairs by context (MIPO, arXiv 2603.19294, mode "context"): a response to a user against one that knows the user not.

The context of a prompt is what its user states. A record has two prompts, each with the response that was written
under it: the first has the context of the question's user; the second has none (other: none), or that of another user
who wants something else (other: user). The one term compares both responses under the first prompt. The record is a
square too, so SAMI and InfoNCE can read it: whose context was a response written under.
"""

from random import Random

from mialign.core.errors import InputError
from mialign.core.setting import Setting
from mialign.core.template import Prompt, fill, forced_opening
from mialign.data import users
from mialign.data.builders.record_size import RecordSize
from mialign.data.prompts import Prompts, fields_under

SETTINGS = {"other": Setting("none", {"enum": ["none", "user"]})}
TERM = {"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}


def check(settings: dict) -> None:
    """InputError if the experiment lacks what the set needs: users, a prompt without context."""
    if "users" not in settings:
        raise InputError("builder: context needs users, and the experiment has none; give it users")
    if settings["other"] == "none" and "template_without_context" not in settings:
        raise InputError(
            "other: none leaves the context out, and the experiment has no template_without_context to do so; give it "
            "one, or set other to user"
        )
    if settings["other"] == "user" and settings["users"].get("number", 2) < 2:
        raise InputError("other: user sets users against each other, and users.number is 1; give 2 or more")


def record_size(settings: dict) -> RecordSize:
    """Two of everything."""
    return RecordSize(written=2, prompts=2, responses=2)


def prompts(question: dict, principles, settings: dict, rng: Random) -> Prompts:
    """The prompt with the context of the question's user, and the one without it or with that of another user."""
    check(settings)
    known = principles.for_category(question["category"])
    people = [users.asking(question, settings["split"], settings["users"])]
    if settings["other"] == "user":
        people.append(users.another(people[0], question, known, settings["users"]))
    stated = [user.constitution(known) for user in people]
    filled = [fields_under(one, question, settings) for one in (stated[0], stated[-1])]
    trained = _templates("template", settings)
    made = Prompts(stated, _fill(trained, filled), [], tuple(user.id for user in people))
    if "generation_template" not in settings:
        return made
    written = _templates("generation_template", settings)
    forced = [forced_opening(*both, **one) for *both, one in zip(written, trained, filled, strict=True)]
    return made._replace(generation=_fill(written, filled), forced=forced)


def _templates(key: str, settings: dict) -> list[Prompt]:
    """The templates of the two prompts, the first by its key."""
    return [settings[key], settings[key if settings["other"] == "user" else "template_without_context"]]


def _fill(templates: list[Prompt], filled: list[dict]) -> list[Prompt]:
    return [fill(template, **fields) for template, fields in zip(templates, filled, strict=True)]


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """A record for each prompt record that was chosen."""
    return [
        {
            "prompts": prompt["prompts"],
            "responses": [{**one, "prompt": place} for place, one in enumerate(responses[prompt["id"]])],
            "terms": [TERM],
        }
        for prompt in chosen
    ]
