"""What has been completed so far, kept in one file: a job that is killed goes on from there."""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from mialign.core.disk_space import needing_space
from mialign.core.files import read_jsonl
from mialign.generation.engine import Completion, Request, Sampling

Shard = list[list[Completion]]


class CompletionCache:
    """A line for each shard that is done: {of, completions}.

    `of` is the digest of all that determines it, so nothing that was made otherwise is ever taken for it.
    """

    def __init__(self, path: Path, made_with: str):
        self.path, self.made_with = path, made_with
        _cut_broken_line(path)
        lines = read_jsonl(path, required=("of", "completions")) if path.exists() else []
        self.found = {line["of"]: line["completions"] for line in lines}

    def name(self, requests: list[Request], sampling: Sampling) -> str:
        """The digest under which these requests are kept."""
        parts = [self.made_with, asdict(sampling), [[request.prompt, request.seeds] for request in requests]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def get(self, name: str) -> Shard | None:
        """What was kept under a name; None if nothing was."""
        kept = self.found.get(name)
        return kept and [[Completion(**one) for one in many] for many in kept]

    def add(self, name: str, shard: Shard) -> None:
        """Keep a shard, by a line at the end of the file."""
        line = {"of": name, "completions": [[asdict(one) for one in many] for many in shard]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with needing_space(self.path), self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    def remove(self) -> None:
        """Remove the file, when its content stands in the output."""
        self.path.unlink(missing_ok=True)


def _cut_broken_line(path: Path) -> None:
    """A kill can leave the last line without its end."""
    if path.exists():
        whole = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, whole)
