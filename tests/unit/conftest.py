"""What several unit tests use."""

import json
from argparse import ArgumentParser

import pytest
import yaml

import fake_hub
from copies import ROOT


@pytest.fixture(scope="session")
def run_stage():
    """Run a stage as the command line would, on options given by name; a list gives an option several values."""

    def run(stage, **options) -> None:
        words = []
        for name, value in options.items():
            words += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
        parser = ArgumentParser()
        stage.arguments(parser)
        stage.main(parser.parse_args(words))

    return run


@pytest.fixture
def results(tmp_path):
    """Writes a file of records below a results folder and gives its path."""

    def write(path: str, records: list[dict]) -> str:
        whole = tmp_path / "results" / "mini" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_text("".join(json.dumps(record) + "\n" for record in records))
        return str(whole)

    return write


@pytest.fixture(scope="session")
def templates():
    """The prompts that the base models are trained on, as config.yaml has them."""
    experiments = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["experiments"]
    maths = experiments["maths"]
    return {
        "multitask": experiments["multitask"]["template"],
        "maths": maths["template"],
        "maths_evaluation": maths["evaluation"]["template"],
        "openings": maths["openings"],
    }


@pytest.fixture
def tiny_tokenizer():
    import tiny

    return tiny.tiny_tokenizer()


@pytest.fixture(scope="session")
def session_tokenizer():
    """For tests that do not change it."""
    import tiny

    return tiny.tiny_tokenizer()


@pytest.fixture
def tiny_model():
    import tiny

    return tiny.tiny_model()


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a tiny policy and its base."""
    import tiny

    return tiny.save_policy_and_base(tmp_path_factory.mktemp("models"))


@pytest.fixture
def miniature(read_config) -> dict:
    """The settings of config.yaml."""
    return read_config()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a made-up run."""
    import made_up_run

    return made_up_run.write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture
def hub(monkeypatch):
    """A hub that huggingface_hub takes for the real one."""
    from huggingface_hub import constants

    with fake_hub.running() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        files = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace("https://huggingface.co", hub.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield hub


@pytest.fixture
def datasets_hub(hub, monkeypatch):
    """The same, and datasets takes it for the real one too."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", hub.address)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    return hub


@pytest.fixture
def authors_files(root):
    """The folder of files that the paper's authors released, with MT-Bench."""
    folder = root.parent / "shared/data"
    if not folder.exists():
        pytest.skip("the authors' files are not here: they are taken from a folder shared/data beside the repository")
    return folder
