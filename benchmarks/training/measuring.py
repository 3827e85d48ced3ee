"""Speed and memory of a training step, on a CPU or on a GPU."""

import ctypes
import time
from collections.abc import Callable
from pathlib import Path

import torch
from ways import unique

from mialign.training.grid import Item

MIB = 2**20


def step_of(policy, optimizer, step: Callable, batches: list[list[Item]], heaviest: list[Item]) -> dict:
    """Mean speed over the batches, a step each; memory of the passes over `heaviest`.

    step: takes questions, leaves their gradients and gives the positions that it computed.
    step_memory_mib: beyond resident_mib, which are weights, gradients and the optimizer's state (on a CPU all that the
    process holds).
    """
    device = next(policy.parameters()).device.type
    begin(policy, optimizer)
    step(batches[0][:1])  # not measured: allocations, threads, compiled kernels
    seconds, positions = [], []
    for items in batches:
        start = now(device)
        optimizer.zero_grad(set_to_none=False)
        positions.append(step(items))
        optimizer.step()
        seconds.append(now(device) - start)
    needed = []
    for _ in range(3):
        resident = forget_peak(device)
        step(heaviest)
        needed.append(peak(device) - resident)
    questions = sum(map(len, batches))
    return {
        "questions_per_second": questions / sum(seconds),
        "step_memory_mib": sorted(needed)[1],
        "resident_mib": resident,
        "positions_per_unique_token": sum(positions) / sum(map(unique, batches)),
        "unique_tokens": sum(map(unique, batches)) / questions,
    }


def begin(policy, optimizer) -> None:
    """Gradients and the optimizer's state are there from now on."""
    policy(torch.tensor([[2, 3]], device=policy.device)).logits.sum().backward()
    optimizer.step()


def now(device: str) -> float:
    """Seconds, when all that was asked of the device is done."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def forget_peak(device: str) -> float:
    """Give all free memory back, and begin a new peak; the MiB that stay.

    On a CPU memory is from now on given back as soon as it is freed. Otherwise the peak of one and the same step moves
    by a factor of two from run to run.
    """
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated() / MIB
    libc = ctypes.CDLL(None)
    libc.mallopt(-3, 2**18)  # M_MMAP_THRESHOLD
    libc.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return peak(device)


def peak(device: str) -> float:
    """The most memory in MiB since the last peak was forgotten: of tensors on a GPU, on a CPU of the process."""
    if device == "cuda":
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() / MIB
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
