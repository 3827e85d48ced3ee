"""Given models are refused when the config is read, in one line, for what they are used for and for nothing else."""

import json
import re
import subprocess
import sys

import pytest
from changes import refused

from given_model import given_model
from mialign.config import loading
from mialign.core.errors import InputError
from mialign.generation import vllm
from mialign.generation.engine import BatchSize, Request, RuntimeOptions, Sampling
from mialign.generation.local import generate
from mialign.models import architectures, checkpoints, folders
from mialign.models.architectures import not_followed, not_served, not_writing

PLACED = "sees where a token stands by its place in the row, and not by position_ids alone"
SIDES = "looks at the tokens after each one too, so it is no causal model"
FP8 = {"quant_method": "fp8"}
MIXED_ROPE = {"full_attention": {"rope_type": "yarn"}, "sliding_attention": {"rope_type": "default"}}

# config.json, and what keeps its model from being followed by the grid, and from writing with our engine
FITTING = [
    ({"model_type": "llama"}, None, None),
    ({"model_type": "llama", "rope_scaling": {"type": "linear", "factor": 2.0}}, None, None),
    ({"model_type": "qwen3", "layer_types": ["full_attention", "sliding_attention"]}, None, None),
    ({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "sliding_window": 5}}, None, None),
    ({"model_type": "bert", "is_decoder": True}, None, None),
    ({"model_type": "falcon", "alibi": False}, None, "is of the type 'falcon', which cannot serve here"),
    ({"model_type": "gpt_oss"}, None, "is of the type 'gpt_oss', which cannot serve here or was never tried"),
    ({"model_type": "cohere"}, "is of the type 'cohere'", None),
    ({"model_type": "granite", "logits_scaling": 8.0}, "scales its logits (logits_scaling)", None),
    ({"model_type": "granite", "logits_scaling": 1.0}, None, None),
    ({"model_type": "llama", "rope_scaling": {"type": "dynamic", "factor": 2.0}}, PLACED, None),
    ({"model_type": "gemma4_text", "num_kv_shared_layers": 2}, None, "has layers that share their keys"),
]
UNFIT = [
    ({"model_type": "bloom"}, PLACED),
    ({"model_type": "mpt"}, PLACED),
    ({"model_type": "gpt_neo"}, PLACED),
    ({"model_type": "falcon", "alibi": True}, PLACED),
    ({"model_type": "mamba"}, "is of the type 'mamba', which cannot serve here or was never tried"),
    ({"model_type": "rwkv"}, "is of the type 'rwkv'"),
    ({"model_type": "t5"}, "is of the type 't5'"),
    ({"model_type": "nonsense"}, "is of the type 'nonsense'"),
    ({"model_type": None}, "does not say of which type it is (model_type)"),
    ({"model_type": ["llama"]}, "does not say of which type it is (model_type)"),
    ({"model_type": "bert"}, SIDES),
    ({"model_type": "bert", "is_decoder": False}, SIDES),
    ({"model_type": "roberta"}, SIDES),
    ({"model_type": "distilbert"}, SIDES),
    ({"model_type": "lfm2", "layer_types": ["conv", "full_attention"]}, "has layers of kind conv"),
    ({"model_type": "llama", "quantization_config": FP8}, "has quantised weights (quantization_config)"),
    ({"model_type": "llama", "rope_scaling": {"rope_type": "spiral"}}, "has the rope_type 'spiral', which"),
    ({"model_type": "llama", "rope_scaling": {"type": "yarn"}}, "has the rope_type 'yarn' without its factor"),
    ({"model_type": "qwen3", "rope_parameters": MIXED_ROPE}, "has the rope_type 'yarn' without its factor"),
    ({"model_type": "gemma3", "text_config": {"rope_scaling": {"rope_type": "spiral"}}}, "has the rope_type 'spiral'"),
]


@pytest.mark.parametrize(("settings", "grid", "engine"), [*FITTING, *((settings, why, why) for settings, why in UNFIT)])
def test_what_keeps_a_model_from_each_use_stands_in_its_config(settings, grid, engine):
    for found, expected in ((not_followed(settings), grid), (not_writing(settings), engine)):
        assert (found is None) == (expected is None)
        assert expected is None or found.startswith(expected)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"model_type": "bloom", "seq_length": 2048}, None),
        ({"model_type": "nonsense", "max_position_embeddings": 2048}, None),
        ({"max_position_embeddings": 2048}, None),
        ({"model_type": "llama", "quantization_config": FP8}, None),
        ({"model_type": "falcon", "alibi": True}, None),
        ({"model_type": "nonsense"}, "does not say how many tokens it reads (max_position_embeddings)"),
        ({}, "does not say how many tokens it reads"),
        ({"model_type": "bert", "max_position_embeddings": 512}, SIDES),
    ],
)
def test_of_a_model_that_vllm_or_a_server_runs_little_is_asked(settings, why):
    found = not_served(settings)
    assert (found is None) == (why is None)
    assert why is None or found.startswith(why)


