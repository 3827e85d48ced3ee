"""Whether a results folder is what its manifest and its jobs say, and what depends on the files that are not."""

from pathlib import Path

from mialign.audit import crate, digests, manifest
from mialign.audit.dependents import Dependents
from mialign.audit.lineage import Lineage


def verify(folder: Path) -> list[dict]:
    """Each file that is not as it should be: file, is, and the figures, tables and numbers that depend on it.

    is: changed, missing or new since the manifest was written; unsealed, if the seal has a manifest or crate otherwise,
    and so one of the two was changed; or altered, if the manifest has it so, but not the job that made it. Of an
    unpacked crate, what it left out on purpose is not missing (`crate.left_out`).
    """
    then, now = manifest.read(folder), manifest.digest_all(folder)
    has_seal = (folder / manifest.SEAL).is_file()
    sealed = {manifest.NAME: None} | manifest.read(folder, manifest.SEAL) if has_seal else {}
    lineage, left_out = Lineage(folder), set(crate.left_out(folder))
    kinds = {
        "changed": [name for name, digest in then.items() if now.get(name, digest) != digest],
        "missing": [
            *(name for name in then if name not in now and name not in left_out),
            *([] if has_seal else [manifest.SEAL]),
        ],
        "new": [name for name in now if name not in then and name not in sealed],
        "unsealed": [name for name, digest in sealed.items() if _digest(folder / name) != digest],
        "altered": [name for name, digest in now.items() if then.get(name) == digest != _made(lineage, name, digest)],
    }
    if not any(kinds.values()):
        return []
    dependents = Dependents(lineage)
    return [
        {"file": name, "is": kind, **dependents.of(f"{lineage.run}/{name}")} for kind in kinds for name in kinds[kind]
    ]


def _digest(path: Path) -> str | None:
    return digests.sha256(path) if path.is_file() else None


def _made(lineage: Lineage, name: str, otherwise: str) -> str:
    """The digest that the job noted which made the file."""
    job = lineage.maker(f"{lineage.run}/{name}")
    return job["outputs"][f"{lineage.run}/{name}"]["sha256"] if job else otherwise
