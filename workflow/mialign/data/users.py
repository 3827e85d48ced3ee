"""Users with stated preferences: each wants every principle on one side, for good, and says so in words of their own.

Training, validation and benchmark have users of their own, as many each. A question belongs to one user of its split.
What the user states for it is a constitution: the user's wordings of the principles of its category.
"""

from random import Random
from typing import NamedTuple

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.core.template import numbered
from mialign.data.principles import SIDES, Principle


class User(NamedTuple):
    """The user of this number among those of a split; `seed` is that of all users of the experiment."""

    split: str
    number: int
    seed: int

    @property
    def id(self) -> str:
        """The name of the user in records, which no user of another split has."""
        return f"{self.split}-{self.number}"

    def preference(self, principle: Principle) -> tuple[str, str]:
        """The side of the principle that the user wants, and the wording that says so; the same for every question."""
        rng = Random(derive(self.seed, "user", self.split, self.number, principle.id))
        side = rng.choice(SIDES)
        return side, rng.choice(getattr(principle, side))

    def sides(self, known: list[Principle]) -> list[str]:
        """The sides of these principles that the user wants."""
        return [self.preference(principle)[0] for principle in known]

    def constitution(self, known: list[Principle]) -> dict:
        """What the user states of these principles, in their order: {principles: [[id, side], ...], text}."""
        wanted = [self.preference(principle) for principle in known]
        sides = [[principle.id, side] for principle, (side, _) in zip(known, wanted, strict=True)]
        return {"principles": sides, "text": numbered(wording for _, wording in wanted)}


def of_split(split: str, settings: dict) -> list[User]:
    """All users of a split; `settings` are {number, seed}, as in the config."""
    return [User(split, number, settings["seed"]) for number in range(settings["number"])]


def asking(question: dict, split: str, settings: dict) -> User:
    """The user that a question belongs to, drawn by its id, so that other questions do not matter."""
    drawn = Random(derive(settings["seed"], "asking", split, question["id"]))
    return drawn.choice(of_split(split, settings))


def another(user: User, question: dict, known: list[Principle], settings: dict) -> User:
    """A user of the same split who wants another side of at least one of these principles, drawn by the question's id.

    InputError if there is none.
    """
    others = of_split(user.split, settings)
    Random(derive(settings["seed"], "another", user.split, question["id"])).shuffle(others)
    wanted = user.sides(known)
    for one in others:
        if one.sides(known) != wanted:
            return one
    raise InputError(
        f"users: all {len(others)} users of {user.split} want the same in the category {question['category']!r}; raise "
        "users.number or change users.seed"
    )


def all_agree(split: str, known: list[Principle], settings: dict) -> bool:
    """Whether all users of a split want the same sides of these principles, so that nobody differs from anybody."""
    return len({tuple(user.sides(known)) for user in of_split(split, settings)}) == 1
