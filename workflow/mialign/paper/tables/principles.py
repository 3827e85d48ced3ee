"""The principles: what each asks for, what its opposite asks for, how it is put in evaluation, and where it applies."""

from pathlib import Path

from mialign.data import principles
from mialign.paper.formatting import category
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape

WORDINGS = ((principles.POSITIVE, "positive"), (principles.ANTITHESIS, "opposite"), ("short", "in evaluation"))


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One block a principle: the categories that have it and the wordings of each side."""
    result = Table(r"@{}lX@{}", ["side", "wordings"], environment="tabularx", size=r"\footnotesize")
    for name, (principle, categories) in (item for path in inputs for item in _used(principles.load(path)).items()):
        where = ", ".join(category(one) for one in categories)
        result.rows.append(f"{escape(principle.name)} ({where}). {escape(principle.description)}")
        for side, shown in WORDINGS:
            wordings = list(getattr(principle, side))
            result.rows.append([shown, r" \ \textperiodcentered{} \ ".join(map(escape, wordings))])
            result.tidy += [
                {"principle": name, "categories": " ".join(categories), "side": side, "wording": wording}
                for wording in wordings
            ]
    return written(result)


def _used(known) -> dict:
    found: dict = {}
    for one in known.categories:
        for principle in known.for_category(one):
            found.setdefault(principle.id, (principle, []))[1].append(one)
    return found
