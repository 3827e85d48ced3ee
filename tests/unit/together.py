"""Run by test_processes in each of two processes: a training of test_training, with FSDP or without.

Its validation has the policy write, as a real one does, and each step says what it was taken with.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("tests/unit", "tests", "workflow", "benchmarks/gpu")]

from mialign.models.machine import prepare  # noqa: E402

prepare(1)

import json  # noqa: E402

import test_training  # noqa: E402
import torch  # noqa: E402
from sharding import shard_weights  # noqa: E402
from torch.distributed.fsdp import FSDPModule  # noqa: E402
from torch.nn.parallel import DistributedDataParallel  # noqa: E402

from mialign.core.process import leave  # noqa: E402
from mialign.training import trainer  # noqa: E402

KINDS = {"fsdp": FSDPModule, "copies": DistributedDataParallel}


def watch(how: str) -> None:
    """Every grid is computed by a model that is shared in this way, and its sums are whole numbers of 32 bits."""
    compute = trainer.grid

    def watched(model, *args, **kwargs):
        assert isinstance(model, KINDS[how]), type(model)
        computed = compute(model, *args, **kwargs)
        assert computed.sums.dtype == torch.float32
        return computed

    trainer.grid = watched


def main() -> None:
    folder, parent, pairs, how, changes = sys.argv[1:]
    if how == "fsdp":
        shard_weights("cpu")
    watch(how)
    test_training.Scores = test_training.Answers
    test_training.fit(Path(folder), Path(parent), Path(pairs), [0.1, 0.2, 0.3], **json.loads(changes))
    assert not torch.distributed.is_initialized()


if __name__ == "__main__":
    main()
    leave(0)  # as a stage does: Python's own end aborts the process if a thread of the group still holds a tensor
