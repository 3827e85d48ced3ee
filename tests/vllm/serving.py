"""Servers that vLLM runs on loopback."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setting import ENVIRONMENT, PYTHONS


@contextmanager
def serving(model: Path, name: str, log: Path, generation: str = "vllm") -> Iterator[str]:
    """The address of a server that has the model under this name, and that is gone afterwards.

    generation: auto has the model's own end tokens from its generation_config.json, vllm that of its tokenizer alone.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [PYTHONS["vllm"].with_name("vllm"), "serve", model, "--host", "127.0.0.1", "--port", port]
    words += ["--served-model-name", name, "--dtype", "float32", "--enforce-eager", "--generation-config", generation]
    words += ["--no-enable-chunked-prefill"]  # on CPUs it does not go together with seeds
    with log.open("w") as said:
        environment = ENVIRONMENT | {"VLLM_CPU_KVCACHE_SPACE": "1"}  # in GiB; else it takes most of the memory
        server = subprocess.Popen([str(word) for word in words], stdout=said, stderr=said, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(60)


def _wait(url: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 300
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < until
            time.sleep(0.5)
