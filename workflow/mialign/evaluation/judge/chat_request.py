"""One request to a server: what determines its answer, and how it is sent."""

import hashlib
import json
from dataclasses import asdict, dataclass

from mialign.core.retry import MalformedResponse
from mialign.core.token_usage import is_token_count

REQUEST_FIELDS = ("messages", "model", "temperature", "top_p", "max_tokens", "seed")
ASIDE = ("refusal", "reasoning_content", "reasoning")  # fields in which a model may say what is not its answer
TEXTS = ("text", "output_text")  # parts of a message that are


@dataclass(frozen=True)
class ChatRequest:
    """All that determines an answer. Where the server is does not: a model has one name and revision everywhere."""

    messages: list[dict]
    model: str
    revision: str | None
    temperature: float
    top_p: float
    max_tokens: int
    seed: int | None

    @property
    def key(self) -> str:
        """A digest of all that determines the answer: what it is kept under."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


async def send(client, request: ChatRequest) -> dict:
    """text, finish, the name that the server gives its model, and usage: tokens in and out, None if they are unknown.

    Where there is no text, also `aside`: the other fields in which the model said something. MalformedResponse if
    what comes is no completion.
    """
    try:
        sent = {name: getattr(request, name) for name in REQUEST_FIELDS}
        completion = await client.chat.completions.create(
            **{name: own for name, own in sent.items() if own is not None}
        )
        return _read(completion)
    except (ValueError, RecursionError) as error:  # of json: the client passes it on
        raise MalformedResponse(str(error)) from None


def _read(completion) -> dict:
    try:
        choice = completion.choices[0]
        text, finish, served = _text(choice.message.content), choice.finish_reason, completion.model
        if not all(isinstance(name, str | None) for name in (finish, served)):
            raise TypeError
        aside = [] if text.strip() else _aside(choice.message)
        found = {"text": text, "finish": finish, "served": served, "usage": _counted(completion)}
        return found | ({"aside": aside} if aside else {})
    except (AttributeError, TypeError, IndexError, KeyError):
        raise MalformedResponse(str(completion)) from None


def _aside(message) -> list[str]:
    """Fields that hold something, and kinds of parts that are no text."""
    kinds = [str(part.get("type")) for part in message.content or [] if isinstance(part, dict)]
    return [name for name in ASIDE if getattr(message, name, None)] + [kind for kind in kinds if kind not in TEXTS]


def _text(content) -> str:
    """The text of a message, whose content is text, a list of parts or nothing; TypeError if it is something else."""
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else _part(part) for part in content)
    if not isinstance(content, str | None):
        raise TypeError
    return content or ""


def _part(part: dict) -> str:
    """The text of a part; none of one that is a thought, a refusal or a picture."""
    said = part["text"] if part.get("type", "text") in TEXTS and not part.get("thought") else ""
    if not isinstance(said, str):
        raise TypeError
    return said


def _counted(completion) -> list[int] | None:
    counts = [getattr(completion.usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    return counts if all(map(is_token_count, counts)) else None
