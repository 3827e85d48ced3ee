"""What a judge by likelihood reads: a request as token ids, the letters it compares, and whether they fit its model."""

from collections.abc import Iterator
from pathlib import Path

from mialign.core.errors import InputError, complaint_prefix
from mialign.core.files import read_jsonl
from mialign.evaluation.judge import Case
from mialign.evaluation.judge.prompt_template import load
from mialign.models import checkpoints
from mialign.models.chat_template import encode_conversation
from mialign.models.encoding import encode_response
from mialign.models.prompt_ids import encode_prompt

BEGUN, LETTERS = "Verdict:", (" A", " B")
SHORTEST = "x"  # a response of one token


def prompt_ids(tokenizer, messages: list[dict]) -> list[int]:
    """The messages as one turn of a user, where the model has a chat template, and the beginning of the answer.

    Special tokens are read in the template and nowhere else: one that stands in a response is text.
    """
    text = "\n\n".join(message["content"] for message in messages)
    if not tokenizer.chat_template:
        return encode_prompt(tokenizer, f"{text}\n\n{BEGUN}")
    return encode_conversation(tokenizer, [{"role": "user", "content": text}, {"role": "assistant", "content": BEGUN}])


def lengths(prompts: dict[str, Path], models: dict[str, Path], judges: list[dict]) -> Iterator[tuple]:
    """A row (split, model, questions, longest, limit) for each judge.

    judges: a list of {key, split, model, max_tokens, axes, prompt_template}.

    longest: tokens of its longest prompt without the two responses; limit: how many there may be. A response is
    reckoned with the most tokens that are written, max_tokens, since none is written yet. A judge with another
    tokenizer than the writer's may read it in more, stored answers have any length, and the sign around each text has
    other digits for other responses; so the length is looked at again when it judges.
    `prompts` names the file of each split, `models` the folder of each model, `key` the judge in the config.
    InputError for the first prompt that does not fit, or that the model's chat template cannot frame.
    """
    for judge in judges:
        key, split, folder = judge["key"], judge["split"], models[judge["model"]]
        tokenizer, context = checkpoints.load_tokenizer(folder), checkpoints.context(folder)
        template, records = (
            load(judge["prompt_template"]),
            read_jsonl(prompts[split], ("id", "question", "constitutions")),
        )
        letter = max(len(encode_response(tokenizer, one)) for one in LETTERS)
        limit, longest = context - 2 * judge["max_tokens"] - letter, 0
        for record in records:
            tokens = max(_tokens(tokenizer, template, axis, record, f"{key}: {folder}") for axis in judge["axes"])
            if tokens > limit:
                given = ".".join(key.split(".")[:2])
                raise InputError(
                    f"{key}: what it is asked about the prompt {record['id']} of {prompts[split]} has {tokens} tokens, "
                    f"which with two responses of {judge['max_tokens']} exceed the context of {folder} ({context}); "
                    f"take another model as judge, lower {given}.respond.max_tokens, or leave long questions out "
                    "(sources.NAME.longest, in characters)"
                )
            longest = max(longest, tokens)
        yield split, judge["model"], len(records), longest, limit


def _tokens(tokenizer, template, axis: str, record: dict, where: str) -> int:
    """The tokens of a request without those of the two responses."""
    response = {"text": SHORTEST}
    with complaint_prefix(f"{where}: the model cannot read what it is asked about {record['id']}: "):
        ids = prompt_ids(tokenizer, template.messages(Case(axis, record, response, response), "test"))
    return len(ids) - 2
