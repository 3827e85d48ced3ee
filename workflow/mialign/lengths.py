"""Whether each prompt leaves room for its answer in the context of the models that read it, seen before training."""

from collections.abc import Iterator
from pathlib import Path

from mialign import checkpoints
from mialign.encoding import encode_prompt
from mialign.errors import InputError
from mialign.files import read_jsonl
from mialign.prompts import to_generate

COLUMNS = ("split", "model", "questions", "longest", "room")


def rows(prompts: dict[str, Path], models: dict[str, Path], uses: list[dict]) -> Iterator[tuple]:
    """A row of COLUMNS for each use, {split, model, max_tokens, key}: how long its longest prompt is, and may be.

    `prompts` names the file of each split, `models` the folder of each model, `key` the setting max_tokens comes from.
    InputError for the first prompt that does not fit.
    """
    records = {split: read_jsonl(path, required=("id", "prompts")) for split, path in prompts.items()}
    tokenizers = {name: checkpoints.load_tokenizer(folder) for name, folder in models.items()}
    contexts = {name: checkpoints.context(folder) for name, folder in models.items()}
    for use in uses:
        split, model = use["split"], use["model"]
        room = contexts[model] - use["max_tokens"]
        longest = 0
        for record in records[split]:
            texts = [*record["prompts"], *to_generate(record)] if split == "train" else record["prompts"]
            tokens = max(len(encode_prompt(tokenizers[model], text)) for text in dict.fromkeys(texts))
            if tokens > room:
                raise InputError(
                    f"{prompts[split]}: the prompt {record['id']} has {tokens} tokens, which with {use['max_tokens']} "
                    f"new ones exceed the context of {models[model]} ({contexts[model]}); lower {use['key']}, or leave "
                    "long questions out (sources.NAME.longest, in characters)"
                )
            longest = max(longest, tokens)
        yield split, model, len(records[split]), longest, room
