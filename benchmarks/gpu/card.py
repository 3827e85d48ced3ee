"""The card: its name, its memory, and how fast it multiplies."""

import time

GIB = 2**30
# Dense bfloat16 operations a second by NVIDIA's data sheets, by what stands in the card's name.
NAMED_PEAK = {"H200": 989e12, "H100 80GB HBM3": 989e12, "H100 PCIe": 756e12, "A100": 312e12}
PRODUCTS = 20  # in a series


def name(device: str) -> str:
    """As torch names it; of a CPU, that it is none."""
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else "no GPU"


def memory_gib(device: str) -> float:
    """All memory of the card; of a CPU, endless for what is tried on it."""
    import torch

    return torch.cuda.get_device_properties(0).total_memory / GIB if device == "cuda" else float("inf")


def named_peak(card: str) -> float | None:
    """Operations a second that the maker states, where the name is known."""
    return next((rate for part, rate in NAMED_PEAK.items() if part in card), None)


def matrix_rate(device: str, size: int) -> float:
    """Operations a second of bfloat16 products of two square matrices: the best of three series."""
    import torch

    a, b = (torch.randn(size, size, dtype=torch.bfloat16, device=device) for _ in range(2))

    def series() -> float:
        _wait(device)
        start = time.perf_counter()
        for _ in range(PRODUCTS):
            a @ b
        _wait(device)
        return time.perf_counter() - start

    series()
    return 2 * size**3 * PRODUCTS / min(series() for _ in range(3))


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
