"""Keys and values in memory that is laid out once, with rows that can be repeated and dropped."""

from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer


class _Layer(DynamicLayer):
    """A dynamic layer whose tensors are views of a buffer for `capacity` positions: no copy at each new token."""

    def __init__(self, capacity: int):
        super().__init__()
        self.capacity = capacity
        self.length = 0

    def update(self, key_states: Tensor, value_states: Tensor, *args, **kwargs) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            rows, heads, _, size = key_states.shape
            self.lazy_initialization(key_states, value_states)
            self.buffers = [key_states.new_empty(rows, heads, self.capacity, size) for _ in range(2)]
        end = self.length + key_states.shape[2]
        for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[:, :, self.length : end] = states
        self.length = end
        self.keys, self.values = (buffer[:, :, :end] for buffer in self.buffers)
        return self.keys, self.values

    def get_seq_length(self) -> int:
        return self.length

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def select(self, rows: Tensor) -> None:
        buffers = [buffer.new_empty(len(rows), *buffer.shape[1:]) for buffer in self.buffers]
        for new, old in zip(buffers, self.buffers, strict=True):
            new[:, :, : self.length] = old[rows, :, : self.length]
        self.buffers = buffers
        self.keys, self.values = (buffer[:, :, : self.length] for buffer in buffers)


class GrowingCache(Cache):
    def __init__(self, layers: int, capacity: int):
        super().__init__(layers=[_Layer(capacity) for _ in range(layers)])

    def select(self, rows: Tensor) -> None:
        """Keep these rows, in this order; a row may be named several times."""
        for layer in self.layers:
            layer.select(rows)
