"""Prompt templates: a text, or a conversation of messages {role, content}; and constitutions as numbered lines."""

import re
from collections.abc import Iterable

FIELD = re.compile(r"\{(constitution|preference|question|opening|forced_opening|answer)\}")
OPENINGS = re.compile(r"(\{(forced_)?opening\}\s*)+$")  # that a text ends in


Prompt = str | list[dict]  # one text, or messages {role, content} that a model's chat template renders


def fill(template: Prompt, **fields: str) -> Prompt:
    """The template with its fields filled in one pass: braces anywhere else, also inside a question, are kept.

    Of a conversation the messages that are empty then are left out: a system message without a constitution.
    """
    if isinstance(template, str):
        return FIELD.sub(lambda match: fields[match[1]], template)
    filled = [{**message, "content": fill(message["content"], **fields)} for message in template]
    return [message for message in filled if message["content"].strip()]


def is_prompt(found: object) -> bool:
    """Whether something read from a file is a prompt: a text, or messages {role, content} of texts."""
    if isinstance(found, list) and found:
        return all(
            isinstance(one, dict) and set(map(type, (one.get("role"), one.get("content")))) == {str} for one in found
        )
    return isinstance(found, str)


def beginning(template: Prompt) -> str:
    """What of a prompt or template begins the answer: the last message, if it is the assistant's.

    Of a text, the fields {opening} and {forced_opening} that it ends in, with blanks; none once they are filled.
    """
    if isinstance(template, str):
        openings = OPENINGS.search(template)
        return openings[0] if openings else ""
    return template[-1]["content"].strip() if template[-1]["role"] == "assistant" else ""


def forced_opening(written: Prompt, trained: Prompt, **fields: str) -> str:
    """What the template `written` has an answer begin with, beyond what the template `trained` has, both filled."""
    begun, known = _begun(written, fields), _begun(trained, fields)
    if not known:
        return begun if isinstance(trained, str) else begun.lstrip()  # in a conversation no blanks stand before a text
    return begun.removeprefix(known if begun.startswith(known) else known.rstrip())


def _begun(template: Prompt, fields: dict[str, str]) -> str:
    filled = fill(beginning(template), **fields)
    return filled if isinstance(template, str) else filled.strip()


def text_of(prompt: Prompt) -> str:
    """What a prompt or a template says, without the roles."""
    return prompt if isinstance(prompt, str) else "\n\n".join(message["content"] for message in prompt)


def fields_of(template: Prompt) -> set[str]:
    """The names of the fields of a template."""
    return set(FIELD.findall(text_of(template)))


def numbered(lines: Iterable[str]) -> str:
    """A constitution as the models see it: "1. ..." and "2. ..." on lines of their own."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
