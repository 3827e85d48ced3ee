"""Run by test_processes in each of two processes: a training of test_training, with FSDP or without."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("tests/unit", "tests", "workflow")]

from mialign.machine import prepare  # noqa: E402

prepare(1)

import json  # noqa: E402

import test_training  # noqa: E402
from accelerate.state import PartialState  # noqa: E402
from accelerate.utils import DistributedType  # noqa: E402

from mialign.training import loop  # noqa: E402


def main() -> None:
    folder, parent, pairs, how, changes = sys.argv[1:]
    if how == "fsdp":
        # Accelerate shards weights on GPUs only, PyTorch anywhere.
        loop.sharded = lambda: True
        PartialState(cpu=True)
        PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    test_training.fit(Path(folder), Path(parent), Path(pairs), [0.1] * 40, **json.loads(changes))


if __name__ == "__main__":
    main()
