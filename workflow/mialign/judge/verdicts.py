"""Two methods' scores are matched prompt by prompt and judged."""

from collections.abc import Iterable

from mialign.errors import InputError
from mialign.judge import AXES, Judge, Match


def verdict_records(test: Iterable[dict], baseline: Iterable[dict], judge: Judge) -> list[dict]:
    """The records of verdicts/: for each match in the order of `test` one verdict an axis, where there is one."""
    matches = pair_up(test, baseline)
    verdicts = {axis: judge.verdicts(axis, matches) for axis in AXES}
    return [
        {
            "prompt_id": match.test["prompt_id"],
            "category": match.test["category"],
            "temperature": match.test["temperature"],
            "axis": axis,
            "verdict": verdicts[axis][index],
            "judge": judge.name,
            "test_tokens": match.test["tokens"],
            "baseline_tokens": match.baseline["tokens"],
        }
        for index, match in enumerate(matches)
        for axis in AXES
        if verdicts[axis][index] is not None
    ]


def pair_up(test: Iterable[dict], baseline: Iterable[dict]) -> list[Match]:
    """The matches; InputError unless both hold each prompt at each temperature exactly once."""
    ours, theirs = _by_prompt(test, "test"), _by_prompt(baseline, "baseline")
    for key in [*ours, *theirs]:
        if (key in ours) != (key in theirs):
            here, there = ("test", "baseline") if key in ours else ("baseline", "test")
            raise InputError(
                f"the prompt {key[0]!r} at temperature {key[1]} is in the {here} scores and not in the {there} scores; "
                "both must answer the same prompts"
            )
    return [Match(score, theirs[key]) for key, score in ours.items()]


def _by_prompt(scores: Iterable[dict], name: str) -> dict[tuple[str, float], dict]:
    found = {}
    for score in scores:
        key = (score["prompt_id"], float(score["temperature"]))
        if key in found:
            raise InputError(f"the prompt {key[0]!r} at temperature {key[1]} is in the {name} scores twice")
        found[key] = score
    return found
