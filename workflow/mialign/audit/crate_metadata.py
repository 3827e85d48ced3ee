"""ro-crate-metadata.json of a run: its files, rules, jobs, and the run itself, as the profile has them.

The profile is Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5): each job is an action with what it
used and made.
"""

import mimetypes
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import quote

from mialign.audit.lineage import SOURCES, Lineage
from mialign.audit.sources import SNAKEFILE

LICENSE = "https://spdx.org/licenses/MIT"
NAME = "ro-crate-metadata.json"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]


def describe(lineage: Lineage, kept: dict[str, str]) -> dict:
    """What stands in the file: the files in the crate, kept, with their sha256, stages as tools, jobs as actions.

    The Snakefile is one of the files. One that a job used or made and that is not in the crate is known by its name and
    digest.
    """
    jobs = lineage.own
    stages = list(dict.fromkeys(job["stage"] for job in jobs))
    ids = {f"{lineage.run}/{name}": quote(name) for name in kept}
    ids |= {name.removeprefix(f"{SOURCES}/"): quote(name) for name in kept if name.startswith(f"{SOURCES}/")}
    parts = [_file(quote(name), digest) for name, digest in kept.items() if name != SNAKEFILE]
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
        {"@id": LICENSE, "@type": "CreativeWork", "name": "MIT License"},
        *map(_profile, _PROFILES),
        _workflow(stages, kept[SNAKEFILE]),
        _SNAKEMAKE,
        *map(_tool, stages),
        *(_step(position, stage) for position, stage in enumerate(stages, start=1)),
        *parts,
        *(
            {"@id": ids[name], "@type": "CreativeWork", "name": name, "sha256": then["sha256"]}
            for name, then in others.items()
        ),
        *(_action(job, ids) for job in jobs),
        *map(_control, jobs),
        *_whole(lineage, jobs, ids),
    ]
    return {"@context": _CONTEXT, "@graph": graph}


def _profile(identifier: str) -> dict:
    version = identifier.rpartition("/")[2]
    return {"@id": identifier, "@type": "CreativeWork", "name": _PROFILES[identifier], "version": version}


_SNAKEMAKE = {
    "@id": "#snakemake",
    "@type": ["ComputerLanguage", "SoftwareApplication"],
    "name": "Snakemake",
    "url": "https://snakemake.github.io",
}


def _control(job: dict) -> dict:
    """The start of a job by the workflow."""
    return {
        "@id": f"#control/{quote(job['log'])}",
        "@type": "ControlAction",
        "name": f"start of {job['log']}",
        "instrument": {"@id": f"#step/{job['stage']}"},
        "object": {"@id": _job(job)},
    }


def _file(identifier: str, digest: str) -> dict:
    kind = mimetypes.guess_type(identifier)[0] or "text/plain"
    return {"@id": identifier, "@type": "File", "sha256": digest, "encodingFormat": kind}


def _descriptor() -> dict:
    conforms = ["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]
    return {"@id": NAME, "@type": "CreativeWork", "about": {"@id": "./"}, "conformsTo": _refer(conforms)}


def _root(run: str, parts: list[dict], ended: str) -> dict:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of the run {run.rpartition('/')[2]}",
        "description": "Files of one run of the workflow, and which job made which of which.",
        "datePublished": ended,
        "license": {"@id": LICENSE},
        "conformsTo": _refer(_PROFILES),
        "mainEntity": {"@id": SNAKEFILE},
        "hasPart": _refer([SNAKEFILE, *(part["@id"] for part in parts)]),
        "mentions": [{"@id": "#run"}],
    }


def _workflow(stages: list[str], digest: str) -> dict:
    return {
        "@id": SNAKEFILE,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "The workflow's Snakefile",
        "sha256": digest,
        "encodingFormat": "text/plain",
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
        "instrument": {"@id": SNAKEFILE},
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
