"""Conversations become ids: as transformers has them, with special tokens of the template and never of a text."""

import json
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import GenerationConfig, PreTrainedTokenizerFast

from mialign.core.errors import InputError
from mialign.core.template import beginning, fill, text_of
from mialign.data import principles
from mialign.data.builders import constitutions
from mialign.data.pairs import responses_by_prompt
from mialign.data.prompts import check_settings, check_template, prompt_records
from mialign.generation.stop_phrases import ends
from mialign.models.chat_template import encode_conversation
from mialign.models.prompt_ids import encode_prompt, end_token
from mialign.training.grid import tokenise

CHATML = (
    "{% for m in messages %}{{ '<|start|>' + m['role'] + '\n' + m['content'] | trim + '<|stop|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}"
)
NO_SYSTEM = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no such role') }}{% endif %}"
    "{% for m in messages %}{% if m['role'] == 'user' %}[ASK] {{ m['content'] }} [/ASK]{% else %}"
    " {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
SYSTEM = {"role": "system", "content": "1. Be brief."}
USER = {"role": "user", "content": "Name two rivers."}
OPENING = {"role": "assistant", "content": "Of course:"}


def byte_level() -> PreTrainedTokenizerFast:
    """Every byte is a token, as are two merges that cross the seam of a template and a text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate([*alphabet, "ĠN", "ĊN"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ġ", "N"), ("Ċ", "N")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<bos>", "<eos>", "<|start|>", "<|stop|>", "[ASK]", "[/ASK]"]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>")


def with_spaces() -> PreTrainedTokenizerFast:
    """Like those of Llama 2: a space is put before the first text, and spaces are letters."""
    letters = ["\u2581", "\n", *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:,?'-|<>[]/", "<unk>"]
    tokenizer = Tokenizer(
        models.BPE(vocab={one: place for place, one in enumerate(letters)}, merges=[], unk_token="<unk>")
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.Fuse(), decoders.Strip(content=" ", left=1)]
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in ("<bos>", "<eos>", "[ASK]", "[/ASK]")])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>")


def chat(make=byte_level, template=CHATML):
    tokenizer = make()
    tokenizer.chat_template = template
    return tokenizer


def theirs(tokenizer, messages, **options):
    return tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False, **options)


TALKS = [
    [USER],
    [SYSTEM, USER],
    [SYSTEM, USER, {"role": "assistant", "content": "The Ems."}, {"role": "user", "content": "And?"}],
]


@pytest.mark.parametrize("messages", TALKS)
def test_ids_are_those_of_transformers(messages):
    tokenizer = chat()
    assert encode_conversation(tokenizer, messages) == theirs(tokenizer, messages, add_generation_prompt=True)


@pytest.mark.parametrize("make", [byte_level, with_spaces])
def test_without_a_role_for_the_system_its_text_stands_before_the_users(make):
    tokenizer = chat(make, NO_SYSTEM)
    merged = [{"role": "user", "content": "1. Be brief.\n\nName two rivers."}]
    found = encode_conversation(tokenizer, [SYSTEM, USER])
    assert found == encode_conversation(tokenizer, merged) == theirs(tokenizer, merged, add_generation_prompt=True)
    assert found.count(tokenizer.bos_token_id) == 1  # the template has one, and none is put before it


def test_a_merge_across_the_seam_is_made_as_in_one_text():
    tokenizer = chat()
    across = tokenizer.convert_tokens_to_ids("ĊN")
    assert across in encode_conversation(tokenizer, [USER])


def test_an_opening_goes_on_where_the_answer_begins():
    tokenizer = chat()
    asked = encode_conversation(tokenizer, [SYSTEM, USER])
    begun = encode_conversation(tokenizer, [SYSTEM, USER, OPENING])
    assert begun[: len(asked)] == asked
    assert tokenizer.decode(begun[len(asked) :]) == "Of course:"


def test_a_whole_answer_is_closed_by_the_template():
    tokenizer = chat()
    found = encode_conversation(tokenizer, [USER, OPENING], closed=True)
    assert found == theirs(tokenizer, [USER, OPENING])
    assert tokenizer.decode(found).endswith("Of course:<|stop|>\n")


@given(st.lists(st.sampled_from(["<|start|>", "<|stop|>", "<eos>", "<bos>", "[ASK]", "a", " b", "\n", "{{ x }}"])))
def test_special_tokens_in_a_text_are_text(words):
    text = "".join(["Q", *words, "."])
    ids = encode_conversation(TALKER, [{"role": "system", "content": text}, {"role": "user", "content": text}])
    special = set(TALKER.all_special_ids) | set(TALKER.added_tokens_decoder)
    rendered = f"<|start|>system\n{text}<|stop|>\n<|start|>user\n{text}<|stop|>\n<|start|>assistant\n"
    assert sum(token in special for token in ids) == 5
    assert TALKER.decode(ids, skip_special_tokens=False) == rendered


TALKER = chat()


def test_the_token_behind_an_answer_ends_it_in_generation_and_in_training():
    tokenizer = chat()
    stop = tokenizer.convert_tokens_to_ids("<|stop|>")
    prompt = [USER]
    assert end_token(tokenizer, prompt) == stop
    assert end_token(tokenizer, "Name two rivers.") == tokenizer.eos_token_id
    assert ends(tokenizer, GenerationConfig(eos_token_id=[3]), [prompt]) == {tokenizer.eos_token_id, 3, stop}
    assert ends(tokenizer, GenerationConfig(eos_token_id=[3]), ["a text"]) == {tokenizer.eos_token_id, 3}
    item = tokenise(tokenizer, [prompt], ["The Ems.", "The Oder."], ended=[True, False])
    assert [response[-1] == stop for response in item.responses] == [True, False]
    assert item.prompts == [encode_conversation(tokenizer, prompt)]


def test_a_template_without_a_token_behind_answers_ends_with_eos():
    tokenizer = chat(template="{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}")
    assert end_token(tokenizer, [USER]) == tokenizer.eos_token_id


def test_a_prompt_is_a_text_or_a_conversation():
    tokenizer = chat()
    assert encode_prompt(tokenizer, "a") == [tokenizer.bos_token_id, *tokenizer("a")["input_ids"]]
    assert encode_prompt(tokenizer, [USER]) == encode_conversation(tokenizer, [USER])


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (None, "the model has no chat template, and the prompt is a list of messages; write that template"),
        ("{{ raise_exception('never') }}", r"cannot frame the prompt \(never\)"),
        ("{{ messages[0]['content'] | upper }}", "it changes the prompt"),
        ("{{ messages[0]['content'] | replace('two', '2') }}", "it changes the prompt"),
        ("{{ messages[0]['content'] * 2 }}", "it says the prompt 2 times"),
        (
            "{% if 'rivers' in messages[0]['content'] %}{{ raise_exception('no rivers') }}{% endif %}"
            "{{ messages[0]['content'] }}",
            r"cannot frame the prompt \(no rivers\)",
        ),
    ],
)
def test_a_template_that_cannot_serve_is_told_in_one_line(template, reason):
    with pytest.raises(InputError, match=reason) as caught:
        encode_conversation(chat(template=template), [USER])
    assert "\n" not in str(caught.value)


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.system('touch FILE') }}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').system('touch FILE') }}",
    "{{ __import__('os').system('touch FILE') }}",
    "{% import 'os' as os %}{{ os.system('touch FILE') }}",
    "{% include '/etc/hostname' %}",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_template_that_reaches_for_python_is_refused_and_runs_nothing(tmp_path, escape):
    """It is a program of whoever made the model's folder."""
    file = tmp_path / "ran"
    chat(template=CHATML + escape.replace("FILE", str(file))).save_pretrained(tmp_path / "model")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tmp_path / "model")
    with pytest.raises(InputError) as caught:
        encode_conversation(tokenizer, [USER])
    assert str(caught.value).startswith(f"{tmp_path}/model: its chat template cannot frame the prompt (")
    assert "\n" not in str(caught.value)
    assert not file.exists()


