"""The worked example of docs/add-an-objective.md: the code that stands on the page does what the page says."""

import __future__

import csv
import json
import math
import re

import pytest
import test_objectives
import torch
import yaml

import tiny
from mialign.config import loading, schema
from mialign.core.errors import InputError
from mialign.core.setting import defaults
from mialign.data.builders.constitutions import compare_all
from mialign.models import checkpoints
from mialign.training import objectives
from mialign.training.examples import read_examples
from mialign.training.grid import Grid, grid
from mialign.training.method import Inputs, Outputs, Speed, train_method
from mialign.training.objectives import OBJECTIVES
from mialign.training.settings import TrainingSettings
from mialign.training.terms import Scored, Terms

METHOD = "experiments.multitask.methods.simpo"


@pytest.fixture(scope="module")
def page(root) -> dict[str, list[str]]:
    """The code blocks of the page by language, in their order."""
    text = (root / "docs/add-an-objective.md").read_text(encoding="utf-8")
    blocks = {"python": [], "yaml": []}
    for language, block in re.findall(r"```(python|yaml)\n(.*?)```", text, re.DOTALL):
        blocks[language].append(block)
    return blocks


def run(block: str, namespace: dict) -> dict:
    """Names that the block defines, run as if it stood in the module of this namespace."""
    found = dict(namespace)
    exec(compile(block, "docs/add-an-objective.md", "exec", __future__.annotations.compiler_flag), found)
    return found


@pytest.fixture
def simpo(page, monkeypatch):
    """The registry with the page's entry, for this test alone."""
    loss, entry, _ = page["python"]
    (name, objective), *others = eval(f"{{{entry}}}", run(loss, vars(objectives))).items()
    assert not others
    monkeypatch.setitem(OBJECTIVES, name, objective)
    schema._validator.cache_clear()
    yield objective
    schema._validator.cache_clear()


def test_the_test_of_the_page_passes_and_fails_for_another_loss(page, simpo, monkeypatch):
    test = run(page["python"][2], vars(test_objectives))["test_simpo_by_hand"]
    test()
    monkeypatch.setitem(OBJECTIVES, "simpo", OBJECTIVES["sami"])
    with pytest.raises(AssertionError):
        test()


def test_the_loss_by_hand(simpo):
    """Per token -1 against -2 under the first prompt, and -2.25 against -1 under the second."""
    sums, counts = torch.tensor([[[-2.0, -12.0], [-4.5, -6.0]]]), torch.tensor([[2, 6]])
    terms = [{"chosen": [n, 0], "rejected": [n, 1], "weight": weight} for n, weight in enumerate((3.0, 1.0))]
    given = Scored(Grid(sums, counts, torch.eye(2, dtype=torch.bool)[None]), Terms.of([terms]))
    first, second = (math.log(1 + math.exp(-(2 * ahead - 0.5))) for ahead in (1.0, -1.25))
    found = simpo.loss(given, defaults(OBJECTIVES["simpo"].settings))
    assert found.tolist() == pytest.approx([(3 * first + second) / 4], abs=1e-6)
    without = simpo.loss(given, {"beta": 1.0, "gamma": 0.0})
    first, second = (math.log(1 + math.exp(-ahead)) for ahead in (1.0, -1.25))
    assert without.tolist() == pytest.approx([(3 * first + second) / 4], abs=1e-6)


def test_a_question_with_fewer_terms_is_not_moved_by_the_filling(simpo):
    sums = torch.tensor([[[-3.0, -8.0], [-6.0, -4.0]]]).expand(2, -1, -1)
    one = [{"chosen": [1, 1], "rejected": [1, 0], "weight": 1.0}]
    given = Scored(Grid(sums, torch.ones(2, 2), torch.ones(2, 2, 2, dtype=torch.bool)), Terms.of([compare_all(2), one]))
    five, two = (math.log(1 + math.exp(-(2 * ahead - 0.5))) for ahead in (5, 2))
    losses = simpo.loss(given, defaults(OBJECTIVES["simpo"].settings)).tolist()
    assert losses == pytest.approx([(five + two) / 2, two], abs=1e-6)