def test_all_names_are_those_of_transformers():
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    types = architectures._types()
    served = types["both"] | types["grid"] | types["engine"] | types["decoders"] | types["by_place"]
    assert served <= set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    assert types["encoders"] <= set(CONFIG_MAPPING_NAMES)
    assert not types["both"] & (types["grid"] | types["engine"])
    assert architectures.ROPE.keys() == set(ROPE_INIT_FUNCTIONS) | {"default", "mrope", "su"}


# ---------------------------------------------------------------- a config that names them
USES = {
    "base": "base",
    "writer": "data.strong_pairs.from",
    "judge": "judge.model",
    "judges": "judges.other.model",
    "parent": "base",
}


@pytest.fixture
def settings(read_config, tmp_path):
    """Read config.yaml with a given model in one of the roles of the first experiment."""

    def read(about: dict, role: str = "", weights=True, **more) -> dict:
        found = read_config()
        given_model(tmp_path / "mine", weights, **about)
        found["models"]["mine"] = {"path": str(tmp_path / "mine"), **more}
        multitask, by_likelihood = found["experiments"]["multitask"], {"kind": "likelihood", "model": "mine"}
        match role:
            case "base":
                multitask["base"] = "mine"
            case "writer":
                multitask["data"]["strong_pairs"]["from"] = "mine"
            case "judge":
                multitask["judge"] = by_likelihood
            case "judges":
                multitask["judges"] = {"other": by_likelihood}
            case "parent":
                found["models"]["weak"]["parent"] = "mine"
        return found

    return read


@pytest.mark.parametrize(
    ("about", "why", "role"),
    [*((*case, role) for case in UNFIT for role in ("base", "writer")), *((*UNFIT[0], role) for role in USES)],
)
def test_a_model_that_cannot_serve_is_told_when_the_config_is_read(settings, tmp_path, about, why, role):
    refused(
        settings(about, role),
        f"models.mine.path: {tmp_path}/mine: the model {why}",
        f"(experiments.multitask.{USES[role]}); take another model",
    )


@pytest.mark.parametrize(
    ("about", "fitting", "unfit"),
    [
        ({"model_type": "falcon"}, ["judge", "judges"], ["base", "writer", "parent"]),
        ({"model_type": "cohere2"}, ["writer"], ["base", "judge", "parent"]),
        ({"model_type": "granite", "logits_scaling": 8.0}, ["writer"], ["base", "judges"]),
        ({"model_type": "gemma4_text", "num_kv_shared_layers": 2}, ["judge"], ["base", "writer"]),
        ({"model_type": "bert", "is_decoder": True}, ["base", "writer", "judge"], []),
    ],
)
def test_a_model_is_refused_only_for_what_it_cannot_do(settings, about, fitting, unfit):
    for role in fitting:
        loading.load(settings(about, role))
    for role in unfit:
        refused(settings(about, role), "models.mine.path: ")


def test_vllm_and_servers_write_with_what_our_engine_cannot(settings):
    for about in ({"model_type": "falcon", "alibi": True}, {"model_type": "llama", "quantization_config": FP8}):
        refused(settings(about, "writer"), "so it cannot write with engine.kind transformers (vllm may)")
        loading.load(settings(about, "writer") | {"engine": {"kind": "vllm"}})
        server = {"base_url": "http://127.0.0.1:8000/v1", "name": "big"}
        loading.load(settings(about, "writer", weights=False, server=server))
        refused(settings(about, "base") | {"engine": {"kind": "vllm"}}, "so it cannot be trained")


@pytest.mark.parametrize("role", ["judge", "judges"])
def test_a_judge_by_likelihood_needs_its_weights_here_although_a_server_has_them(settings, tmp_path, role):
    server = {"base_url": "http://127.0.0.1:8000/v1", "name": "big"}
    wanted = f"models.mine.path: {tmp_path}/mine/model.safetensors: the weights are missing"
    refused(settings({}, role, weights=False, server=server), wanted)
    loading.load(settings({}, role, server=server))