# ---------------------------------------------------------------- in the config
TEMPLATE = [
    {"role": "system", "content": "{constitution}"},
    {"role": "user", "content": "{question}"},
    {"role": "assistant", "content": "{opening}"},
]


def test_a_conversation_is_filled_and_what_is_empty_left_out():
    filled = fill(TEMPLATE, constitution="1. Be brief.", question="Is {opening} a field?", opening="")
    assert filled == [SYSTEM, {"role": "user", "content": "Is {opening} a field?"}]
    assert text_of(filled) == "1. Be brief.\n\nIs {opening} a field?"
    assert json.loads(json.dumps(filled)) == filled
    assert fill(TEMPLATE, constitution=" ", question="Q", opening="A")[0]["role"] == "user"


def test_its_fields_are_those_that_are_wanted():
    check_template("template", TEMPLATE, {"constitution", "question", "opening"})
    with pytest.raises(InputError, match=r"template: the field \{constitution\} is missing"):
        check_template("template", TEMPLATE[1:2], {"constitution", "question"})


@pytest.mark.parametrize("roles", ["assistant", "system", "user system", "user user", "system assistant user"])
def test_messages_that_do_not_take_turns_are_refused(roles):
    template = [{"role": role, "content": "{question}"} for role in roles.split()]
    with pytest.raises(InputError, match="template: the messages must be of user and assistant in turn"):
        check_template("template", template, {"question"})


