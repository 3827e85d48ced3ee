"""By what the checkpoints of an experiment are chosen: a score of each validation answer."""

from mialign.data.filters import ENDED
from mialign.data.gold_answers import gold_answer
from mialign.evaluation.answers import is_right
from mialign.evaluation.scores import adherence, correct, question_of
from mialign.generation.engine import Completion
from mialign.synthetic import follows


def judged(record: dict, completion: Completion) -> dict[str, float | None]:
    """mean_score: the mean of adherence and right content, or one of them alone where the other cannot be checked."""
    ended = completion.finish in ENDED
    followed, known = adherence(record, completion.text, ended), correct(record, completion.text, ended)
    known = None if known is None else float(known)
    checked = [score for score in (followed, known) if score is not None]
    mean_score = sum(checked) / len(checked) if checked else None
    return {"mean_score": mean_score, "adherence": followed, "correct": known}


def solved(record: dict, completion: Completion) -> dict[str, float | None]:
    """Whether the answer of a solution, extracted flexibly, is right, and whether it goes step by step."""
    question = question_of(record)
    right = is_right(completion.text, completion.finish in ENDED, gold_answer(question), "flexible")
    return {
        "accuracy": float(right),
        "steps": float(follows("steps", "positive", completion.text, question)),
    }


# Name of the score, as curves have it -> what gives it.
SCORES = {"mean_score": judged, "accuracy": solved}