def test_a_model_that_nothing_uses_is_not_looked_at(settings):
    loading.load(settings({"model_type": "nonsense"}))


@pytest.mark.parametrize(("revision", "told"), [("main", True), ("other", False)])
def test_a_fetched_model_is_looked_at_if_it_is_what_is_now_asked_for(read_config, tmp_path, revision, told):
    found = read_config() | {"data": str(tmp_path)}
    found["models"]["far"] = {"places": [{"hub": "a/b", "revision": revision}]}
    found["experiments"]["multitask"]["base"] = "far"
    loading.load(found)
    given_model(tmp_path / "models/far", model_type="bloom")
    (tmp_path / "models/far.json").write_text('{"place": {"hub": "a/b", "revision": "main"}, "commit": "c"}')
    if told:
        refused(found, f"models.far.places: {tmp_path}/models/far: the model {PLACED}, so it cannot be trained")
    else:
        loading.load(found)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"places": [{"hub": "a/b", "revision": "main"}, {"gguf": "c.gguf"}]}, "a/b"),
        ({"places": [{"package": "words==1.0", "file": "words/a.gguf"}]}, "words==1.0"),
        ({"places": [{"gguf": "/home/me/c.gguf"}]}, "c.gguf"),
        ({"path": "/some/folder"}, None),
    ],
)
def test_a_model_is_known_by_where_it_comes_from_without_a_folder_of_this_machine(given, name):
    assert folders.publisher(given) == name


MESSAGES = [{"role": "system", "content": "{constitution}"}, {"role": "user", "content": "{question}"}]
NEED = "these messages need a chat template, and the tokenizer of "


def chat_template(folder, file: str) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"chat_template": "{{ messages }}"}) if path.suffix == ".json" else "{{ messages }}")


@pytest.mark.parametrize(
    "file", ["tokenizer_config.json", "chat_template.jinja", "additional_chat_templates/default.jinja"]
)
def test_every_model_that_reads_messages_has_a_chat_template(settings, tmp_path, file):
    found = settings({}, "base")
    multitask, key = found["experiments"]["multitask"], "experiments.multitask.template"
    multitask["template"] = MESSAGES
    (tmp_path / "mine/tokenizer_config.json").write_text("{}")
    refused(
        found,
        f"{key}: {NEED}models.mine ({tmp_path}/mine) has none; ",
        "name another model in experiments.multitask.base",
    )
    chat_template(tmp_path / "mine", file)
    refused(
        found, f"{key}: {NEED}models.trunk has none; ", "another model in experiments.multitask.data.strong_pairs.from"
    )
    multitask["data"]["strong_pairs"]["from"] = "base"
    loading.load(found)


def test_only_the_models_that_read_a_template_are_asked_for_it(settings, tmp_path):
    """Pairs of another question are written under the prompts of evaluation, which are texts here."""
    found = settings({}, "writer")
    multitask = found["experiments"]["multitask"]
    multitask["generation_template"] = MESSAGES
    refused(
        found,
        f"experiments.multitask.generation_template: {NEED}models.mine (",
        "another model in experiments.multitask.data.strong_pairs.from",
    )
    chat_template(given_model(tmp_path / "told"), "chat_template.jinja")
    found["models"]["told"] = {"path": str(tmp_path / "told")}
    pairs = multitask["data"]["strong_pairs"] | {"from": "told"}
    others = {key: value for key, value in pairs.items() if key != "constitutions"}
    multitask["data"] |= {"strong_pairs": pairs, "others": others | {"from": "mine", "builder": "other_question"}}
    loading.load(found)


def test_a_fetched_model_is_asked_for_its_chat_template_once_it_is_there(read_config, tmp_path):
    found = read_config() | {"data": str(tmp_path)}
    place = {"hub": "a/b", "revision": "main"}
    found["models"]["far"] = {"places": [place]}
    found["experiments"]["multitask"] |= {"base": "far", "template": MESSAGES}
    found["experiments"]["multitask"]["data"]["strong_pairs"]["from"] = "far"
    loading.load(found)
    given_model(tmp_path / "models/far")
    (tmp_path / "models/far.json").write_text(json.dumps({"place": place, "commit": "c"}))
    refused(found, f"experiments.multitask.template: {NEED}models.far ({tmp_path}/models/far) has none")


