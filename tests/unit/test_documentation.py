"""The pages for people: their links lead somewhere, the files they name are there, and the recipes' examples work."""

import re

import pytest
import yaml

from mialign.config import loading, schema
from mialign.data import prompts
from mialign.data.builders import BUILDERS
from mialign.data.pairs import select_pairs
from mialign.data.principles import load
from mialign.evaluation.judge import Case, factory
from mialign.evaluation.judge.settings import run_here

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/audit.md",
    "docs/add-an-objective.md",
    "docs/benchmarks.md",
    "docs/fidelity.md",
    "docs/recipes.md",
    "slurm/README.md",
    "results/README.md",
)

SMOKE = "config/smoke.yaml"


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(root, page):
    text = (root / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (root / page).parent / path if path else root / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES)
def test_files_of_the_repository_that_a_page_names_are_there(root, page):
    text = (root / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:workflow|tests|config|envs)/[\w./-]+)`", text)
    missing = [name for name in named if "NAME" not in name and not (root / name).exists()]
    assert not missing


@pytest.fixture(scope="module")
def recipes(root) -> dict[str, dict[str, list[str]]]:
    """The code blocks of docs/recipes.md by recipe and language."""
    text = (root / "docs/recipes.md").read_text(encoding="utf-8")
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    return {
        section.partition("\n")[0]: {
            language: re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL) for language in ("yaml", "python")
        }
        for section in sections
    }


def test_the_sets_and_methods_of_iterations(recipes, read_config):
    (overlay,) = recipes["Iterations of SAMI"]["yaml"]
    experiment = loading.load(read_config(SMOKE, yaml.safe_load(overlay)))["experiments"]["multitask"]
    names = [f"sami_original_{number}" for number in (1, 2, 3)]
    assert [experiment["data"][name]["from"] for name in names] == ["base", *names[:2]]
    assert [experiment["data"][name]["slice"]["part"] for name in names] == [1, 2, 1]
    assert {experiment["methods"][name]["parent"] for name in names} == {"base"}


def test_the_users_and_the_set_of_their_contexts(recipes, read_config):
    (overlay,) = recipes["Users and their contexts (MIPO)"]["yaml"]
    experiment = loading.load(read_config(SMOKE, yaml.safe_load(overlay)))["experiments"]["multitask"]
    assert experiment["data"]["contexts"]["other"] == "none"
    assert experiment["methods"]["mipo"]["data"] == "contexts"


def test_principles_that_a_model_writes(recipes, read_config):
    (overlay,) = recipes["Principles that a model writes"]["yaml"]
    settings = loading.load(read_config(SMOKE, yaml.safe_load(overlay)))
    assert run_here(settings["experiments"]["multitask"]) == ["weak", "strong", "writer"]
    assert settings["principle_writer"]["wordings"] == 2


def test_the_experiment_with_preferences(recipes, read_config):
    (overlay,) = recipes["Preferences"]["yaml"]
    experiment = loading.load(read_config(SMOKE, yaml.safe_load(overlay)))["experiments"]["steered"]
    rounds = [experiment["methods"][f"mi_epo_{number}"] for number in (1, 2)]
    assert [(one["parent"], one.get("reference")) for one in rounds] == [("base", None), ("mi_epo_1", "base")]
    assert experiment["methods"]["mi_epo_online"]["rollout_every"] == 1


def test_the_model_of_a_package_is_one_that_can_be_fetched(recipes, read_config):
    _, overlay = recipes["A model"]["yaml"]
    use = {"experiments": {"multitask": {"base": "mine"}}}
    places = loading.load(read_config(SMOKE, yaml.safe_load(overlay), use))["models"]["mine"]["places"]
    assert [next(iter(place)) for place in places] == ["package", "gguf", "hub"]


def test_sources_from_a_file_and_from_a_place(recipes, read_config, tmp_path):
    (overlay,) = recipes["A question source, from a file or from the hub"]["yaml"]
    (tmp_path / "mine.jsonl").write_text('{"task": "Write a toast.", "kind": "writing"}\n')
    settings = loading.load(read_config(SMOKE, yaml.safe_load(overlay), {"data": str(tmp_path)}))
    assert settings["experiments"]["multitask"]["questions"]["benchmark"] == ["multitask_benchmark", "mine", "theirs"]


def test_the_builder_of_opposites(recipes, read_config, root, monkeypatch):
    recipe = recipes["A pair builder"]
    module = type("opposites", (), {})
    space: dict = {}
    exec(compile(recipe["python"][0], "docs/recipes.md", "exec"), space)
    module.SETTINGS = space["SETTINGS"]
    for name in ("shape", "prompts", "records"):
        setattr(module, name, staticmethod(space[name]))
    monkeypatch.setitem(BUILDERS, "opposites", module)
    schema._validator.cache_clear()
    try:
        experiment = loading.load(read_config(SMOKE, yaml.safe_load(recipe["yaml"][0])))["experiments"]["multitask"]
    finally:
        schema._validator.cache_clear()
    assert experiment["methods"]["dpo_opposite"]["data"] == "opposite_pairs"

    question = {"id": "q", "category": "writing", "question": "Write a note.", "reference": None}
    settings = {"experiment": "multitask", "seed": 1, "template": experiment["template"]}
    known = load(root / "config/principles.yaml")
    (record,) = prompts.prompt_records([question], known, "train", settings, module.prompts)
    sides = [{side for _, side in constitution["principles"]} for constitution in record["constitutions"]]
    assert sides == [{"positive"}, {"antithesis"}]
    generations = [
        {"prompt_id": record["id"], "prompt": place, "text": text, "finish": "eos", "tokens": 2, "seed": 1}
        for place, text in enumerate(("Gladly.", "Bah."))
    ]
    chosen = {"builder": "opposites", "filters": {}, "size": 1, "seed": 1}
    (pair,) = select_pairs([record], generations, chosen).pairs
    assert [(one["text"], one["prompt"]) for one in pair["responses"]] == [("Gladly.", 0), ("Bah.", 1)]
    assert pair["terms"] == [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}]


def test_the_judge_that_prefers_the_shorter_response(recipes):
    space = {**vars(factory), "Case": Case}
    exec(compile("from collections.abc import Sequence\n" + recipes["A judge"]["python"][0], "recipes", "exec"), space)
    cases = [Case("principle-free", {}, {"tokens": test}, {"tokens": 5}) for test in (4, 5, 6)]
    assert [one["verdict"] for one in space["Shortest"]().verdicts(cases)] == ["test", "tie", "baseline"]
