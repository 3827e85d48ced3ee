"""Questions of the paper's shapes, as random token ids, and models to train on them."""

from random import Random

from mialign.grid import Item

# Tokens of a prompt with its constitution and of a response in the authors' runs.
PROMPT, RESPONSE = (150, 500), (20, 400)

MODELS = {
    "small": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6, "intermediate_size": 1536},
    "mistral-7b": {
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 14336,
        "tie_word_embeddings": False,
    },
    "llama-3.1-8b": {
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 14336,
        "tie_word_embeddings": False,
    },
}


def questions(count: int, prompts: int, responses: int, vocabulary: int, seed: int) -> list[Item]:
    """Prompts of a question differ in length by up to a tenth; lengths of responses are drawn log-uniformly."""
    rng = Random(seed)

    def ids(length):
        return [rng.randrange(2, vocabulary) for _ in range(length)]

    made = []
    for _ in range(count):
        length = rng.randint(*PROMPT)
        made.append(
            Item(
                [ids(round(length * rng.uniform(0.9, 1.0))) for _ in range(prompts)],
                [[*ids(round(RESPONSE[0] * (RESPONSE[1] / RESPONSE[0]) ** rng.random())), 0] for _ in range(responses)],
            )
        )
    return made


def model(name: str, vocabulary: int, seed: int = 0):
    """A Llama with random weights, in training mode."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    shape = {"tie_word_embeddings": True} | MODELS[name]
    config = LlamaConfig(vocab_size=vocabulary, max_position_embeddings=4096, **shape)
    return LlamaForCausalLM(config).train()
