"""Whether each prompt leaves tokens for its answer in the context of the models that read it, seen before training."""

from collections.abc import Iterator
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.models import checkpoints
from mialign.models.prompt_ids import encode_prompt

COLUMNS = ("split", "model", "questions", "longest", "limit")


def rows(prompts: dict[str, Path], models: dict[str, Path], uses: list[dict]) -> Iterator[tuple]:
    """A row of COLUMNS for each use, {split, model, max_tokens, key}: how long its longest prompt is, and may be.

    `prompts` names the file of each split or set of pairs, `models` the folder of each model, `key` the setting that
    max_tokens comes from.
    InputError for the first prompt that does not fit.
    """
    records = {split: read_jsonl(path, required=("id", "prompts")) for split, path in prompts.items()}
    tokenizers = {name: checkpoints.load_tokenizer(folder) for name, folder in models.items()}
    contexts = {name: checkpoints.context(folder) for name, folder in models.items()}
    for use in uses:
        split, model = use["split"], use["model"]
        limit = contexts[model] - use["max_tokens"]
        longest = 0
        for record in records[split]:
            asked = [*record["prompts"], *record.get("generation_prompts", [])]
            tokens = max(len(encode_prompt(tokenizers[model], prompt)) for prompt in asked)
            if tokens > limit:
                raise InputError(
                    f"{prompts[split]}: the prompt {record['id']} has {tokens} tokens, which with {use['max_tokens']} "
                    f"new ones exceed the context of {models[model]} ({contexts[model]}); lower {use['key']}, or leave "
                    "long questions out (sources.NAME.longest, in characters)"
                )
            longest = max(longest, tokens)
        yield split, model, len(records[split]), longest, limit
