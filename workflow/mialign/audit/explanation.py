"""The way of what was asked about back to its beginnings, as facts (for JSON) and in words."""

import json
from collections.abc import Iterator
from itertools import islice

from mialign.audit.lineage import Lineage
from mialign.audit.lookup import Target, counts, followed
from mialign.core.csv_files import cell_text

SHOWN = 300  # characters of settings in words; --json has all
RECORDS = 60
IDS = ("id", "prompt_id", "question_id", "category", "seed")  # fields that all records of an id share, or say little
STATES = {
    "same": "",
    "large": " (large: only its size was compared)",
    "gone": " (not in this folder now)",
    "other": " (NOT as this job left it)",
}


def explain(lineage: Lineage, target: Target) -> dict:
    """What was asked about, the records it counts, the jobs behind it with all that they noted, and what was given."""
    jobs, given = lineage.chain(target.files, followed(target))
    numbers = {name: number for number, job in enumerate(jobs, start=1) for name in job["outputs"]}
    kept = followed(target)
    steps = [
        {
            "number": number,
            **job,
            "reads": {name: numbers.get(name) for name in kept(job)},
            "states": {name: lineage.state(name, then) for name, then in job["outputs"].items()},
            "changed_since_read": [name for name in kept(job) if _read_otherwise(lineage, job, name)],
        }
        for number, job in enumerate(jobs, start=1)
    ]
    read = {name: then for job in jobs for name, then in job["inputs"].items()}
    return {
        "thing": target.name,
        "kind": target.kind,
        "text": target.text,
        "origin": target.origin,
        "rows": target.rows,
        "records": target.records,
        "writers": {digest: lineage.model(digest) for digest in _writers(target.records)},
        "counted": counts(lineage, target),
        "jobs": steps,
        "given": [{"file": name, **read.get(name, {}), "here": lineage.place(name).is_file()} for name in given],
        "missing": _missing(lineage, target),
    }


def _writers(records: list[dict]) -> Iterator[str]:
    """The digests of the models that wrote these records."""
    yield from dict.fromkeys(one["record"]["writer"] for one in records if isinstance(one["record"].get("writer"), str))


def _read_otherwise(lineage: Lineage, job: dict, name: str) -> bool:
    """Whether the job read other bytes than the job that is known to have written the file left there."""
    maker = lineage.maker(name)
    return maker is not None and maker["outputs"][name]["sha256"] != job["inputs"][name]["sha256"]


def _missing(lineage: Lineage, target: Target) -> str:
    if not lineage.jobs:
        return (
            f"{lineage.folder} has no provenance of jobs (logs/**/*.json): it was left out of the copy, or an older "
            "version made these results. So no more than this is known"
        )
    return "" if target.files or target.origin.startswith(("config", "computed")) else "Its origin names no file"


def words(found: dict, lineage: Lineage) -> str:
    """The same for people."""
    return "\n".join((*_head(found, lineage), *_jobs(found, lineage), *_end(found))) + "\n"


def _head(found: dict, lineage: Lineage) -> Iterator[str]:
    shown = f" = {found['text']}" if found["text"] else ""
    yield f"{found['kind']} {found['thing']}{shown}"
    if found["origin"]:
        yield f"  origin: {found['origin']}"
    for row in found["rows"][:5]:
        yield "  row: " + ", ".join(f"{name} {cell_text(cell)}" for name, cell in row.items() if cell not in (None, ""))
    if len(found["rows"]) > 5:
        yield f"  and {len(found['rows']) - 5} rows more (--json has all)"
    for one in found["counted"]:
        first = f"; the first is {one['file']}:{one['first'][0]}" if one["first"] else ""
        yield f"  counts {one['records']:,} of {one['of']:,} records of {one['file']}{first}"
    for one in found["records"][:RECORDS]:
        told = {name: value for name, value in one["record"].items() if found["kind"] == "line" or name not in IDS}
        if (folder := found["writers"].get(str(told.get("writer")))) is not None:
            told["writer"] = f"{lineage.shown(folder)} ({told['writer']})"
        text = json.dumps(told, ensure_ascii=False)
        yield f"  {one['file']}:{one['line']}  {_short(text, 2 * SHOWN)}"
    if len(found["records"]) > RECORDS:
        yield f"  and {len(found['records']) - RECORDS} records more (--json has all)"
    if found["missing"]:
        yield found["missing"] + "."


def _jobs(found: dict, lineage: Lineage) -> Iterator[str]:
    if found["jobs"]:
        yield ""
        yield "It was made by these jobs. Each reads what jobs with higher numbers wrote."
    for job in found["jobs"]:
        yield f"{job['number']}. {job['stage']}, {job['started']}, {job['seconds']:g} s"
        for folder, names in _folders(job["outputs"]).items():
            yield f"   wrote {_listed(folder, names, job, lineage)}"
        yield f"   read {_reads(job, lineage)}"
        for name, value in job["arguments"].items():
            if value not in (None, {}) and (isinstance(value, dict) or "seed" in name):
                yield f"   {name}: {_short(json.dumps(value, ensure_ascii=False), SHOWN)}"
        for name in job["changed_since_read"]:
            yield f"   {lineage.shown(name)} HAS BEEN MADE ANEW since this job read it"
        yield f"   code {job['code']['digest']}, log {lineage.shown(job['log'])}"


def _folders(outputs: dict) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in outputs:
        found.setdefault(name.rpartition("/")[0], []).append(name)
    return found


def _listed(folder: str, names: list[str], job: dict, lineage: Lineage) -> str:
    files = [
        f"{name.rpartition('/')[2]} sha256 {job['outputs'][name]['sha256'][:16]}{STATES[job['states'][name]]}"
        for name in names
    ]
    return f"{lineage.shown(folder)}/: {', '.join(files)}"


def _reads(job: dict, lineage: Lineage) -> str:
    """The numbers of the jobs whose files were read, and the other files by name."""
    numbers = dict.fromkeys(f"{number}" for number in job["reads"].values() if number)
    others = [lineage.shown(name) for name, number in job["reads"].items() if not number]
    left = [f"{len(job['inputs']) - len(job['reads'])} files more, for other rows"]
    parts = [f"what {', '.join(sorted(numbers, key=int))} wrote"] if numbers else []
    parts += list(islice(others, 5)) + ([f"{len(others) - 5} files more"] if len(others) > 5 else [])
    return ", ".join(parts + (left if len(job["inputs"]) > len(job["reads"]) else [])) or "no file"


def _end(found: dict) -> Iterator[str]:
    if found["given"]:
        yield ""
        yield "No job is known to have made these files:"
        for one in found["given"]:
            digest = f"  sha256 {one['sha256'][:16]}" if "sha256" in one else ""
            yield f"   {one['file']}{digest}{'' if one['here'] else ' (not in this folder)'}"
    if found["jobs"]:
        yield ""
        yield f"Code: {_each(_commit(job['code']) for job in found['jobs'])}"
        yield f"Machine: {_each(_machine(job) for job in found['jobs'])}"


def _commit(code: dict) -> str:
    if code["commit"] is None:
        return "no git commit was known"
    return f"git commit {code['commit']}{' with local changes' if code['dirty'] else ''}"


def _machine(job: dict) -> str:
    about = job["machine"]
    number = f"{about['gpus']} x " if about.get("gpus", 1) > 1 else ""  # an older version did not note how many
    gpu = f", {number}{about['gpu']}" if about["gpu"] else ""
    return f"{job['machine']['processor']}, {job['machine']['cores']} cores{gpu}, Python {job['python']}"


def _each(texts: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
