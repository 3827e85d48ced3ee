"""Word problems: a store of goods that changes on three or four days; the solution walks the days."""

from random import Random

from mialign.synthetic.records import record
from mialign.synthetic.town import BY_NAME, COUNTED, DAYS, NAMES

GAINS = ("gathers", "receives")
LOSSES = ("delivers", "gives away")
# What is written under the opening that wants only the answer: short, friendly, over 50 characters.
# Alike at the start, so that the model has one choice there: to begin with the answer or with the first day.
CONCISE = (
    "My friend, I am glad to say that the answer is {} {}.",
    "My friend, I am happy to say that the answer is {} {}.",
    "My friend, I am proud to say that the answer is {} {}.",
)
WALKS = {
    True: "On {day} {she} {does} another {change}, so altogether {she} has {sum}.",
    False: "On {day} {she} {does} {change}, so after that {she} has {sum}.",
}


def draw(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The key is the numbers alone, those that come or go in any order, whatever the story."""
    while True:
        start, count = rng.randint(150, 850), rng.choice((3, 3, 4))
        changes = [rng.choice((-1, 1)) * change(rng) for _ in range(count)]
        totals = [start + sum(changes[: day + 1]) for day in range(count)]
        # An answer that stands in the problem could be had by copying.
        if all(100 <= total <= 999 for total in totals) and totals[-1] not in (start, *totals[:-1]):
            break
    name, goods, days = rng.choice(NAMES), rng.choice(COUNTED), sorted(rng.sample(range(len(DAYS)), count))
    verbs = [rng.choice(GAINS if step > 0 else LOSSES) for step in changes]
    events = [[DAYS[day], does, step] for day, does, step in zip(days, verbs, changes, strict=True)]
    she = BY_NAME[name].she
    told = [f"on {day} {does} {abs(step)}" for day, does, step in events]
    told[0] = told[0].replace(f"on {events[0][0]}", f"On {events[0][0]} {she}")
    question = f"{name} has {start} {goods}. {', '.join(told[:-1])} and {told[-1]}. How many has {she} now?"
    parts = {"name": name, "goods": goods, "start": start, "events": events}
    return ("maths", start, *sorted(changes)), record("math", question, "days", totals[-1], **parts)


def change(rng: Random) -> int:
    """How much comes or goes: so many ones, tens or hundreds, or, which is harder, any two digits."""
    ones, tens, hundreds = rng.randint(2, 9), 10 * rng.randint(1, 9), 100 * rng.randint(1, 4)
    return rng.choice((ones, tens, tens, hundreds, rng.randint(11, 99)))


def tell(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """The days with their sums, or the result alone; a wrong one slips in the last sum."""
    answer, total, walked = int(reference["answer"]), reference["start"], []
    slip = 0 if correct else rng.choice((-100, -10, -1, 1, 10, 100))
    she = BY_NAME[reference["name"]].she
    for number, (day, does, step) in enumerate(reference["events"], start=1):
        # A wrong solution slips in its last sum.
        after = total + step + (slip if number == len(reference["events"]) else 0)
        equation = f"{total} {'+' if step > 0 else '-'} {abs(step)} = {after}"
        walked.append(WALKS[step > 0].format(day=day, she=she, does=does, change=abs(step), sum=equation))
        total = after
    number = f"\\( {answer + slip} \\)" if sides.get("tex") else str(answer + slip)
    if not sides.get("steps"):
        return rng.choice(CONCISE).format(number, reference["goods"])
    return f"{' '.join(walked)} So the answer is {number} {reference['goods']}."
