"""What a language model that judges is asked, and how its answer is read."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.yaml_files import read_yaml

KEYS = ("system", "principle-aware", "principle-free", "empty")
FIELDS = {
    "principle-aware": {"question", "constitution", "first", "second"},
    "principle-free": {"question", "first", "second"},
}
FIELD = re.compile(r"\{(question|constitution|first|second)\}")
ANSWERS = {"A": "first", "B": "second"}
CUT, WHOLE = "length", ("stop", "eos_token", None)  # why an answer ended; not every server says it
# Only signs of formatting may stand beside what was asked for.
VERDICT = re.compile(r"[*_`\s]*Verdict:[*_`\s]*([AB])[*_`.\s]*")


@dataclass(frozen=True)
class PromptTemplate:
    """texts: the keys of the file."""

    texts: dict[str, str]

    def messages(self, case, first: str) -> list[dict]:
        """What is said of a case (see judge.Case) with this side's response first, as messages of a chat.

        Question, constitution and responses are data: each stands between two marks with a sign that occurs in none of
        them, so that no text can end its own mark and go on as an instruction.
        """
        second = "baseline" if first == "test" else "test"
        data = {
            "question": case.prompt["question"],
            "constitution": case.prompt["constitutions"][0]["text"],
            "first": getattr(case, first)["text"].strip() or self.texts["empty"],
            "second": getattr(case, second)["text"].strip() or self.texts["empty"],
        }
        sign = _sign(list(data.values()))
        names = {"question": "question", "constitution": "principles", "first": "response A", "second": "response B"}
        marked = {
            key: f"[begin {names[key]}, {sign}]\n{text}\n[end {names[key]}, {sign}]" for key, text in data.items()
        }
        user = FIELD.sub(lambda match: marked[match[1]], self.texts[case.axis])
        return [{"role": "system", "content": self.texts["system"]}, {"role": "user", "content": user}]


def _sign(texts: list[str]) -> str:
    """Eight hexadecimal digits that occur in none of the texts, the same whichever response stands first."""
    sign = ""
    while not sign or any(sign in text for text in texts):
        sign = hashlib.sha256("\0".join([sign, *sorted(texts)]).encode()).hexdigest()[:8]
    return sign


def read_verdict(answer: str) -> str | None:
    """ "first" or "second", if the last line with text is "Verdict: A" or "Verdict: B"; else None."""
    lines = [line for line in answer.splitlines() if line.strip()]
    found = VERDICT.fullmatch(lines[-1]) if lines else None
    return ANSWERS[found[1]] if found else None


def unusable(text: str, finish: str | None, aside: list[str]) -> str | None:
    """Why an answer holds no verdict, whatever its last line is; None if that line decides.

    finish: what the server calls the end of the answer. aside: what fields or parts hold that is not the answer.
    """
    empty = not text.strip()
    said = "".join(f", but some {name!r}" for name in aside[:1])
    if finish == CUT:
        return f"cut off at max_tokens{f' without a text{said}' if empty else ''}; raise max_tokens of the judge"
    if finish not in WHOLE:
        return f"ended by {finish!r}{' without a text' if empty else ''}"
    return f"no text{said}" if empty else None


def load(path: str | Path) -> PromptTemplate:
    """The prompts of a YAML file; InputError names the file and the key of the first thing that is wrong."""
    content = read_yaml(path, "the key `prompt_template` of a judge names it")
    if not isinstance(content, dict):
        raise InputError(f"{path}: the keys {', '.join(KEYS)} are needed here, each with its text")
    for key in KEYS:
        if key not in content:
            raise InputError(f"{path}: the key {key!r} is missing")
        if not isinstance(content[key], str) or not content[key].strip():
            raise InputError(f"{path}: {key}: text is needed")
    for key in content:
        if key not in KEYS:
            raise InputError(f"{path}: the key {key!r} is not known (there are {', '.join(KEYS)})")
    for axis, wanted in FIELDS.items():
        _check_axis(f"{path}: {axis}", content, axis, wanted)
    return PromptTemplate({key: content[key].strip() for key in KEYS})


def _check_axis(where: str, content: dict, axis: str, wanted: set[str]) -> None:
    found = FIELD.findall(content[axis])
    for field in sorted(wanted - set(found)):
        raise InputError(f"{where}: the field {{{field}}} is missing")
    for field in sorted(set(found) - wanted):
        raise InputError(f"{where}: this judge is not to see the field {{{field}}}; remove it")
    for letter in ANSWERS:
        if f"Verdict: {letter}" not in content["system"] + content[axis]:
            raise InputError(
                f'{where}: nothing asks for a last line "Verdict: {letter}", and no other answer can be read; say so '
                "here or under system"
            )