# ---------------------------------------------------------------- what a writer is made to begin with
FORCED = {
    "greeting": {"positive": ["Greet."], "antithesis": ["Do not."], "forced_opening": {"positive": "Hello!"}},
    "list": {
        "positive": ["List."],
        "antithesis": ["Prose."],
        "forced_opening": {"positive": "\n- ", "antithesis": " The"},
    },
}


@pytest.fixture
def known(tmp_path):
    texts = {"name": "N", "description": "D", "short": ["S."]}
    blocks = {name: {**texts, **block} for name, block in FORCED.items()}
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"categories": {"writing": list(FORCED)}, "principles": blocks}))
    return principles.load(tmp_path / "p.yaml")


def test_a_forced_opening_joins_those_of_the_sides_and_belongs_to_the_response(known):
    settings = {
        "experiment": "e",
        "seed": 1,
        "builder": "constitutions",
        "constitutions": 4,
        "template": TEMPLATE[:2],
        "generation_template": [*TEMPLATE[:2], {"role": "assistant", "content": "{forced_opening}"}],
    }
    question = {"id": "q", "category": "writing", "question": "Name two rivers.", "reference": None}
    (record,) = prompt_records([question], known, "train", settings, constitutions.prompts)
    wanted = {
        ("positive", "positive"): "Hello!\n-",
        ("positive", "antithesis"): "Hello! The",
        ("antithesis", "positive"): "-",
        ("antithesis", "antithesis"): "The",
    }
    sides = [dict(one["principles"]) for one in record["constitutions"]]
    begun = [wanted[one["greeting"], one["list"]] for one in sides]
    assert [beginning(prompt) for prompt in record["generation_prompts"]] == begun
    assert all(len(prompt) == 2 for prompt in record["prompts"])
    written = [
        {"prompt_id": record["id"], "prompt": number, "text": " Ems", "finish": "eos"} for number in range(len(begun))
    ]
    found = responses_by_prompt([record], written)[record["id"]]
    assert [one["text"] for one in found] == [f"{text} Ems" for text in begun]


def test_what_both_prompts_begin_with_is_no_part_of_the_response():
    record = {
        "id": "e/q",
        "prompts": [[USER, OPENING]],
        "generation_prompts": [[USER, {**OPENING, "content": "Of course: a"}]],
    }
    written = [{"prompt_id": "e/q", "prompt": 0, "text": "nd so", "finish": "stop"}]
    assert responses_by_prompt([record], written)["e/q"][0]["text"] == " and so"
    assert (
        responses_by_prompt([{**record, "generation_prompts": record["prompts"]}], written)["e/q"][0]["text"] == "nd so"
    )


