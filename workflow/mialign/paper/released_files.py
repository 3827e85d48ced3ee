"""What the files hold that the original's authors released, counted from those that this run fetched."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mialign.data.authors import keys_of_principles, listing, released_verdicts
from mialign.paper import formatting
from mialign.paper.findings import Discrepancy, baseline_first, which_chosen


def counted(paths: list[Path], published: list[dict], known: dict) -> Iterator[Discrepancy]:
    """The findings of each file; `published` and `known` as for findings.computed."""
    for place, path in ((place, path) for path in paths if (place := _place(path))):
        if place in listing()["verdicts"].values():
            yield from _verdicts(path, place, published, known["sides"]["seed"])
        elif place == listing()["judged"]["constitutions"]:
            yield _keys(path, place, known["keys_read"]["keys"])


def _place(path: Path) -> str | None:
    """Where a file is in their repository."""
    return next((place for place in listing()["files"] if path.as_posix().endswith(f"/authors/{place}")), None)


def _verdicts(path: Path, place: str, published: list[dict], seed: int) -> Iterator[Discrepancy]:
    pair = next(pair for pair, file in listing()["verdicts"].items() if file == place)
    test, baseline = pair.split("-vs-")
    triples = released_verdicts(path)
    scores = [triple[0] for triple in triples]
    counts = {"wins": scores.count(1), "ties": scores.count(0.5), "losses": scores.count(0)}
    noted = {
        row["metric"]: int(row["value"])
        for row in published
        if (row["method"], row.get("baseline")) == (test, baseline)
        and row["source"].startswith("files: ")
        and row["metric"] in counts
    }
    about = f"verdicts on {test.upper()} over {baseline.upper()}"
    same = (
        "as noted above"
        if noted == counts
        else f"noted above: {formatting.listing([str(noted.get(name)) for name in counts])}"
    )
    yield Discrepancy(about, f"{formatting.listing([f'{n} {name}' for name, n in counts.items()])}, {same}", place)
    means = [f"{sum(triple[side] for triple in triples) / len(triples):.2f} of {name.upper()}"
             for name, side in ((baseline, 1), (test, 2))]  # fmt: skip
    yield Discrepancy(f"{about}: tokens on average", formatting.listing(means), place)
    chosen = Counter(
        (score == 0) == first
        for score, first in zip(scores, baseline_first(len(scores), seed), strict=True)
        if score != 0.5
    )
    about = f"{about}: which answer is chosen where it is no tie"
    yield Discrepancy(about, which_chosen(chosen[True], chosen[False]), place)


def _keys(path: Path, place: str, read: list[str]) -> Discrepancy:
    keys = keys_of_principles(path)
    without = sum(not {*read} <= {*found} for found in keys.values())
    there = sorted({key for found in keys.values() for key in found})
    about = f"{len(keys)} principles (keys: {', '.join(there)})"
    return Discrepancy(
        about, f"{without} lack a key that the released generator reads: {formatting.listing(read)}", place
    )
