"""A run as one file for others: a zipped Provenance Run Crate (https://w3id.org/ro/wfrun/provenance/0.5).

It holds the results but for weights, which it names by digest, with the Snakefile and the manifest. What the jobs noted
of themselves is in ro-crate-metadata.json as the profile has it: each job is an action with what it used and made.
"""

import json
import mimetypes
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from mialign.audit import manifest
from mialign.audit.lineage import Lineage
from mialign.core.code_digests import WORKFLOW as WORKFLOW_FOLDER
from mialign.core.disk_space import temporary_folder
from mialign.core.errors import InputError
from mialign.core.files import writing

NAME = "audit/crate.zip"
LICENSE = "https://spdx.org/licenses/MIT"
METADATA = "ro-crate-metadata.json"
WORKFLOW = "audit/Snakefile"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]


def write(folder: Path) -> Path:
    """Write the crate of a folder that has a manifest, and give its path."""
    listed = manifest.read(folder)
    kept = [name for name in listed if not is_left_out(name)]
    lineage = Lineage(folder)
    if not lineage.jobs:
        raise InputError(f"{folder}: its jobs left no provenance (logs/**/*.json), of which a crate is made")
    about = json.dumps(describe(lineage, listed), ensure_ascii=False, indent=1)
    with writing(folder / NAME) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(METADATA, about)
        archive.write(WORKFLOW_FOLDER.parent / "Snakefile", WORKFLOW)
        for name in (manifest.NAME, *kept):
            archive.write(folder / name, name)
    return folder / NAME


