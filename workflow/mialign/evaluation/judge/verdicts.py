"""Two methods' responses are matched prompt by prompt and judged."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mialign.core.errors import InputError
from mialign.evaluation.judge import AXES, Case, Judge


def verdict_records(cases: list[Case], judge: Judge) -> list[dict]:
    """The records of verdicts/: of every case that has a verdict, in their order."""
    return [
        {
            "prompt_id": case.prompt["id"],
            "category": case.test["category"],
            "temperature": case.test["temperature"],
            "axis": case.axis,
            "verdict": found["verdict"],
            "judge": judge.name,
            "test_tokens": case.test["tokens"],
            "baseline_tokens": case.baseline["tokens"],
            **found,
        }
        for case, found in zip(cases, judge.verdicts(cases), strict=True)
        if found is not None
    ]


def make_cases(
    test: Iterable[dict], baseline: Iterable[dict], prompts: Iterable[dict], axes: Sequence[str] = AXES
) -> list[Case]:
    """A case for each of the axes of every scored response, in the order of `test`; see `with_texts`.

    InputError unless both hold each prompt at each temperature exactly once.
    """
    ours, theirs = _by_prompt(test, "test scores"), _by_prompt(baseline, "baseline scores")
    for key in [*ours, *theirs]:
        if (key in ours) != (key in theirs):
            here, there = ("test", "baseline") if key in ours else ("baseline", "test")
            raise InputError(
                f"the prompt {key[0]!r} at temperature {key[1]} is in the {here} scores and not in the {there} scores; "
                "both must answer the same prompts"
            )
    known = {prompt["id"]: prompt for prompt in prompts}
    for name, _ in ours:
        if name not in known:
            raise InputError(f"the prompt {name!r} is in the scores and not among the prompts")
    return [Case(axis, known[key[0]], score, theirs[key]) for key, score in ours.items() for axis in axes]


def with_texts(scores: Iterable[dict], responses: Iterable[dict]) -> list[dict]:
    """The scores, each with the text of its response, and with the constitution that this says it was written under."""
    texts = _by_prompt(responses, "responses")
    records = []
    for score in scores:
        key = (score["prompt_id"], float(score["temperature"]))
        if key not in texts:
            raise InputError(f"the prompt {key[0]!r} at temperature {key[1]} is in the scores and not in the responses")
        records.append(score | {name: texts[key][name] for name in ("text", "constitution") if name in texts[key]})
    return records


def check_valid(records: list[dict], at_most: float) -> None:
    """InputError if more than this share of the verdicts is invalid: the judge then cannot be relied on."""
    invalid = [record for record in records if record["verdict"] == "invalid"]
    if len(invalid) > at_most * len(records):
        example = invalid[0]
        reasons = Counter(reason for record in invalid for reason in record.get("reasons", []) if reason)
        told = "".join(f"; {count} answers: {reason}" for reason, count in reasons.most_common())
        raise InputError(
            f"{len(invalid)} of {len(records)} verdicts are invalid, and invalid_at_most of this judge allows a share "
            f"of {at_most}{told}; on {example['prompt_id']} {example['judge']} said {example['answers']!s:.300}. Take "
            "another judge, change its prompt_template or raise invalid_at_most; prompts that stay the same are not "
            "sent or paid for again, unless you take their lines out of asked.jsonl"
        )


def _by_prompt(records: Iterable[dict], name: str) -> dict[tuple[str, float], dict]:
    found = {}
    for record in records:
        key = (record["prompt_id"], float(record["temperature"]))
        if key in found:
            raise InputError(f"the prompt {key[0]!r} at temperature {key[1]} is in the {name} twice")
        found[key] = record
    return found
