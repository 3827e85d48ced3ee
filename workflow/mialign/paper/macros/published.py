"""Published values, kept apart by where in the source they stand."""

import re

from mialign.core.macro_names import key, name
from mialign.paper import formatting
from mialign.paper.macros.accuracy import solved
from mialign.paper.macros.comparisons import metric, unusual
from mialign.paper.macros.number_formats import Number
from mialign.paper.reported import extractors


def of_published(table: list[dict], origin: str) -> list[Number]:
    """Published values, named by where in the source they stand: publishedFigure, publishedText or publishedFiles.

    Their names do not depend on the settings of the run, which may sample at another temperature.
    """
    found, usual = [], extractors(row for row in table if "extractor" in row)
    for row in table:
        more = unusual(row) if "baseline" in row else solved(row, {"experiments": {}}, usual.get(row["experiment"]))
        about = (metric(row), row["experiment"], row["method"], row.get("baseline", ""))
        text = formatting.published_row(row, signed="difference" in row["metric"])
        macro = name("published", kind(row["source"]), *about, *more)
        found.append(Number(macro, text, f"{origin} ({row['source']}): {key(row)}"))
    return found


def kind(source: str) -> str:
    """figure, text, code or files: the kind of a published value, from its note."""
    found = re.search("figure|text|files|code", source, re.IGNORECASE)
    return found.group().lower() if found else ""
