"""A conversation as token ids, by the chat template of a model: a program of its publisher.

A conversation is a list of messages {role, content}, as transformers and TRL have it. The template is rendered with a
mark in the place of every text, and the texts are put in afterwards. So special tokens are read where the template put
them and nowhere else: one that stands in a question is text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from string import ascii_letters

from mialign.core.errors import InputError, first_line
from mialign.models.encoding import encode, encode_response

DAY = datetime(2024, 7, 26)  # today, for templates that say it: what is written may not depend on when it is asked for
MARK = '\u2045mark{}"\u2046'  # that no template has in it, and that none leaves as it is which changes texts
SYSTEM, USER, ASSISTANT = "system", "user", "assistant"
PROBE = ("Name two rivers.",)


def encode_conversation(tokenizer, messages: list[dict], closed: bool = False) -> list[int]:
    """The ids of a conversation up to where the model answers; a last message of the assistant begins that answer.

    The first message may be the system's. Where the template has no such role, its text stands before the user's.
    Blanks around a text are left out, as many templates do.
    closed: the last message is the whole answer, and what the template puts behind it follows.
    InputError if the model has no template, or the template fails or changes the texts.
    """
    roles, texts = [one["role"] for one in messages], [one["content"].strip() for one in messages]
    begun = "" if closed or roles[-1] != ASSISTANT else texts.pop()
    source = _source(tokenizer)
    if roles[0] == SYSTEM and not _has_system(tokenizer, source):
        roles, texts = roles[1:], [f"{texts[0]}\n\n{texts[1]}", *texts[2:]]
    frame = _frame(tokenizer, source, tuple(roles[: len(texts)]), closed)
    try:
        rendered = _render(tokenizer, source, frame, texts)
    except Exception as error:  # it may fail in any way
        raise _error(tokenizer, [first_line(error)[:200]]) from None
    if rendered != _said(frame, texts):
        raise _error(tokenizer, ["it changes the prompt"])
    return _joined(tokenizer, frame, texts, begun, _reads_alone(tokenizer, source))


def end_token(tokenizer) -> int:
    """The special token that the template puts behind an answer; EOS where it puts none."""
    after = _frame(tokenizer, _source(tokenizer), (USER, ASSISTANT), True).pieces[-1]
    found = _special(tokenizer).search(after)
    return tokenizer.convert_tokens_to_ids(found[0]) if found else tokenizer.eos_token_id


# ---------------------------------------------------------------- rendering
@dataclass(frozen=True)
class Frame:
    """What a template writes before, between and after the texts of these roles: one piece more than roles.

    parts: it takes the content of a message as a list of parts, and not as a text.
    """

    roles: tuple[str, ...]
    closed: bool
    parts: bool
    pieces: tuple[str, ...] = ()


@cache
def _frame(tokenizer, source: str, roles: tuple[str, ...], closed: bool) -> Frame:
    marks, reasons = [MARK.format(place) for place in range(len(roles))], {}
    for parts in (False, True):
        frame = Frame(roles, closed, parts)
        try:
            rendered = _render(tokenizer, source, frame, marks)
        except Exception as error:  # it may fail in any way
            reasons[first_line(error)[:200]] = None
            continue
        found = re.split("(" + "|".join(map(re.escape, marks)) + ")", rendered)
        if found[1::2] == marks:
            return replace(frame, pieces=tuple(found[::2]))
        said = len(found) // 2
        reasons["it changes the prompt" if said < len(marks) else f"it says the prompt {said} times"] = None
    raise _error(tokenizer, reasons)


@cache
def _has_system(tokenizer, source: str) -> bool:
    try:
        _frame(tokenizer, source, (SYSTEM, USER), False)
    except InputError:
        return False
    return True


def _render(tokenizer, source: str, frame: Frame, texts: Sequence[str], tokenize: bool = False):
    """What the template makes of these texts: a text, or ids."""
    contents = [[{"type": "text", "text": text}] if frame.parts else text for text in texts]
    return tokenizer.apply_chat_template(
        [{"role": role, "content": content} for role, content in zip(frame.roles, contents, strict=True)],
        chat_template=source,
        tokenize=tokenize,
        return_dict=False,
        add_generation_prompt=not frame.closed,
    )


def _said(frame: Frame, texts: Sequence[str]) -> str:
    return "".join(piece + text for piece, text in zip(frame.pieces, [*texts, ""], strict=True))


def _error(tokenizer, reasons: Iterable[str]) -> InputError:
    return InputError(
        f"{tokenizer.name_or_path}: its chat template cannot frame the prompt ({'; '.join(reasons)}); mend it, take "
        "prompts of one text, or take another model"
    )


def _source(tokenizer) -> str:
    found = tokenizer.chat_template
    if not found:
        raise InputError(
            f"{tokenizer.name_or_path}: the model has no chat template, and the prompt is a list of messages; write "
            "that template of the config as one text, or take a model that has one"
        )
    if isinstance(found, dict) and "default" not in found:
        raise InputError(
            f"{tokenizer.name_or_path}: it has several chat templates ({', '.join(sorted(found))}) and none of the "
            "name 'default'; give one that name, or take another model"
        )
    source = tokenizer.get_chat_template()
    return _no_clock() + source if "strftime_now" in source else source


@cache
def _no_clock() -> str:
    """The beginning of a template in which strftime_now, the one clock that templates have, stands still."""
    codes = [f"%{flag}{letter}" for letter in ascii_letters for flag in ("", "-") if letter != "s"]
    written = {code: DAY.strftime(code) for code in codes}
    replaced = "".join(f"|replace({code!r}, {said!r})" for code, said in written.items() if said != code)
    return f"{{% macro strftime_now(format) %}}{{{{ format{replaced} }}}}{{% endmacro %}}\n"


# ---------------------------------------------------------------- ids
def _joined(tokenizer, frame: Frame, texts: Sequence[str], begun: str, alone: bool) -> list[int]:
    """The ids of the frame with its texts, and of how the answer begins.

    The special tokens of the frame are as they are. What stands between two of them is encoded in one piece: alone, as
    a text of its own, or else as the middle of one (encode_response).
    """
    special, read = _special(tokenizer), encode if alone else encode_response
    ids, text = [], ""
    for piece, content in zip(frame.pieces, [*texts, begun], strict=True):
        first, *rest = special.split(piece)
        text += first
        for token, after in zip(rest[::2], rest[1::2], strict=True):
            ids += [*(read(tokenizer, text) if text else []), tokenizer.convert_tokens_to_ids(token)]
            text = after
        text += content
    return [*ids, *(read(tokenizer, text) if text else [])]


@cache
def _reads_alone(tokenizer, source: str) -> bool:
    """Whether texts behind special tokens are encoded alone: as transformers does it where no text has such tokens.

    InputError if neither way gives its ids.
    """
    frame = _frame(tokenizer, source, (USER,), False)
    wanted = list(_render(tokenizer, source, frame, PROBE, tokenize=True))
    for alone in (True, False):
        if _joined(tokenizer, frame, PROBE, "", alone) == wanted:
            return alone
    raise _error(tokenizer, ["its tokenizer reads special tokens in a way that is not known here"])


@cache
def _special(tokenizer) -> re.Pattern:
    """Finds special tokens, the longest first; their order is that of a split with the tokens kept."""
    named = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    longest_first = sorted(named | set(tokenizer.all_special_tokens), key=lambda token: (-len(token), token))
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")" if longest_first else "(?!)()")