def is_left_out(name: str) -> bool:
    """Weights are too large for a crate; the manifest has their digests."""
    return name.endswith(".safetensors")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The files of a crate in a folder that is removed afterwards; InputError for what is no crate with a manifest."""
    if not path.is_file():
        raise InputError(f"{path}: no such file, nor a folder of results")
    try:
        with zipfile.ZipFile(path) as archive, temporary_folder() as folder:
            if manifest.NAME not in archive.namelist():
                raise InputError(
                    f"{path}: there is no {manifest.NAME} in it to verify by; take the crate from its source"
                )
            archive.extractall(folder)
            yield folder
    except zipfile.BadZipFile as error:
        raise InputError(f"{path}: no whole zip file ({error}); take the crate from its source again") from None


def describe(lineage: Lineage, listed: dict[str, str]) -> dict:
    """ro-crate-metadata.json: the files with their sha256, the stages as tools, the jobs as actions."""
    jobs = sorted(
        {job["log"]: job for job in lineage.jobs.values()}.values(), key=lambda job: (job["started"], job["log"])
    )
    stages = list(dict.fromkeys(job["stage"] for job in jobs))
    ids = {f"{lineage.run}/{name}": quote(name) for name in listed if not is_left_out(name)}
    parts = [_file(one, listed[lineage.shown(name)]) for name, one in ids.items()]
    others = {
        name: then
        for job in jobs
        for side in ("inputs", "outputs")
        for name, then in job[side].items()
        if name not in ids
    }
    ids |= {name: f"#{quote(name)}" for name in others}
    graph = [
        _descriptor(),
        _root(lineage.run, parts, max(map(_end, jobs))),
        *(
            {"@id": one, "@type": "CreativeWork", "name": title, "version": one.rpartition("/")[2]}
            for one, title in _PROFILES.items()
        ),
        _workflow(stages),
        {
            "@id": "#snakemake",
            "@type": ["ComputerLanguage", "SoftwareApplication"],
            "name": "Snakemake",
            "url": "https://snakemake.github.io",
        },
        *map(_tool, stages),
        *(_step(position, stage) for position, stage in enumerate(stages, start=1)),
        *parts,
        *(
            {"@id": ids[name], "@type": "CreativeWork", "name": name, "sha256": then["sha256"]}
            for name, then in others.items()
        ),
        *(_action(job, ids) for job in jobs),
        *(
            {
                "@id": f"#control/{quote(job['log'])}",
                "@type": "ControlAction",
                "name": f"start of {job['log']}",
                "instrument": {"@id": f"#step/{job['stage']}"},
                "object": {"@id": _job(job)},
            }
            for job in jobs
        ),
        *_whole(lineage, jobs, ids),
    ]
    return {"@context": _CONTEXT, "@graph": graph}


def _file(identifier: str, digest: str) -> dict:
    kind = mimetypes.guess_type(identifier)[0] or "text/plain"
    return {"@id": identifier, "@type": "File", "sha256": digest, "encodingFormat": kind}


def _descriptor() -> dict:
    conforms = ["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]
    return {"@id": METADATA, "@type": "CreativeWork", "about": {"@id": "./"}, "conformsTo": _refer(conforms)}


def _root(run: str, parts: list[dict], ended: str) -> dict:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of the run {run.rpartition('/')[2]}",
        "description": "The files of one run of the workflow, without weights, and which job made which of which.",
        "datePublished": ended,
        "license": {"@id": LICENSE},
        "conformsTo": _refer(_PROFILES),
        "mainEntity": {"@id": WORKFLOW},
        "hasPart": _refer([WORKFLOW, *(part["@id"] for part in parts)]),
        "mentions": [{"@id": "#run"}],
    }


def _workflow(stages: list[str]) -> dict:
    return {
        "@id": WORKFLOW,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "The workflow's Snakefile",
        "programmingLanguage": {"@id": "#snakemake"},
        "hasPart": _refer(f"#stage/{stage}" for stage in stages),
        "step": _refer(f"#step/{stage}" for stage in stages),
    }


def _tool(stage: str) -> dict:
    return {"@id": f"#stage/{stage}", "@type": "SoftwareApplication", "name": f"python workflow/run.py {stage}"}


def _step(position: int, stage: str) -> dict:
    return {
        "@id": f"#step/{stage}",
        "@type": "HowToStep",
        "name": stage,
        "position": str(position),
        "workExample": {"@id": f"#stage/{stage}"},
    }


def _action(job: dict, ids: dict[str, str]) -> dict:
    code, command = job["code"], " ".join(job["command"])
    return {
        "@id": _job(job),
        "@type": "CreateAction",
        "name": f"{job['stage']}: {job['log']}",
        "description": f"{command}\nCode {code['digest']}; commit {code['commit']}, dirty: {code['dirty']}",
        "instrument": {"@id": f"#stage/{job['stage']}"},
        "object": _refer(ids[name] for name in job["inputs"]),
        "result": _refer(ids[name] for name in job["outputs"]),
        "startTime": job["started"],
        "endTime": _end(job),
    }


def _whole(lineage: Lineage, jobs: list[dict], ids: dict[str, str]) -> list[dict]:
    """The run as one action: of what was given it made what no job reads."""
    made = {name for job in jobs for name in job["outputs"]}
    read = {name for job in jobs for name in job["inputs"]}
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run of the workflow that made {lineage.run}",
        "instrument": {"@id": WORKFLOW},
        "object": _refer(ids[name] for name in sorted(read - made)),
        "result": _refer(ids[name] for name in sorted(made - read)),
        "startTime": jobs[0]["started"],
        "endTime": max(map(_end, jobs)),
    }
    organized = {
        "@id": "#organize",
        "@type": "OrganizeAction",
        "name": "Run of Snakemake",
        "instrument": {"@id": "#snakemake"},
        "object": _refer(f"#control/{quote(job['log'])}" for job in jobs),
        "result": {"@id": "#run"},
        "startTime": run["startTime"],
        "endTime": run["endTime"],
    }
    return [run, organized]


def _job(job: dict) -> str:
    return f"#job/{quote(job['log'])}"


def _end(job: dict) -> str:
    return (datetime.fromisoformat(job["started"]) + timedelta(seconds=job["seconds"])).isoformat(timespec="seconds")


def _refer(ids: Iterable[str]) -> list[dict]:
    return [{"@id": one} for one in ids]
