"""Questions of the paper's shapes, as random token ids, and a model to train on them."""

from random import Random

from mialign.training.grid import Item

# Tokens of a prompt with its constitution and of a response in the authors' runs.
PROMPT, RESPONSE = (150, 500), (20, 400)


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
