"""A file from an address comes whole and is the one that was meant, or not at all."""

import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from mialign.core.errors import InputError
from mialign.data.fetch import Absent, Unreachable, web

DATA = b'{"question": "How many?"}\n' * 100_000
SUM = hashlib.sha256(DATA).hexdigest()


class Server(BaseHTTPRequestHandler):
    """/whole gives the data, /cut half of it, /busy and /gone an error."""

    def do_GET(self) -> None:
        status = {"/busy": 503, "/gone": 404}.get(self.path, 200)
        self.send_response(status)
        self.send_header("Content-Length", str(len(DATA) if status == 200 else 0))
        self.end_headers()
        if status == 200:
            self.wfile.write(DATA[: len(DATA) // 2] if self.path == "/cut" else DATA)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture(scope="module")
def server():
    server = HTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_file_is_written_whole(server, tmp_path):
    assert web.download(f"{server}/whole", SUM, tmp_path / "deep/x.jsonl") == SUM
    assert (tmp_path / "deep/x.jsonl").read_bytes() == DATA


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/cut", f"the connection was cut with {len(DATA) - len(DATA) // 2} bytes to come"),
        ("/busy", "the server answers 503"),
        ("/gone", "the server answers 404"),
    ],
)
def test_a_failure_leaves_nothing_and_says_what_it_was(server, tmp_path, path, message):
    with pytest.raises(InputError) as caught:
        web.download(server + path, SUM, tmp_path / "x.jsonl")
    assert message in str(caught.value)
    assert isinstance(caught.value, Absent) is (path == "/gone")
    assert isinstance(caught.value, Unreachable) is (path == "/busy")
    assert list(tmp_path.iterdir()) == []


def test_another_content_than_was_meant_is_refused_and_an_old_file_stays(server, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"old")
    with pytest.raises(InputError, match=f"its sha256 is {SUM} and not {'0' * 64}"):
        web.download(f"{server}/whole", "0" * 64, tmp_path / "x.jsonl")
    assert (tmp_path / "x.jsonl").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_nobody_at_the_address(tmp_path):
    with pytest.raises(
        Unreachable, match=r"http://127\.0\.0\.1:9/x: it cannot be fetched \(.*\); run make fetch where"
    ):
        web.download("http://127.0.0.1:9/x", SUM, tmp_path / "x.jsonl")
