"""Which files this process reads and writes, as the interpreter itself tells (PEP 578), so that no stage has to say."""

import os
import sys
from contextlib import suppress
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR
MODEL = ("config.json", "adapter_config.json")  # who opens one may read weights out of Python's sight


class OpenedFiles:
    """Absolute paths of what has been opened for reading, and of what has been written or renamed, since `start`."""

    def __init__(self):
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.shared: set[str] = set()  # what jobs append to belongs to none of them

    def start(self) -> "OpenedFiles":
        """Begin to listen; a hook cannot be taken away again, and a process runs one stage."""
        sys.addaudithook(self._hear)
        return self

    def _hear(self, event: str, details: tuple) -> None:
        if event == "open":
            path, _, flags = details
            if isinstance(path, str):
                kind = self.shared if flags & os.O_APPEND else self.written if flags & _WRITING else self.read
                with suppress(OSError):  # of a folder that is no more
                    kind.add(os.path.abspath(path))
        elif event == "os.rename":
            with suppress(OSError):
                self.written.add(os.path.abspath(os.fsdecode(details[1])))

    def inputs(self) -> list[Path]:
        """Files that were read and are still there, without those that this process made itself."""
        files = {file for path in self.read - self.written for file in _with_weights(Path(path))}
        made = {str(path) for path in self.outputs()}
        return sorted(file for file in files if str(file) not in made and str(file) not in self.shared)

    def outputs(self) -> list[Path]:
        """Files that were written and are still there; of a folder that was put in its place, all in it."""
        paths = [Path(path) for path in self.written - self.shared]
        return sorted(
            {file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()}
        )


def _with_weights(path: Path) -> list[Path]:
    found = path.parent.iterdir() if path.name in MODEL and path.is_file() else [path]
    return [file for file in found if file.is_file()]
