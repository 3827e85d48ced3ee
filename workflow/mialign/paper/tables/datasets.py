"""The published datasets that the questions are from."""

from collections import Counter
from pathlib import Path

from mialign.core.files import read_jsonl
from mialign.paper.formatting import setting
from mialign.paper.tables.layout import Table, written


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a dataset: how many of its questions each use has, and the work that it is cited by, if any is.

    inputs: questions/{source}.jsonl. settings: `datasets`, the dataset of each source; `uses`, the sources of each use;
    `cite`, the keys of works in the bibliography, by dataset.
    """
    numbers = {path.stem: len(read_jsonl(path)) for path in inputs}
    counted = Counter()
    for use, sources in settings["uses"].items():
        for source in sources:
            counted[settings["datasets"][source], use] += numbers[source]
    cited = settings["cite"]
    header = ["dataset", *settings["uses"], *(["reference"] if cited else [])]
    result = Table("@{}l" + "r" * len(settings["uses"]) + ("l" if cited else "") + "@{}", header)
    for dataset in dict.fromkeys(settings["datasets"].values()):
        found = {use: counted[dataset, use] for use in settings["uses"]}
        key = cited.get(dataset)
        result.tidy.append({"dataset": dataset, **found} | ({"reference": key} if cited else {}))
        shown = [setting(dataset), *(setting(number) if number else "--" for number in found.values())]
        result.rows.append(shown + ([rf"\citet{{{key}}}" if key else "--"] if cited else []))
    return written(result)
