"""The jobs of a results folder, joined by the files that they wrote and read: from any file back to the first."""

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath

from mialign.audit import digests, recorded_job
from mialign.core.errors import InputError

NOT_RESULTS = {"logs", "times", "scratch", "audit"}  # folders of what is said of results, and of unfinished work
SOURCES = "audit/sources"  # below a folder of results: files of the workflow that its jobs read (see `sources`)


class Lineage:
    """What the jobs of one results folder, wherever it lies, noted of themselves (see `provenance`).

    Files have the names by which the jobs knew them, such as results/mini/metrics/accuracy.csv. `run` is the name of
    the folder then: results/mini.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise InputError(f"{folder}: no such folder of results")
        self.run = self.folder.name
        self.jobs: dict[str, dict] = {}  # by each file that they wrote
        self._loaded: set[Path] = set()
        self._load(self.folder)

    def name(self, path: Path) -> str:
        """How jobs knew a file that lies in the folder."""
        inside = Path(os.path.abspath(path)).relative_to(os.path.abspath(self.folder))
        return f"{self.run}/{inside.as_posix()}"

    def place(self, name: str) -> Path:
        """Where the file of this name is or would be here.

        Of other runs it is in the folder beside this one; what is kept with the results stands for what is not.
        """
        if os.path.isabs(name):
            return Path(name)
        if PurePosixPath(name).is_relative_to(self.run):
            return self.folder / PurePosixPath(name).relative_to(self.run)
        kept = self.folder / SOURCES / name
        return kept if kept.is_file() else self.beside(name)

    def beside(self, name: str) -> Path:
        """Where a file outside the folder is or would be, seen from the folder."""
        return Path(os.path.normpath(self.folder.absolute().parent / os.path.relpath(name, Path(self.run).parent)))

    def shown(self, name: str) -> str:
        """The name without that of the run."""
        return name.removeprefix(f"{self.run}/")

    def maker(self, name: str) -> dict | None:
        """The job that wrote a file, of this run or of one beside it; None for what was given, and where none tells."""
        if name not in self.jobs and not PurePosixPath(name).is_relative_to(self.run):
            parts = PurePosixPath(name).parts
            if parts[: len(PurePosixPath(self.run).parts) - 1] == PurePosixPath(self.run).parts[:-1]:
                self._load(self.place("/".join(parts[: len(PurePosixPath(self.run).parts)])))
        return self.jobs.get(name)

    def chain(self, names: Iterable[str], inputs: Callable[[dict], Iterable[str]]) -> tuple[list[dict], list[str]]:
        """The jobs behind these files, each before those whose files it read, and the files that no job is known of.

        inputs: which of a job's inputs are followed.
        """
        order: list[dict] = []
        given: dict[str, None] = {}
        seen: set[str] = set()

        def visit(names: Iterable[str]) -> None:
            for name in names:
                job = self.maker(name)
                if job is None:
                    given[name] = None
                elif job["log"] not in seen:
                    seen.add(job["log"])
                    visit(inputs(job))
                    order.append(job)

        visit(names)
        return order[::-1], list(given)

    @cached_property
    def own(self) -> list[dict]:
        """The jobs of this folder, not of those beside it, in the order in which they started."""
        logs = f"{self.run}/logs"
        jobs = {job["log"]: job for job in self.jobs.values() if PurePosixPath(job["log"]).is_relative_to(logs)}
        return sorted(jobs.values(), key=lambda job: (job["started"], job["log"]))

    def check_noted(self) -> None:
        """InputError where no job of this folder noted anything."""
        if not self.own:
            what = "its jobs left no provenance (logs/**/*.json), of which graph and crate are made"
            raise InputError(f"{self.folder}: {what}")

    def rule(self, job: dict) -> str:
        """The rule of a job of this folder: the first folder of its log, or the log's own name."""
        return self.title(job).partition("/")[0]

    def title(self, job: dict) -> str:
        """How a job of this folder is called: RULE/WHICH, or RULE where there is one alone."""
        return PurePosixPath(job["log"]).relative_to(f"{self.run}/logs").with_suffix("").as_posix()

    def model(self, digest: str) -> str | None:
        """The folder of the model with this digest, as a job knew it; None where no job noted it."""
        jobs = sorted(self.jobs.values(), key=lambda job: job["started"])
        return next((name for job in jobs for name, own in job["models"].items() if own == digest), None)

    @cached_property
    def readers(self) -> dict[str, list[dict]]:
        """The jobs that read a file, by file."""
        found: dict[str, list[dict]] = {}
        for job in {job["log"]: job for job in self.jobs.values()}.values():
            for name in job["inputs"]:
                found.setdefault(name, []).append(job)
        return found

    def downstream(self, names: Iterable[str]) -> set[str]:
        """These files and all that were made of them."""
        found, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [made for job in self.readers.get(name, ()) for made in job["outputs"]]
        return found

    def state(self, name: str, then: dict) -> str:
        """What has become of a file since a job noted it: same, gone, other; large: of the same size, not read."""
        path = self.place(name)
        if not path.is_file():
            return "gone"
        if path.stat().st_size != then["bytes"]:
            return "other"
        if then["bytes"] >= digests.LARGE:
            return "large"
        return "same" if digests.sha256(path) == then["sha256"] else "other"

    def _load(self, folder: Path) -> None:
        if folder in self._loaded:
            return
        self._loaded.add(folder)
        for path in sorted(folder.glob("logs/**/*.json")):
            job = recorded_job.read(path)
            if folder == self.folder:
                inside = path.relative_to(folder).with_suffix(PurePosixPath(job["log"]).suffix).as_posix()
                self.run = job["log"].removesuffix(f"/{inside}")
            for name in job["outputs"]:
                if name not in self.jobs or self.jobs[name]["started"] < job["started"]:
                    self.jobs[name] = job
