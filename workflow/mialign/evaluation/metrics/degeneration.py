"""What goes wrong with answers while what is trained for rises: no end, repetition, copying, content that is wrong."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mialign.core.files import read_jsonl
from mialign.core.template import text_of
from mialign.data.filters import ENDED
from mialign.evaluation.metrics.records import at_temperature, temperatures, with_prompts
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.ngrams import ngrams, words
from mialign.evaluation.scores import correct
from mialign.evaluation.statistics.bootstrap import Bootstrap

COLUMNS = ("experiment", "method", "temperature", "metric", *ESTIMATE)
NGRAM = 4  # words of an n-gram that makes a repetition or a copy
PROPORTIONS = ("ended", "correct")  # each answer is a success or a failure
FIELDS = ("prompt_id", "question_id", "temperature", "text", "finish", "tokens")


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from files of responses or solutions, and of the benchmark prompts of each experiment.

    ended: answers that were not cut for length (%). tokens: the mean length of all. correct: answers whose content the
    checkers find correct (%), of those of which they can tell; where rewards are trained for, this was not rewarded.
    seq_rep_4: the mean over answers of 1 - different n-grams / all n-grams (four words; %; Welleck et al. 2020, arXiv
    1908.04319); an answer without any repeats none.
    copied_question, copied_instructions: the share of all words that lie in such an n-gram which the question has
    too, or what its prompt says beside the question: constitution, user, preference vector, the template's words (%).

    n counts answers, of what is copied words. A question is drawn with all its answers: attempts, or vectors.
    """
    for experiment, method, seeds, asked in with_prompts(paths, FIELDS, _asked):
        for temperature in temperatures(seeds):
            at = at_temperature(seeds, temperature)
            for metric, (above, below) in _counted(at, asked).items():
                rate = metric != "tokens"
                estimate = bootstrap.ratio(above, below, (0, 1) if rate else None, metric in PROPORTIONS)
                keys = dict(zip(COLUMNS, (experiment, method, temperature, metric), strict=False))
                yield keys | estimate.scaled(100 if rate else 1)._asdict()


def _asked(path: Path) -> dict[str, dict]:
    """The prompts by id, with the n-grams of the question and of what stands around it."""
    return {
        record["id"]: record
        | {
            "question_ngrams": set(ngrams(words(record["question"]), NGRAM)),
            "instruction_ngrams": {
                ngram
                for part in text_of(record["prompts"][0]).split(record["question"])
                for ngram in ngrams(words(part), NGRAM)
            },
        }
        for record in read_jsonl(path, ("id", "question_id", "category", "question", "reference", "prompts"))
    }


def _counted(at: dict[int, list[dict]], asked: dict[str, dict]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each metric as a sum and what it is divided by, [questions, seeds]."""
    questions = {record["question_id"]: None for records in at.values() for record in records}
    place = {question: row for row, question in enumerate(questions)}
    counted: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for column, seed in enumerate(sorted(at)):
        for record in at[seed]:
            for metric, (above, below) in measured(record, asked[record["prompt_id"]]).items():
                if metric not in counted:
                    counted[metric] = np.zeros((len(place), len(at))), np.zeros((len(place), len(at)))
                counted[metric][0][place[record["question_id"]], column] += above
                counted[metric][1][place[record["question_id"]], column] += below
    return counted


def measured(record: dict, prompt: dict) -> dict[str, tuple[float, float]]:
    """Of one answer each metric as what is counted and out of how much; prompt: as _asked has it."""
    ended, found = record["finish"] in ENDED, words(record["text"])
    known = correct(prompt, record["text"], ended)
    return {
        "ended": (ended, 1),
        "tokens": (record["tokens"], 1),
        "correct": (bool(known), known is not None),
        "seq_rep_4": (repeated(found), 1),
        "copied_question": (copied(found, prompt["question_ngrams"]), len(found)),
        "copied_instructions": (copied(found, prompt["instruction_ngrams"]), len(found)),
    }


def repeated(found: list[str]) -> float:
    """1 - different n-grams / n-grams, 0 to 1; 0 of fewer than NGRAM words."""
    there = ngrams(found, NGRAM)
    return 1 - len(set(there)) / len(there) if there else 0.0


def copied(found: list[str], theirs: set[tuple[str, ...]]) -> int:
    """How many words lie in an n-gram that is one of theirs."""
    places = {at + step for at, ngram in enumerate(ngrams(found, NGRAM)) if ngram in theirs for step in range(NGRAM)}
    return len(places)