def test_torch_is_not_needed_to_tell(root, tmp_path):
    given_model(tmp_path, model_type="mpt")
    code = (
        "import sys, yaml; sys.path.insert(0, 'workflow')\n"
        "from mialign.config import loading\n"
        "settings = yaml.safe_load(open('config.yaml'))\n"
        f"settings['models']['weak'] = {{'path': {str(tmp_path)!r}}}\n"
        "try: loading.load(settings)\n"
        "except Exception as error: print(error)\n"
        "assert not {'torch', 'transformers', 'numpy'} & sys.modules.keys()\n"
    )
    told = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True, timeout=60)
    assert told.startswith(f"models.weak.path: {tmp_path}: the model {PLACED}")


# ---------------------------------------------------------------- a stage that is run by hand
def test_the_engine_refuses_what_it_would_continue_wrongly(tiny_tokenizer):
    """A Doge runs through it without an error, and writes other texts than by itself."""
    from transformers import AutoConfig, AutoModelForCausalLM

    about = {"vocab_size": 300, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    about |= {"num_attention_heads": 2, "num_key_value_heads": 1}
    made = AutoModelForCausalLM.from_config(AutoConfig.for_model("doge", **about))
    with pytest.raises(InputError, match=r"the model is of the type 'doge'.*so it cannot write here"):
        generate(made, tiny_tokenizer, [Request("a boat", (1,))], Sampling(0.0, 1.0, 2, ()), BatchSize())


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"quantization_config": FP8}, "has quantised weights"),
        ({"rope_scaling": {"rope_type": "spiral"}}, "has the rope_type 'spiral'"),
        ({"model_type": None}, "does not say of which type it is"),
        ({"model_type": "nonsense"}, "transformers cannot load it: "),
        ({"hidden_size": 30}, "transformers cannot load it: "),
        ({"num_hidden_layers": "two"}, "transformers cannot load it: "),
    ],
)
def test_a_model_that_cannot_be_loaded_is_told_in_one_line(tmp_path, tiny_model, tiny_tokenizer, about, why):
    tiny_model.save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | about))
    with pytest.raises(InputError, match=rf"^{re.escape(str(tmp_path))}: .*{re.escape(why)}") as caught:
        checkpoints.load_model(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_context_is_read_under_each_name_and_asked_for_where_there_is_none(tmp_path):
    for about in ({"model_type": "gpt2", "n_positions": 77}, {"model_type": "bloom", "seq_length": 77}):
        (tmp_path / "config.json").write_text(json.dumps(about))
        assert checkpoints.context(tmp_path) == 77
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "nonsense", "max_position_embeddings": 77}))
    assert checkpoints.context(tmp_path) == 77
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mamba"}))
    with pytest.raises(InputError, match=r"config\.json: it does not say how many tokens the model reads; add max_pos"):
        checkpoints.context(tmp_path)


def test_the_keys_and_values_of_a_token_are_counted_under_each_name(tmp_path):
    smollm2 = {"model_type": "llama", "num_hidden_layers": 30, "num_attention_heads": 9, "hidden_size": 576}
    gpt2 = {"model_type": "gpt2", "n_layer": 2, "n_head": 4, "n_embd": 32}
    for about, numbers in (
        (smollm2 | {"num_key_value_heads": 3}, 2 * 30 * 3 * 64),
        (smollm2 | {"num_key_value_heads": 3, "head_dim": 16}, 2 * 30 * 3 * 16),
        (smollm2, 2 * 30 * 9 * 64),
        (gpt2, 2 * 2 * 4 * 8),
        ({"model_type": "nonsense"}, None),
    ):
        (tmp_path / "config.json").write_text(json.dumps(about))
        assert checkpoints.cached_numbers(tmp_path) == numbers


def test_on_a_cpu_vllm_gets_space_for_a_batch_and_for_the_longest_prompt(tmp_path):
    about = {"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 32}
    (tmp_path / "config.json").write_text(json.dumps(about | {"max_position_embeddings": 100}))
    numbers = 2 * 2 * 4 * 8
    for tokens, gpus, precision, expected in (
        (1000, 1, "float32", 1000 * numbers * 4),
        (1000, 2, "bf16", 1000 * numbers * 2 // 2),
        (50, 1, "bf16", 100 * numbers * 2),
    ):
        told = vllm.on_cpu(tmp_path, precision, RuntimeOptions(BatchSize(1, tokens), gpus=gpus))
        assert told["kv_cache_memory_bytes"] == expected
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "nonsense"}))
    assert "kv_cache_memory_bytes" not in vllm.on_cpu(tmp_path, "bf16", RuntimeOptions())
