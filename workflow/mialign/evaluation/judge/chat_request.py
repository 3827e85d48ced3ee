"""One request to a server: what determines its answer, and how it is sent."""

import hashlib
import json
from dataclasses import asdict, dataclass

from mialign.core.retry import MalformedResponse

SENT = ("messages", "model", "temperature", "top_p", "max_tokens", "seed")


@dataclass(frozen=True)
class ChatRequest:
    """All that determines an answer. Where the server is does not: a model has one name and revision everywhere."""

    messages: list[dict]
    model: str
    revision: str | None
    temperature: float
    top_p: float
    max_tokens: int
    seed: int

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


async def send(client, request: ChatRequest) -> dict:
    """text, finish, the name that the server gives its model, and usage: tokens in and out, None if it did not count.

    MalformedResponse if what comes is no completion.
    """
    try:
        completion = await client.chat.completions.create(**{name: getattr(request, name) for name in SENT})
    except ValueError as error:  # of json: the client passes it on
        raise MalformedResponse(str(error)) from None
    try:
        choice = completion.choices[0]
        text = str(choice.message.content or "")
        return {"text": text, "finish": choice.finish_reason, "served": completion.model, "usage": _counted(completion)}
    except (AttributeError, TypeError, IndexError):
        raise MalformedResponse(str(completion)) from None


def _counted(completion) -> list[int] | None:
    counts = [getattr(completion.usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    return counts if all(isinstance(count, int) for count in counts) else None
