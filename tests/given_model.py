"""A folder that passes for a model's, as far as that is looked at before any job."""

import json
import struct
from pathlib import Path

CONFIG = {"model_type": "llama", "vocab_size": 6, "max_position_embeddings": 2048}


def given_model(folder: Path, weights: bool = True, **config) -> Path:
    """tokenizer.json, config.json (of a Llama, but for `config`) and, if wanted, a safetensors file of six numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text("{}")
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    if weights:
        header = json.dumps({"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(24))
    return folder
