"""What a job computes in, by what its processor has."""

import os
import subprocess
import sys

import pytest
import torch

from mialign.models import machine


@pytest.mark.parametrize(
    ("kind", "takes", "has", "computes"),
    [
        ("x86_64", True, True, True),  # AVX-512 with AVX512_BF16, such as Zen 4 and Sapphire Rapids
        ("x86_64", True, False, False),  # AVX-512 alone, such as Ice Lake: oneDNN takes bfloat16, and emulates it
        ("x86_64", False, False, False),  # AVX2
        ("aarch64", True, False, True),
        ("aarch64", False, False, False),
    ],
)
def test_bfloat16_is_for_processors_with_instructions_for_it(monkeypatch, kind, takes, has, computes):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(machine.platform, "machine", lambda: kind)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: takes)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has)
    assert machine.use_bf16("bf16") is computes
    assert machine.use_bf16("float32") is False
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert machine.use_bf16("bf16") is True


def test_it_is_used_where_its_products_are_faster_than_those_of_float32():
    """On this processor; the tests run beside each other, so the fastest of several is taken."""
    code = """
import time, torch
from mialign.models.machine import use_bf16

def seconds(dtype):
    factors = torch.ones(512, 512, dtype=dtype), torch.ones(512, 512, dtype=dtype)
    taken = []
    for _ in range(60):
        start = time.perf_counter()
        torch.matmul(*factors)
        taken.append(time.perf_counter() - start)
    return min(taken)

torch.set_num_threads(1)
print(use_bf16("bf16"), seconds(torch.bfloat16) < seconds(torch.float32))
"""
    for limit in ({}, {"ONEDNN_MAX_CPU_ISA": "AVX2"}):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | limit | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        used, faster = done.stdout.split()
        assert used == faster
