"""A hub on loopback: the part of its protocol that huggingface_hub and datasets use to look up and download files."""

import hashlib
import io
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Repo:
    """One repository: revision -> commit, commit -> path -> content."""

    commits: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: bool = False
    disabled: bool = False


class Hub:
    """What is kept for the tests: all requests in `seen`, what they carried in `tokens`.

    `token` opens gated repositories; files in `lost` are not found.
    """

    def __init__(self, token: str):
        self.token, self.repos, self.seen, self.tokens, self.lost = token, {}, [], set(), set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.hub = self
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def add(self, kind: str, name: str, files: dict[str, bytes], revision: str = "main", **flags) -> str:
        """The commit of the new revision."""
        repo = self.repos.setdefault((kind, name), Repo(**flags))
        commit = hashlib.sha1(repr((name, revision, sorted(files.items()))).encode()).hexdigest()
        repo.commits |= {revision: commit, commit: commit}
        repo.files[commit] = files
        return commit


@contextmanager
def running(token: str = "hf_open_sesame"):
    hub = Hub(token)
    Thread(target=hub.server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.server.shutdown()
        hub.server.server_close()


API = re.compile(
    r"/api/(model|dataset)s/([^/]+/[^/]+)(?:/(revision|tree|paths-info|auth-check)(?:/([^/]+))?(?:/(.*))?)?"
)
FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


class _Handler(BaseHTTPRequestHandler):
    """Answers for the hub that its server has."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.server.hub.seen.append(f"{self.command} {path}")
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.server.hub.tokens.add(token)
        if found := API.fullmatch(path):
            kind, name, what, revision, inner = found.groups()
            self.about(kind, name, what or "revision", revision or "main", inner or "", token)
        elif found := FILE.fullmatch(path):
            prefix, name, revision, inner = found.groups()
            self.file("dataset" if prefix else "model", name, revision, inner, token)
        else:
            self.refuse(404, "")

    do_HEAD = do_POST = do_GET

    def repo(self, kind, name, revision):
        """The repository and commit; None after an answer that says what is wrong."""
        repo, revision = self.server.hub.repos.get((kind, name)), unquote(revision)
        if repo is None:
            self.refuse(401, "RepoNotFound")
        elif repo.disabled:
            self.refuse(403, "", "Access to this resource is disabled.")
        elif revision not in repo.commits:
            self.refuse(404, "RevisionNotFound")
        else:
            return repo, repo.commits[revision]
        return None

    def about(self, kind, name, what, revision, inner, token) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if (found := self.repo(kind, name, "main" if what == "auth-check" else revision)) is None:
            return
        repo, commit = found
        files = repo.files[commit]
        if what == "auth-check":
            if repo.gated and token != self.server.hub.token:
                return self.refuse(403, "GatedRepo")
            return self.answer(b"{}")
        if what == "revision":
            siblings = [{"rfilename": path, "size": len(data)} for path, data in files.items()]
            about = {"id": name, "sha": commit, "siblings": siblings, "gated": "manual" if repo.gated else False}
            return self.answer(json.dumps({**about, "private": False, "tags": [], "disabled": False}).encode())
        if what == "paths-info":
            form = json.loads(sent)["paths"] if sent.startswith("{") else parse_qs(sent).get("paths", [])
            entries = [entry for entry in _entries(files, True, "") if entry["path"] in form]
        else:
            recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["False"])[0].lower() in ("1", "true")
            entries = _entries(files, recursive, unquote(inner))
            if inner and not entries:
                return self.refuse(404, "EntryNotFound")
        return self.answer(json.dumps(entries).encode())

    def file(self, kind, name, revision, inner, token) -> None:
        if (found := self.repo(kind, name, revision)) is None:
            return
        repo, commit = found
        data = repo.files[commit].get(unquote(inner))
        if repo.gated and token != self.server.hub.token:
            return self.refuse(403 if token else 401, "GatedRepo")
        if data is None or unquote(inner) in self.server.hub.lost:
            return self.refuse(404, "EntryNotFound")
        self.answer(data, **{"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": commit})

    def answer(self, data: bytes, **headers) -> None:
        part, status = data, 200
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            start, end = int(wanted[1]), int(wanted[2] or len(data) - 1)
            part, status = data[start : end + 1], 206
            headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Accept-Ranges": "bytes", **headers}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(part)

    def refuse(self, status: int, code: str, message: str = "no") -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _entries(files: dict[str, bytes], recursive: bool, folder: str) -> list[dict]:
    """Files and folders as the hub lists them."""
    start, found = f"{folder}/" if folder else "", {}
    for path, data in files.items():
        if not path.startswith(start):
            continue
        parts = path.removeprefix(start).split("/")
        for depth in range(1, len(parts)):
            inner = start + "/".join(parts[:depth])
            found[inner] = {"type": "directory", "path": inner, "oid": "0" * 40, "size": 0}
        found[path] = {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
    return [entry for path, entry in found.items() if recursive or "/" not in path.removeprefix(start)]


# ---------------------------------------------------------------- files of datasets
def as_parquet(rows: list[dict]) -> bytes:
    import pyarrow
    from pyarrow.parquet import write_table

    stream = io.BytesIO()
    write_table(pyarrow.Table.from_pylist(rows), stream)
    return stream.getvalue()


def as_jsonl(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
