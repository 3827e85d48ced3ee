"""Tokenizers in the forms of well-known models, small enough to be trained in a test."""

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SPACE = "▁"
CORPUS = ["the answer : 5 is five. \n so we add (x) ", "the answer is 5\nand so on"]
TEXTS = ["User: hello there my friend\n", "Answer: the boat sank at noon", "Question: who is it"]
SPECIAL = ["[UNK]", "[END]"]


def spaced():
    """Of the form of Llama 2's and Mistral's: a space before every text, which decoding takes away again."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    made.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
    made.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.train_from_iterator(
        [line.replace("\n", "") for line in CORPUS] * 4,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))],
            initial_alphabet=[*"the answ:5ifvod(x).", SPACE],
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="</s>", unk_token="<unk>", pad_token="</s>")


def trained(model, trainer, before, decoder):
    made = Tokenizer(model)
    made.pre_tokenizer, made.decoder = before, decoder
    made.train_from_iterator(TEXTS * 8, trainer(vocab_size=120, special_tokens=SPECIAL, show_progress=False))
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]", eos_token="[END]")


def word_pieces():
    """Of BERT's form: a space before every token that does not begin with ##."""
    model = models.WordPiece(unk_token="[UNK]")
    return trained(model, trainers.WordPieceTrainer, pre_tokenizers.BertPreTokenizer(), decoders.WordPiece())


def marked_ends():
    """Of GPT-1's form: a token that ends a word shows its space when another follows."""
    model = models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>")

    def trainer(**options):
        return trainers.BpeTrainer(end_of_word_suffix="</w>", **options)

    return trained(model, trainer, pre_tokenizers.Whitespace(), decoders.BPEDecoder())


def marked_starts():
    """Of T5's form: a mark before every word, which the first loses."""
    model = models.BPE(unk_token="[UNK]")
    return trained(model, trainers.BpeTrainer, pre_tokenizers.Metaspace(), decoders.Metaspace())


def apart():
    """Whole words, with a space between any two tokens."""
    model = models.WordLevel(unk_token="[UNK]")
    return trained(model, trainers.WordLevelTrainer, pre_tokenizers.WhitespaceSplit(), None)
