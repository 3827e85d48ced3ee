"""Users with stated preferences, drawn by seed or those who asked the questions.

A drawn user wants every principle on one side, for good, in one wording. Training, validation and benchmark have users
of their own, as many each, and a question belongs to one user of its split. What the user states for it is a
constitution: the user's wordings of the principles of its category. With `of: questions` a question belongs to the user
who asked it, and what that user states in their own words is its constitution; that has no principles.
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


class Asker(NamedTuple):
    """A user who asked questions, and what they state in their own words."""

    id: str
    text: str

    def constitution(self, known: list[Principle]) -> dict:
        """The statement, as a constitution without principles."""
        return {"principles": [], "text": self.text}


def of_split(split: str, settings: dict) -> list[User]:
    """All users of a split; `settings` are {number, seed}, as in the config."""
    return [User(split, number, settings["seed"]) for number in range(settings["number"])]


def asking(question: dict, split: str, settings: dict) -> User | Asker:
    """The user that a question belongs to: who asked it, or one drawn by its id, so that other questions do not matter.

    InputError if who asked it states nothing.
    """
    if "of" in settings:
        if not question.get("context"):
            raise InputError(
                f"users: nobody states anything for the question {question['id']!r}, and of: questions takes what its "
                "user states; take a source that has users"
            )
        return Asker(question["user"], question["context"])
    drawn = Random(derive(settings["seed"], "asking", split, question["id"]))
    return drawn.choice(of_split(split, settings))


def another(user: User | Asker, question: dict, known: list[Principle], settings: dict) -> User | Asker:
    """A user of the same split who wants something else, drawn by the question's id: another side of at least one of
    these principles or, of those who asked, in other words. InputError if there is none.

    settings: of users who asked also `stated`, what each of the split states, by id.
    """
    if isinstance(user, Asker):
        return _another_asker(user, question, settings)
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


def _another_asker(user: Asker, question: dict, settings: dict) -> Asker:
    others = [Asker(*one) for one in settings["stated"].items() if one[1] != user.text]
    if not others:
        raise InputError(f"users: all who asked these questions state the same as {user.id!r}; take more of them")
    return Random(derive(settings["seed"], "another", question["id"])).choice(others)


def stated_by(questions: list[dict]) -> dict[str, str]:
    """What each user who asked one of these questions states, by id."""
    return {question["user"]: question["context"] for question in questions if question.get("context")}


def all_agree(split: str, known: list[Principle], settings: dict) -> bool:
    """Whether all users of a split want the same sides of these principles, so that nobody differs from anybody."""
    return len({tuple(user.sides(known)) for user in of_split(split, settings)}) == 1
