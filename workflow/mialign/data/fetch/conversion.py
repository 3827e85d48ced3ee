"""A GGUF file as a model folder: float32 safetensors, configuration, tokenizer, chat template, generation settings."""

import json
import os
import shutil
from math import prod
from pathlib import Path

from mialign.core.disk_space import check_free, needing_space
from mialign.core.errors import InputError
from mialign.core.files import sha256
from mialign.data.fetch import Absent, gguf_header
from mialign.models import checkpoints
from mialign.models.chat_template import encode_conversation, end_token
from mialign.models.encoding import encode_response

LINK = "model.gguf"
PROBE = "In 1984,  27 ships sailed to Oslo;\n\tthe café's owner asked: “Is 3.14 ≈ π?”"
FLOAT32 = 4  # bytes
BEYOND = 16  # tokens that another answer may have more than twice those of the known one, before it is cut
NATS = 1e-4  # by which log-probabilities may differ that should be the same


def convert(file: Path, scratch: Path, out: Path, answer: dict | None = None) -> dict:
    """Make the model's folder `out`, and return what is known of it: sha256 of the file, weights, files.

    answer: {question, text}, what the model is known to answer greedily in its own chat template.
    Absent if there is no such file, InputError if it is cut short, transformers cannot read all of it, or the model
    answers otherwise. The folder is made in `scratch`, anew if an earlier call was killed.
    """
    if not file.is_file():
        raise Absent(f"{file}: no such file")
    partial, alone = scratch / "converted", scratch / "gguf"
    for folder in (partial, alone):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    metadata, stored = gguf_header.read(file)
    gguf_header.check(file, metadata)
    (alone / LINK).symlink_to(file.absolute())  # in its own folder transformers would read what lies beside it, too
    with checkpoints.in_words(f"{file}: transformers cannot read it"):
        _check_architecture(alone)
    check_free(str(file), stored.total() * FLOAT32, partial)
    with checkpoints.in_words(f"{file}: transformers cannot read it"):
        tokenizer, model = _load(alone, metadata)
    before = _probe(tokenizer, model)
    with needing_space(partial):
        tokenizer.save_pretrained(partial)
        model.save_pretrained(partial)
    del tokenizer, model
    _compare(file, before, partial)
    _check_whole(file, stored.total(), partial)
    if answer:
        _check_answer(file, answer, partial)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(partial, out)
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in sorted(out.iterdir())}
    return {"sha256": sha256(file), "weights": {"stored": dict(stored), "written": "float32"}, "files": files}


def _check_architecture(folder: Path) -> None:
    """ValueError for one that transformers cannot make of a GGUF: its configuration is made without the weights."""
    from transformers import AutoConfig

    AutoConfig.from_pretrained(folder, gguf_file=LINK, trust_remote_code=False)


def _load(folder: Path, metadata: dict):
    """Tokenizer and model as transformers loads them, with all weights in float32."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=LINK, trust_remote_code=False)
    tokenizer._tokenizer = _as_told(tokenizer.backend_tokenizer, metadata)
    how = {"dtype": torch.float32, "quantization_config": GgufConfig(dequantize=True), "trust_remote_code": False}
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=LINK, **how)
    model.hf_quantizer = None  # with it there it could not be saved, though no weight is quantised any more
    ends = (metadata.get(f"tokenizer.ggml.{kind}_token_id") for kind in ("eos", "eot"))
    ends = [end for end in dict.fromkeys(ends) if end is not None]
    if len(ends) > 1:
        model.generation_config.eos_token_id = ends
        model.generation_config._from_model_config = False  # or the model's one end would count again
    return tokenizer, model


def _as_told(backend, metadata: dict):
    """The tokenizer as the file has it, where transformers goes another way.

    It adds the end token of GPT-2 to a vocabulary that lacks it, and knows no rule that cuts every digit off before the
    words, by which a space before a digit is not joined with another.
    """
    from tokenizers import Regex, Tokenizer, pre_tokenizers

    told = json.loads(backend.to_str())
    known = metadata["tokenizer.ggml.tokens"]  # their number
    told["added_tokens"] = [token for token in told["added_tokens"] if token["id"] < known]
    found = Tokenizer.from_str(json.dumps(told))
    if metadata.get("tokenizer.ggml.pre") in gguf_header.DIGITS_FIRST:
        alone = pre_tokenizers.Split(Regex(r"\p{N}"), behavior="isolated")
        found.pre_tokenizer = pre_tokenizers.Sequence([alone, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return found


def _probe(tokenizer, model):
    """The ids of a line of text, and their log-probabilities after what is before: (tokens, vocabulary), in nats."""
    import torch

    ids = tokenizer(PROBE, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        return ids, model(torch.tensor([ids])).logits[0].log_softmax(-1)


def _compare(file: Path, before: tuple, folder: Path) -> None:
    """InputError unless what was saved gives the ids and log-probabilities of what was loaded from the GGUF."""
    import torch

    ids, wanted = before
    found_ids, found = _probe(checkpoints.load_tokenizer(folder), checkpoints.load_model(folder))
    if found_ids != ids or not torch.allclose(found, wanted, rtol=0, atol=NATS):
        what = "tokens" if found_ids != ids else "probabilities"
        raise InputError(f"{file}: what is saved of it gives other {what}, or none; {gguf_header.OTHERWISE}")


def _check_answer(file: Path, known: dict, folder: Path) -> None:
    """InputError unless the model, as it is saved, answers the question with this text, and then ends."""
    tokenizer = checkpoints.load_tokenizer(folder)
    wanted, end = known["text"].strip(), end_token(tokenizer)
    written = _greedy(tokenizer, folder, known["question"], end, 2 * len(encode_response(tokenizer, wanted)) + BEYOND)
    found = tokenizer.decode(written).removesuffix(tokenizer.decode([end])).strip()
    if written[-1:] != [end] or found != wanted:
        raise InputError(
            f"{file}: to {known['question']!r} the model answers {found!r}{'' if written[-1:] == [end] else ' ...'}, "
            f"and not {wanted!r}, as answer of its place says; {gguf_header.OTHERWISE}"
        )


def _greedy(tokenizer, folder: Path, question: str, end: int, most: int) -> list[int]:
    """The ids that the model answers in its own chat template, the end token included; at most so many."""
    import torch

    prompt = encode_conversation(tokenizer, [{"role": "user", "content": question}])
    model = checkpoints.load_model(folder).eval()
    how = {"do_sample": False, "max_new_tokens": most, "eos_token_id": end, "pad_token_id": end}
    with torch.inference_mode():
        found = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)).long(), **how)
    return found[0, len(prompt) :].tolist()


def _check_whole(file: Path, stored: int, folder: Path) -> None:
    """InputError if some of the file's numbers did not come into the model: transformers passes over what it lacks."""
    weights = (one for path in folder.glob("*.safetensors") for one in checkpoints.tensors(path).values())
    if (written := sum(prod(one["shape"]) for one in weights)) != stored:
        raise InputError(
            f"{file}: it holds {stored} numbers, and the model that transformers makes of it {written}, so it would be "
            f"another model; {gguf_header.OTHERWISE}"
        )
