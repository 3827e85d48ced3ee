"""Papers that datasets and models are cited by: each has its entry in the bibliography of the paper."""

import re
from pathlib import Path

from mialign.config.validation.common import pick
from mialign.core.errors import InputError

BIBLIOGRAPHY = Path("paper/references.bib")
ENTRY = re.compile(r"^\s*@\w+\s*\{\s*([^\s,]+)\s*,", re.MULTILINE)
CITED = {"datasets": "dataset", "models": "model"}


def check(config: dict) -> None:
    """InputError where `cite` names what the config has not, or a key that the bibliography lacks: BibTeX would go on
    without it, and the paper would have a question mark there.
    """
    cited = config.get("cite", {})
    if not cited:
        return
    entries = ENTRY.findall(BIBLIOGRAPHY.read_text(encoding="utf-8"))
    for kind, what in CITED.items():
        for name, key in cited.get(kind, {}).items():
            pick(config[kind], name, f"cite.{kind}", what)
            if key not in entries:
                raise InputError(
                    f"cite.{kind}.{name}: {BIBLIOGRAPHY} has no entry {key!r}; add it there, or name one that it has"
                )
