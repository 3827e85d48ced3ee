"""Weights that are sharded where the workflow does not.

PyTorch shards on any device. The workflow does for several processes with GPUs, and accelerate on GPUs only, so a CPU
is taken for one.
"""

from accelerate.state import PartialState
from accelerate.utils import DistributedType

from mialign.training import loop


def shard_weights(device: str) -> None:
    """From now on trainings of this process shard their weights (FSDP), even one process alone."""
    loop.sharded = lambda: True
    begin = PartialState.__init__

    def begin_as_on_gpus(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        if PartialState._shared_state["distributed_type"] == DistributedType.MULTI_CPU:
            PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU

    if device == "cpu":
        PartialState.__init__ = begin_as_on_gpus