OPENINGS = {"principle": "list", "positive": "Let's go.", "antithesis": "At once."}
TALK, TEXT = (
    [*TEMPLATE[:2], {"role": "assistant", "content": "{opening}"}],
    "{constitution}\nQ: {question}\nA: {opening}\n",
)
FORCING_TALK = [*TEMPLATE[:2], {"role": "assistant", "content": "{opening}{forced_opening}"}]
FORCING_TEXT = "{constitution}\nQ: {question}\nA: {opening}{forced_opening}"


@pytest.mark.parametrize(
    ("written", "trained", "positive", "antithesis"),
    [
        (TALK, TALK, "", ""),
        (TALK, TEXT, "", ""),
        (TEXT, TALK, "\n", "\n"),  # the line break behind the opening, which the text has and the conversation has not
        (TEXT, TEXT, "", ""),
        (FORCING_TALK, TALK, "\n-", " The"),
        (FORCING_TALK, TEXT, "-", " The"),
        (FORCING_TEXT, TALK, "\n- ", " The"),
        (FORCING_TEXT, TEXT, "- ", " The"),
    ],
)
def test_a_response_begins_with_what_was_forced_and_not_with_the_opening_of_both(
    known, written, trained, positive, antithesis
):
    settings = {"openings": OPENINGS, "template": trained, "generation_template": written}
    assert responses(known, settings) == {"positive": f"{positive}Ems", "antithesis": f"{antithesis}Ems"}


@pytest.mark.parametrize(
    ("written", "trained", "positive"),
    [
        (FORCING_TALK, TALK, "-"),
        (FORCING_TALK, TEXT, "-"),
        (FORCING_TEXT, TALK, "- "),
        (FORCING_TEXT, TEXT, "\n- "),
    ],
)
def test_without_an_opening_of_both_a_response_in_a_conversation_begins_without_blanks(
    known, written, trained, positive
):
    written, trained = (json.loads(json.dumps(one).replace("{opening}", "")) for one in (written, trained))
    assert responses(known, {"template": trained, "generation_template": written})["positive"] == f"{positive}Ems"


@pytest.mark.parametrize(
    "template",
    [
        "{constitution}\nQ: {question}\nBegin with {forced_opening}\nA:",
        [TEMPLATE[0], {"role": "user", "content": "{question} Begin with {forced_opening}"}],
    ],
)
def test_a_forced_opening_that_does_not_begin_the_answer_is_refused(template):
    settings = {"template": "{constitution}\nQ: {question}\nA:", "generation_template": template}
    with pytest.raises(InputError, match=r"^generation_template: \{forced_opening\} does not begin the answer there"):
        check_settings(settings)


def responses(known, templates: dict) -> dict[str, str]:
    """The response by the side of the principle `list`, where the writer goes on with "Ems" under each."""
    settings = {"experiment": "e", "seed": 1, "constitutions": 2, **templates}
    question = {"id": "q", "category": "writing", "question": "Name two rivers.", "reference": None}
    known = replace(known, categories={"writing": ("list",)})
    (record,) = prompt_records([question], known, "train", settings, constitutions.prompts)
    sides = [dict(one["principles"])["list"] for one in record["constitutions"]]
    written = [{"prompt_id": record["id"], "prompt": number, "text": "Ems", "finish": "eos"} for number in range(2)]
    found = responses_by_prompt([record], written)[record["id"]]
    return {side: one["text"] for side, one in zip(sides, found, strict=True)}


def test_a_forced_opening_has_sides(tmp_path):
    block = {"name": "N", "description": "D", "positive": ["P."], "antithesis": ["A."], "short": ["S."]}
    for wrong in ({"always": "Hello!"}, {"positive": 3}, "Hello!"):
        content = {"categories": {"writing": ["a"]}, "principles": {"a": {**block, "forced_opening": wrong}}}
        (tmp_path / "p.yaml").write_text(yaml.safe_dump(content))
        with pytest.raises(InputError, match=r"principles\.a\.forced_opening: "):
            principles.load(tmp_path / "p.yaml")
