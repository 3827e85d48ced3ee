"""Questions of the paper's shapes, as random token ids, and models to train on them."""

from random import Random

from mialign.training.grid import Item

# Tokens of a prompt with its constitution and of a response in the authors' runs.
PAPER = (150, 500), (20, 400)
SHORT = (15, 50), (4, 20)  # for tests

# hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads, vocab_size, and whether
# the embeddings are tied: those of SmolLM2-135M, Llama-3.2-1B and Llama-3.1-8B (their config.json), and one for tests.
LLAMAS = {
    "tiny": (64, 128, 2, 4, 2, 300, True),
    "135m": (576, 1536, 30, 9, 3, 49_152, True),
    "1b": (2048, 8192, 16, 32, 8, 128_256, True),
    "8b": (4096, 14_336, 32, 32, 8, 128_256, False),
}


def questions(count: int, prompts: int, responses: int, vocabulary: int, seed: int, lengths=PAPER) -> list[Item]:
    """Prompts of a question differ in length by up to a tenth; lengths of responses are drawn log-uniformly."""
    rng = Random(seed)
    of_prompt, (least, most) = lengths

    def ids(length):
        return [rng.randrange(2, vocabulary) for _ in range(length)]

    made = []
    for _ in range(count):
        length = rng.randint(*of_prompt)
        made.append(
            Item(
                [ids(round(length * rng.uniform(0.9, 1.0))) for _ in range(prompts)],
                [[*ids(round(least * (most / least) ** rng.random())), 0] for _ in range(responses)],
            )
        )
    return made


def model(vocabulary: int):
    """A Llama of 14 million random weights beside its vocabulary, in training mode."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=6,
        intermediate_size=1536,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).train()


def given(folder: str):
    """The causal LM in a folder, its weights in float32, in training mode."""
    import torch
    from transformers.models.auto import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True).train()


def llama_config(shape: str, **changes):
    """The LlamaConfig of one of LLAMAS."""
    from transformers import LlamaConfig

    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    settings = dict(zip((*names, "vocab_size", "tie_word_embeddings"), LLAMAS[shape], strict=True))
    ends = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": 0}
    return LlamaConfig(**settings | {"max_position_embeddings": 4096} | ends | changes)


def random_model(config, dtype, device: str):
    """A causal LM of a config with random weights, made on the device in this dtype, in training mode."""
    import torch
    from transformers.models.auto import AutoModelForCausalLM

    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            return AutoModelForCausalLM.from_config(config).train()
    finally:
        torch.set_default_dtype(before)


def parameters(shape: str) -> int:
    """The weights of one of LLAMAS, counted without making them."""
    import torch
    from transformers import LlamaForCausalLM

    with torch.device("meta"):
        return LlamaForCausalLM(llama_config(shape)).num_parameters()
