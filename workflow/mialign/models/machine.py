"""Settings of the process that a torch job needs before torch is imported, and what it computes on and in."""

import os
import platform
from collections.abc import Callable

# As torch, transformers and vLLM call the precisions of the config.
DTYPES = {"float32": "float32", "bf16": "bfloat16"}
BYTES = {"float32": 4, "bf16": 2}  # of a number
# Read when a library is loaded. A thread that waits for others spins only for a moment: one that slept at once would
# have to be woken for every operation; one that spins for long takes the core from the job beside it.
BEFORE_TORCH = {"GOMP_SPINCOUNT": "2000", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}


def prepare(threads: int) -> None:
    """Fix the number of threads, since sums depend on it, and what else decides the bytes of a result or the time."""
    os.environ.update(BEFORE_TORCH, OMP_NUM_THREADS=str(threads))
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it CUDA's matrix products may vary
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    torch.set_num_threads(threads)
    # The same as use_deterministic_algorithms, which also imports the compiler: that takes a second of each job.
    # On GPUs some steps, such as a cumulated sum, have no such form; there a warning must do.
    torch.set_deterministic_debug_mode("warn" if torch.cuda.is_available() else "error")
    # Otherwise every new tensor is filled before it is written to, an eighth of the time of decoding.
    torch.utils.deterministic.fill_uninitialized_memory = False


def device() -> str:
    """cuda where torch sees a GPU, else cpu."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def of_first(make: Callable):
    """What the first of the processes that share a training makes."""
    from accelerate import PartialState
    from accelerate.utils import broadcast_object_list

    (shared,) = broadcast_object_list([make() if PartialState().is_main_process else None])
    return shared


def use_bf16(precision: str) -> bool:
    """Whether to compute in bfloat16: if asked to, and not on a processor that would have to emulate it, at a loss."""
    import torch

    return precision == "bf16" and (torch.cuda.is_available() or _computes_bf16())


def _computes_bf16() -> bool:
    """Whether this processor does. oneDNN takes bfloat16 on every x86 processor with AVX-512.

    Those without AVX512_BF16, such as Ice Lake, must emulate it. On one core of an AMD EPYC a product had 219 GFLOP/s
    with these instructions, 37 without (ONEDNN_MAX_CPU_ISA=AVX512_CORE), and 100 in float32.
    """
    import torch

    emulated = platform.machine() == "x86_64" and not torch.cpu._is_avx512_bf16_supported()
    return torch.ops.mkldnn._is_mkldnn_bf16_supported() and not emulated


def computed_in(tensor):
    """The dtype in which matrix products of a tensor are computed: that of autocast where it is on, else its own."""
    import torch

    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype


def autocast(precision: str):
    """What the Trainer computes in where training.precision is bf16; in float32 it does nothing."""
    import torch

    return torch.autocast(device(), torch.bfloat16, enabled=use_bf16(precision))
