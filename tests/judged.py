"""Made-up cases to judge, and settings of a judge on a server."""

import json
from pathlib import Path

from mialign.core.files import write_jsonl
from mialign.evaluation.judge.settings import deciding, with_defaults
from mialign.evaluation.judge.verdicts import make_cases, with_texts

JUDGE_PROMPTS = Path(__file__).parents[1] / "config" / "judge.yaml"
SECRET = "sk-made-up-0123456789abcdefghij"
CLEAR, UNCLEAR = "A is nearer.\nVerdict: A", "I cannot tell."


def made_up(number: int = 3) -> dict[str, list[dict]]:
    """Records of prompts, and of scores and responses of both methods."""
    ids = [f"m/benchmark/q{index}" for index in range(number)]
    prompts = [
        {"id": name, "question": f"Question {name}?", "constitutions": [{"text": f"1. Rule for {name}"}]}
        for name in ids
    ]
    found = {"prompts": prompts}
    for side in ("test", "baseline"):
        shared = [{"prompt_id": name, "category": "stem", "temperature": 0.0} for name in ids]
        found[f"{side}_responses"] = [one | {"text": f"The {side} answer to {one['prompt_id']}."} for one in shared]
        scores = {"adherence": 0.5, "correct": None, "ended": True, "tokens": 9}
        found[f"{side}_scores"] = [one | scores for one in shared]
    return found


def cases(number: int = 3) -> list:
    made = made_up(number)
    sides = (with_texts(made[f"{side}_scores"], made[f"{side}_responses"]) for side in ("test", "baseline"))
    return make_cases(*sides, made["prompts"])


def server_settings(base_url: str, **server) -> dict:
    """A `judge` section with its defaults."""
    where = {"base_url": base_url, "key": "JUDGE_KEY", "price": {"in": 1.0, "out": 10.0}, "ceiling": 1.0, **server}
    return with_defaults(
        {"kind": "openai", "model": "made-up-2024-08-06", "server": where, "prompt_template": str(JUDGE_PROMPTS)}
    )


def command(folder: Path, settings: dict, number: int = 3, out: str = "verdicts.jsonl") -> list[str]:
    """The stage's arguments for these cases, whose files are written to the folder."""
    for name, records in made_up(number).items():
        write_jsonl(folder / f"{name}.jsonl", records)
    pairs = {what: [str(folder / f"{side}_{what}.jsonl") for side in ("test", "baseline")] for what in WHAT}
    return [
        *("judge", "--log", str(folder / f"{out}.log"), "--scores", *pairs["scores"]),
        *("--responses", *pairs["responses"], "--prompts", str(folder / "prompts.jsonl")),
        *("--settings", json.dumps(deciding(settings)), "--server", json.dumps(settings["server"])),
        *(
            "--prompt-template",
            settings["prompt_template"],
            "--asked",
            str(folder / "asked.jsonl"),
            "--out",
            str(folder / out),
        ),
    ]


WHAT = ("scores", "responses")
