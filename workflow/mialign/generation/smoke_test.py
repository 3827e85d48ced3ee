"""An engine on trial: it starts a tiny model of random weights, as a run would start its own, and writes with it."""

from pathlib import Path

from mialign.core.disk_space import temporary_folder
from mialign.generation.engine import BatchSize, Completion, Request, RuntimeOptions, Sampling
from mialign.generation.factory import make_engine

TEXT = "The boat and the house by the harbour.\n"


def try_engine(settings: dict, gpus: int) -> Completion:
    """What an engine of these settings writes on so many GPUs; whatever it raises where it cannot."""
    with temporary_folder() as folder:
        _make_model(folder, heads=2 * gpus)
        engine = make_engine(folder, settings, RuntimeOptions(BatchSize(1), gpus=gpus, gpu_share=30))
        sampling = Sampling(temperature=0.0, top_p=1.0, max_tokens=8, stop=())
        ((_, ((completion,),)),) = engine.shards([[Request(TEXT, (0,))]], sampling, lambda count: None)
        return completion


def _make_model(folder: Path, heads: int) -> None:
    """Of a shape that attention on GPUs takes, and with heads that every one of them can have its share of."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from mialign.models.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([TEXT], vocabulary=300, context=256)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64 * heads,
        num_hidden_layers=1,
        num_attention_heads=heads,
        intermediate_size=64 * heads,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
