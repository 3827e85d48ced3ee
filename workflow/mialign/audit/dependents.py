"""Which figures, tables and numbers of a run depend on a file."""

from pathlib import PurePosixPath

from mialign.audit.lineage import Lineage
from mialign.audit.origins import counted, macros, origins_of


class Dependents:
    """Looks up every number of a run once: the tables that it stands in, and the files that its rows there count."""

    def __init__(self, lineage: Lineage):
        self.lineage = lineage
        self._numbers: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
        job = lineage.maker(f"{lineage.run}/paper/numbers.csv") or {"outputs": (f"{lineage.run}/paper/numbers.csv",)}
        self._printed = frozenset(job["outputs"])  # the files that hold all numbers
        origins = origins_of(lineage)
        for name, row in macros(lineage).items():
            files, rows = origins.find(row["origin"])
            jobs = filter(None, map(lineage.maker, files))
            behind = frozenset(one for job in jobs for one in counted(job, rows))
            self._numbers.setdefault((frozenset(files), behind), []).append(name)

    def of(self, file: str) -> dict[str, list[str]]:
        """By kind (figures, tables, numbers) the names; `file` as jobs knew it; all numbers for their own file."""
        touched = self.lineage.downstream([file])
        shown = [PurePosixPath(self.lineage.shown(name)) for name in touched]
        found = {kind: sorted({path.stem for path in shown if path.parts[0] == kind}) for kind in ("figures", "tables")}
        numbers = [
            name
            for (files, behind), names in self._numbers.items()
            if file in files or file in self._printed or not touched.isdisjoint(behind)
            for name in names
        ]
        return found | {"numbers": numbers}
