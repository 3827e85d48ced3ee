"""Whether each prompt leaves tokens for its answer in the context of the models that read it, seen before training."""

from collections.abc import Iterator
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.core.template import Prompt
from mialign.data.prompts import to_generate
from mialign.models import checkpoints
from mialign.models.prompt_ids import encode_prompt, end_token

COLUMNS = ("split", "model", "questions", "longest", "limit")


def rows(prompts: dict[str, Path], models: dict[str, Path], uses: list[dict]) -> Iterator[tuple]:
    """A row of COLUMNS for each use, {split, model, max_tokens, key}: how long its longest prompt is, and may be.

    `prompts` names the file of each split or set of pairs, `models` the folder of each model, the trained one first,
    `key` the setting that max_tokens comes from. A model that is not trained reads the prompts that it answers. The
    trained one reads those of training too, and if another model writes the set, those alone.
    InputError for the first prompt that does not fit, or that the model's chat template cannot frame, with its answer.
    """
    records = {split: read_jsonl(path, required=("id", "prompts")) for split, path in prompts.items()}
    used = dict.fromkeys(use["model"] for use in uses)  # others judge or reward, and are looked at there
    tokenizers = {name: checkpoints.load_tokenizer(models[name]) for name in used}
    contexts = {name: checkpoints.context(models[name]) for name in used}
    for use in uses:
        split, model = use["split"], use["model"]
        trains = model == next(iter(models))
        writes = not trains or all(other["model"] == model for other in uses if other["split"] == split)
        limit = contexts[model] - use["max_tokens"]
        longest = 0
        for record in records[split]:
            try:
                asked = [*(to_generate(record) if writes else []), *(record["prompts"] if trains else [])]
                tokens = _longest(tokenizers[model], asked)
            except InputError as error:
                experiment = ".".join(use["key"].split(".")[:2])
                raise InputError(
                    f"{prompts[split]}: the model {model} cannot read the prompt {record['id']}, which the templates "
                    f"of {experiment} make: {error}"
                ) from None
            if tokens > limit:
                raise InputError(
                    f"{prompts[split]}: the prompt {record['id']} has {tokens} tokens, which with {use['max_tokens']} "
                    f"new ones exceed the context of {models[model]} ({contexts[model]}); lower {use['key']}, or leave "
                    "long questions out (sources.NAME.longest, in characters)"
                )
            longest = max(longest, tokens)
        yield split, model, len(records[split]), longest, limit


def _longest(tokenizer, prompts: list[Prompt]) -> int:
    """The tokens of the longest of these prompts; what ends an answer to each is looked for too."""
    for prompt in prompts:
        end_token(tokenizer, prompt)
    return max(len(encode_prompt(tokenizer, prompt)) for prompt in prompts)