def with_method(page, **changes) -> dict:
    overlay = yaml.safe_load(page["yaml"][0])
    overlay["experiments"]["multitask"]["methods"]["simpo"] |= changes
    return overlay


def test_the_config_takes_the_method_and_fills_in_the_defaults(page, simpo, read_config):
    method = loading.load(read_config(with_method(page)))["experiments"]["multitask"]["methods"]["simpo"]
    assert (method["beta"], method["gamma"]) == (2.0, 0.3)
    assert method["data"] == "strong_pairs"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gamma": -1}, f"{METHOD}.gamma: -1 is too small; the least is 0"),
        ({"beta": 0}, f"{METHOD}.beta: 0 is too small; it must be above 0"),
        ({"kl": 0.1}, f"{METHOD}.kl: it belongs to objective sami or infonce, not to simpo; take it out"),
        ({"objective": "sami"}, f"{METHOD}.gamma: it belongs to objective simpo, not to sami; take it out"),
        ({"objective": "simop"}, f"{METHOD}.objective: 'simop' is not possible; did you mean 'simpo'?"),
    ],
)
def test_the_config_refuses_wrong_settings_of_it(page, simpo, read_config, changes, said):
    with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
        loading.load(read_config(with_method(page, **changes)))


def test_without_the_entry_the_config_knows_no_such_objective(page, read_config):
    with pytest.raises(InputError, match=f"^{re.escape(METHOD)}.gamma: unknown key"):
        loading.load(read_config(with_method(page)))


class Unasked:
    """Stands for the validation questions: one score for each look."""

    prompts = ()

    def __call__(self, model, tokenizer):
        return {"score": 0.5, "ended": 1.0}


def test_a_training_takes_a_step_with_it_and_needs_no_reference(tmp_path, simpo):
    parent, pairs = tmp_path / "parent", tmp_path / "pairs.jsonl"
    tiny.tiny_model().save_pretrained(parent)
    tiny.tiny_tokenizer().save_pretrained(parent)
    texts = (("The boat sank", "bees walk at noon"), ("house by the harbour", "A keeper sank"))
    records = [
        {
            "id": f"p{number}",
            "prompts": ["The keeper and", "3 days then"],
            "responses": [{"text": text, "prompt": place, "finish": "eos"} for place, text in enumerate(both)],
            "terms": compare_all(2),
        }
        for number, both in enumerate(texts)
    ]
    pairs.write_text("".join(json.dumps(record) + "\n" for record in records))
    settings = {
        "objective": "simpo",
        "learning_rate": 0.003,
        "steps": 1,
        "batch": 2,
    }
    settings |= {"optimizer": "adamw", "schedule": "constant", "clip": 1.0, "validate_every": 1, "seed": 5}
    settings = TrainingSettings.read({**settings, "validation": {}})
    outputs = Outputs(tmp_path / "simpo/seed5", tmp_path / "curve.csv", tmp_path / "scratch")
    train_method(Inputs(parent, pairs), settings, Unasked(), outputs, Speed())

    model = checkpoints.load_model(parent)
    examples = list(read_examples(pairs, checkpoints.load_tokenizer(parent), 64).values())
    means = grid(model, [one.item for one in examples], torch.ones(2, 2, dtype=torch.bool)).means.tolist()
    ahead = [[rows[0][0] - rows[0][1], rows[1][1] - rows[1][0]] for rows in means]
    expected = sum(math.log(1 + math.exp(-(2 * each - 0.5))) for both in ahead for each in both) / 4
    logged = [row for row in csv.DictReader(outputs.curve.open()) if row["metric"] == "loss"]
    assert [float(row["value"]) for row in logged] == pytest.approx([expected], abs=1e-4)
    before, after = model.state_dict(), checkpoints.load_model(outputs.checkpoint).state_dict()
    assert any(not torch.equal(weight, after[name]) for name, weight in before.items())
