"""How far a policy is from the base, at the tokens of its own sampled answers to benchmark questions."""

import sys
from math import isfinite
from pathlib import Path

import torch

from mialign.core import seeds
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.core.progress import Progress
from mialign.evaluation.compared_items import compared_items
from mialign.models import checkpoints
from mialign.training.grid import Item, grids_under, within_context


def drawn_answers(
    prompts: Path, responses: Path, temperature: float, number: int, seed: int
) -> list[tuple[dict, dict]]:
    """Prompts and the policy's answers to them, the first attempt at `temperature`.

    `number` of the prompts are drawn by `seed`, the same for every policy, or all where there are fewer, which stderr
    tells; the policies of a soup each answered some of them, perhaps none.
    """
    required = ("id", "question_id", "category", "prompts")
    records = {record["id"]: record for record in read_jsonl(prompts, required=required)}
    if len(records) < number:
        print(f"{prompts}: {len(records)} prompts, fewer than the {number} asked for", file=sys.stderr, flush=True)
    drawn = sorted(records, key=lambda prompt: seeds.derive(seed, "drift", prompt))[:number]
    written = _first_attempts(responses, records, temperature)
    return [(records[prompt], written[prompt]) for prompt in drawn if prompt in written]


def drift_records(
    policy: Path, base: Path, answers: list[tuple[dict, dict]], responses: Path, precision: str, token_budget: int
) -> list[dict]:
    """One record a response, {prompt_id, question_id, category, tokens, kl}.

    tokens: of the response, EOS included where it ended (an empty one is EOS alone). kl: in nat, the sum over them of
    KL(policy || base) of the next token, over the whole vocabulary. Responses longer than the context are left out,
    counted on stderr and named there, as of the file `responses`.
    """
    if not answers:  # a policy of a soup may have answered none of the prompts
        return []
    prompts = {prompt["id"]: prompt for prompt, _ in answers}
    written = {prompt["id"]: (prompt["prompts"][:1], [answer]) for prompt, answer in answers}
    items = compared_items(policy, base, written, responses)
    items = within_context(items, checkpoints.context(policy), f"{responses}", "response")
    sums = divergences(policy, base, list(items.values()), precision, token_budget)
    strange = next((name for name, kl in zip(items, sums, strict=True) if not isfinite(kl)), None)
    if strange is not None:
        raise InputError(
            f"{policy}: its divergence from {base} is no number at the response to prompt {strange!r}: the weights of "
            "one are damaged, or its training went astray"
        )
    return [
        {
            "prompt_id": name,
            "question_id": prompts[name]["question_id"],
            "category": prompts[name]["category"],
            "tokens": len(item.responses[0]),
            "kl": kl,
        }
        for (name, item), kl in zip(items.items(), sums, strict=True)
    ]


def divergences(policy: Path, base: Path, items: list[Item], precision: str, token_budget: int) -> list[float]:
    """Of each item, one response under its prompt: the sum over its tokens of KL(policy || base), in nat."""
    entry, sums = torch.ones(1, 1, dtype=torch.bool), torch.zeros(len(items))
    progress = Progress(f"drift {policy.name}", len(items), "responses")
    for part, found in grids_under(policy, items, entry, precision, token_budget, progress, base):
        sums[part] = found.kl[:, 0, 0].float().cpu()
    return sums.tolist()


def _first_attempts(responses: Path, records: dict[str, dict], temperature: float) -> dict[str, dict]:
    """By prompt, the first attempt that was sampled at the temperature."""
    written = read_jsonl(responses, required=("prompt_id", "temperature", "text", "finish"))
    sampled = [one for one in written if one["temperature"] == temperature and one.get("attempt", 0) == 0]
    if not sampled:
        raise InputError(f"{responses}: no response was sampled at temperature {temperature}; delete it and run again")
    if strangers := [one["prompt_id"] for one in sampled if one["prompt_id"] not in records]:
        raise InputError(f"{responses}: there is no prompt {strangers[0]!r}; delete it, and it is made again")
    return {one["prompt_id"]: one for one in sampled}
