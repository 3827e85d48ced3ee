"""What a model's chat template, a program of its publisher, writes around a text."""

from datetime import datetime
from string import ascii_letters

from mialign.core.errors import InputError
from mialign.models.checkpoints import in_words

DAY = datetime(2024, 7, 26)  # today, for templates that say it: a verdict may not depend on when it is asked for


def around(tokenizer, text: str) -> tuple[str, str]:
    """What stands before the text and after it when a user says it and the model is to answer.

    The template is given the text itself, as a string, or else as the one part of a message. InputError if it then
    does not say the text exactly once and as it is, or fails.
    """
    reasons, template = {}, _no_clock() + _template(tokenizer)
    for content in (text, [{"type": "text", "text": text}]):
        messages = [{"role": "user", "content": content}]
        try:
            turn = tokenizer.apply_chat_template(
                messages, chat_template=template, tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # it may fail in any way
            reasons[(str(error).strip().splitlines() or [type(error).__name__])[0][:200]] = None
            continue
        if turn.count(text) == 1:
            before, _, after = turn.partition(text)
            return before, after
        reasons[f"it says the prompt {turn.count(text)} times" if text in turn else "it changes the prompt"] = None
    raise InputError(
        f"{tokenizer.name_or_path}: its chat template cannot frame the prompt of a judge ({'; '.join(reasons)}); mend "
        "it, take it out of the folder, or take another model as judge"
    )


def turns(tokenizer) -> tuple[str, str, str]:
    """What stands before a user's text, between it and the assistant's answer, and after the answer."""
    texts = ("\u2045user\u2046", "\u2045assistant\u2046")  # that no template has in it
    messages = [{"role": role, "content": text} for role, text in zip(("user", "assistant"), texts, strict=True)]
    with in_words(f"{tokenizer.name_or_path}: its chat template fails"):
        turn = tokenizer.apply_chat_template(messages, chat_template=_no_clock() + _template(tokenizer), tokenize=False)
    before, found, rest = turn.partition(texts[0])
    between, found_too, after = rest.partition(texts[1])
    if not found or not found_too:
        raise InputError(
            f"{tokenizer.name_or_path}: its chat template does not say a question and its answer as they are; take "
            "another model"
        )
    return before, between, after


def _template(tokenizer) -> str:
    found = tokenizer.chat_template
    if isinstance(found, dict) and "default" not in found:
        raise InputError(
            f"{tokenizer.name_or_path}: it has several chat templates ({', '.join(sorted(found))}) and none of the "
            "name 'default'; give one that name, or take another model as judge"
        )
    return tokenizer.get_chat_template()


def _no_clock() -> str:
    """The beginning of a template in which strftime_now, the one clock that templates have, stands still."""
    codes = [f"%{flag}{letter}" for letter in ascii_letters for flag in ("", "-") if letter != "s"]
    written = {code: DAY.strftime(code) for code in codes}
    replaced = "".join(f"|replace({code!r}, {said!r})" for code, said in written.items() if said != code)
    return f"{{% macro strftime_now(format) %}}{{{{ format{replaced} }}}}{{% endmacro %}}\n"
