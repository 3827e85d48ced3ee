"""What a GGUF file says of itself, and what of it transformers would pass over, told before anything is converted."""

from collections import Counter
from math import prod
from pathlib import Path

from mialign.core.errors import InputError

# How byte-level tokenizers cut a text before they merge, by the names that llama.cpp has for it (src/llama-vocab.cpp).
# transformers takes the way of GPT-2 for all that it does not know.
AS_GPT2 = ("gpt-2", "mpt", "olmo", "jais", "trillion", "granite-docling")
DIGITS_FIRST = ("starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b")
PLAIN = {0: "F32", 1: "F16", 30: "BF16"}  # types of numbers; all others are of blocks
OTHERWISE = "take the model as safetensors (path or hub)"


def read(file: Path) -> tuple[dict, Counter]:
    """The metadata, and how many numbers the file holds of each type (F32, Q4_1); InputError if it is cut short."""
    from transformers.integrations.gguf import GgufHeader, read_gguf_metadata
    from transformers.integrations.gguf.dequant import GGML_NAME

    broken = f"{file}: the file is cut short, damaged or no GGUF; fetch it again"
    try:
        metadata, _ = read_gguf_metadata(str(file))
        header = GgufHeader.from_file(str(file))
    except Exception as error:  # whatever a reader makes of an end in the middle
        unread = "not supported" in str(error)  # a type of weights, which it names
        raise InputError(" ".join(str(error).split()) if unread else broken) from None
    end = max((one.offset + one.nbytes for one in header.tensors), default=0)
    if not end or file.stat().st_size < header.data_start + end:
        raise InputError(broken)
    stored = Counter()
    for one in header.tensors:
        stored[PLAIN.get(one.ggml_type) or GGML_NAME[one.ggml_type]] += prod(one.shape)
    return metadata, stored


def check(file: Path, metadata: dict) -> None:
    """InputError for what transformers would pass over, and so make another model or other tokens of the file."""
    if (parts := metadata.get("split.count", 0)) > 1:
        raise InputError(
            f"{file}: it is one of {parts} parts; join them with llama-gguf-split --merge, and name the whole"
        )
    architecture = metadata["general.architecture"]
    scaling = metadata.get(f"{architecture}.rope.scaling.type", "none")
    if scaling != "none" and architecture != "gpt-oss":
        raise InputError(
            f"{file}: its positions are scaled ({scaling}), which transformers does not read from a GGUF; {OTHERWISE}"
        )
    if metadata.get("tokenizer.ggml.model") == "gpt2":
        _check_rule(file, metadata.get("tokenizer.ggml.pre"))


def _check_rule(file: Path, rule: str | None) -> None:
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    if rule not in {*GGUF_PRE_TOKENIZER_SPLITS, *AS_GPT2, *DIGITS_FIRST}:
        raise InputError(
            f"{file}: its tokenizer cuts a text by the rule {rule or '(none is told)'} (tokenizer.ggml.pre), which is "
            f"not known here; {OTHERWISE}"
        )
