"""The recipes of docs/recipes.md: their settings are taken, and their code does what the page says of it."""

import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from mialign.config import loading, schema
from mialign.core.errors import InputError
from mialign.data import filters, prompts
from mialign.data.builders import BUILDERS
from mialign.data.pairs import select_pairs
from mialign.data.principles import load
from mialign.evaluation import program_rewards, rewards
from mialign.evaluation.judge import Case, factory
from mialign.evaluation.loaded_models import loaded_models
from mialign.evaluation.metrics import accuracy
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.paper.figures import dots

PAGE = "docs/recipes.md"
SMOKE = "config/smoke.yaml"


@pytest.fixture(scope="module")
def recipes(root) -> dict[str, dict[str, list[str]]]:
    """The code blocks of docs/recipes.md by recipe and language."""
    text = (root / PAGE).read_text(encoding="utf-8")
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    return {
        section.partition("\n")[0]: {
            language: re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL) for language in ("yaml", "python")
        }
        for section in sections
    }


@pytest.fixture
def in_schema(monkeypatch, tmp_path):
    """Has configs checked against the schema with a change, for this test alone."""

    def change(edit) -> None:
        content = yaml.safe_load(schema.SCHEMA.read_text(encoding="utf-8"))
        edit(content["$defs"])
        (tmp_path / "schema.yaml").write_text(yaml.safe_dump(content))
        monkeypatch.setattr(schema, "SCHEMA", tmp_path / "schema.yaml")
        schema._validator.cache_clear()

    yield change
    schema._validator.cache_clear()


def run(block: str, module: ModuleType | None = None) -> dict:
    """Names that a block defines, as a module of its own or as if it stood in this one."""
    space = dict(vars(module)) if module else {"__name__": "recipe"}
    exec(compile(block, PAGE, "exec"), space)
    return space


def edited(module: ModuleType, block: str, before: str) -> dict:
    """The names of a module into which a block was put, before its line that begins like this."""
    lines = Path(module.__file__).read_text(encoding="utf-8").split("\n")
    (at,) = (number for number, line in enumerate(lines) if line.strip().startswith(before))
    space = {"__name__": module.__name__}
    exec(compile("\n".join([*lines[:at], block, *lines[at:]]), PAGE, "exec"), space)
    return space


@pytest.mark.parametrize(
    ("recipe", "experiment", "key"),
    [
        ("The model's own solutions, verified or not", "maths", "data"),
        ("Principles held out from training", "multitask", "held_out"),
    ],
)
def test_these_settings_are_taken(recipes, read_config, recipe, experiment, key):
    (overlay,) = map(yaml.safe_load, recipes[recipe]["yaml"])
    found, given = loading.load(read_config(SMOKE, overlay))["experiments"][experiment], overlay["experiments"]
    assert set(given[experiment][key]) <= set(found[key])


def test_a_method_and_its_comparison(recipes, read_config):
    (overlay,) = map(yaml.safe_load, recipes["A method"]["yaml"])
    experiment = loading.load(read_config(SMOKE, overlay))["experiments"]["multitask"]
    method = experiment["methods"]["dpo_long"]
    assert {"parent": "sft", "objective": "dpo", "steps": 4, "beta": 0.1}.items() <= method.items()
    assert method["batch"] == experiment["training"]["batch"]
    assert ["dpo_long", "sft"] in experiment["comparisons"]


def test_a_language_model_judges_a_part_beside_the_main_judge(recipes, read_config):
    overlay = yaml.safe_load(recipes["A judge"]["yaml"][0])
    judge = loading.load(read_config(SMOKE, overlay))["experiments"]["multitask"]["judges"]["large"]
    assert (judge["comparisons"], judge["axes"]) == ([["sami", "sft"]], ["principle-free"])
    assert "key" not in judge["server"]


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


def test_the_users_of_a_dataset(recipes, read_config):
    (overlay,) = recipes["The users of a dataset (PRISM)"]["yaml"]
    found = loading.load(read_config("config/mipo.yaml"))
    assert loading.load(read_config("config/mipo.yaml", yaml.safe_load(overlay))) == found  # which has these lines
    assert found["experiments"]["users"]["users"] == {"of": "questions", "seed": 42}
    for split in ("train", "validation", "benchmark"):
        entry = found["sources"][f"prism_{split}"]
        assert (entry["fields"]["question"], entry["fields"]["user"]) == ("opening_prompt", "user_id")
        assert entry["users"]["states"] == "system_string"


def test_principles_that_a_model_writes(recipes, read_config):
    (overlay,) = recipes["Principles that a model writes"]["yaml"]
    settings = loading.load(read_config(SMOKE, yaml.safe_load(overlay)))
    assert loaded_models(settings, "multitask") == ["weak", "trunk", "strong", "writer"]
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
    exec(compile(recipe["python"][0], PAGE, "exec"), space)
    module.SETTINGS = space["SETTINGS"]
    for name in ("record_size", "prompts", "records"):
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


def test_the_filter_of_the_longest_response(recipes, read_config, in_schema):
    recipe = recipes["A filter"]
    key, overlay = map(yaml.safe_load, recipe["yaml"])
    with pytest.raises(InputError, match=r"strong_pairs\.filters\.longest: unknown key"):
        loading.load(read_config(SMOKE, overlay))
    in_schema(lambda defs: defs["data_set"]["properties"]["filters"]["properties"].update(key))
    experiment = loading.load(read_config(SMOKE, overlay))["experiments"]["multitask"]
    assert experiment["data"]["strong_pairs"]["filters"]["longest"] == 120

    module = edited(filters, recipe["python"][0], "return {name: predicates[name]")
    module["ORDER"], module["KEYS"] = (*module["ORDER"], "longest"), {*module["KEYS"], "longest"}
    active = module["active_filters"]({"longest": 4})
    for texts, failure in ((("abcd", "a"), None), (("a", "abcde"), "longest"), (("abcde", ""), "empty")):
        responses = [filters.Response(text, "eos") for text in texts]
        assert filters.first_failure(responses, active) == failure
    assert "longest" not in module["active_filters"]({})


def test_the_share_of_attempts_in_which_an_answer_was_found(recipes, results):
    def attempts(method, answers):
        keys = {"question_id": "q1", "temperature": 1.0, "finish": "eos", "steps": True, "correct": {"strict": False}}
        records = [keys | {"attempt": place, "answers": {"strict": one}} for place, one in enumerate(answers)]
        return results(f"attempts/maths/{method}/seed1.jsonl", records)

    (line,) = recipes["A metric of the solved problems"]["python"]
    paths = [attempts("sft", ["5", None, "7", "7"]), attempts("sami", [None, None, "7", None])]
    rows = edited(accuracy, line, '"steps_share":')["rows"](paths, Bootstrap(resamples=50), attempts={"maths": [1]})
    found = {(row["method"], row["metric"]): (row["value"], row["n"]) for row in rows}
    assert (found["sft", "answered_share"], found["sami", "answered_share"]) == ((75, 4), (25, 4))
    assert found["sami", "answered_share_difference_sft"][0] == -50


def test_the_table_of_lengths(recipes, tmp_path):
    (tmp_path / "qualities.csv").write_text(
        "experiment,method,temperature,category,metric,value,low,high,n\n"
        "multitask,sami,0,all,tokens,30.04,,,9\n"
        "multitask,sami,0,stem,tokens,24,,,3\n"
        "multitask,sami,0,all,adherence,90,,,9\n"
        "multitask,sami,1,all,tokens,99,,,9\n"
        "other,sami,0,all,tokens,77,,,9\n"
    )
    (block,) = recipes["A table"]["python"]
    labels = {"experiments": {"multitask": {"methods": {"sami": {"label": "SAMI & more"}}}}}
    latex, csv = run(block)["table"]([tmp_path / "qualities.csv"], labels)
    assert r"method & all & STEM \\" in latex
    assert r"SAMI \& more & 30.0 & 24.0 \\" in latex
    assert [row.split(",")[5] for row in csv.splitlines()[1:]] == ["30.04", "24.0"]


def test_the_figure_of_lengths(recipes):
    keys = {"experiment": "multitask", "temperature": 0.0, "category": "all", "low": None, "high": None}
    rows = [keys | {"method": name, "metric": "tokens", "value": value} for name, value in (("sft", 12), ("base", 31))]
    rows += [row | {"metric": "adherence", "value": 90} for row in rows]
    (block,) = recipes["A figure"]["python"]
    (axes,) = run(block, dots)["lengths"](rows, {"labels": {"sft": "Tuned"}}).axes
    assert axes.get_title() == "Tokens"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Base", "Tuned"]
    assert [[*line.get_xdata()] for line in axes.lines] == [[31, 12]]


def test_the_reward_of_question_marks(recipes, read_config, in_schema, monkeypatch):
    recipe = recipes["A reward"]
    condition, keys, overlay = map(yaml.safe_load, recipe["yaml"])
    with pytest.raises(InputError, match=r"rewards\.curious\.kind: 'question_marks' is not possible"):
        loading.load(read_config(SMOKE, overlay))

    def add(defs):
        defs["reward"]["properties"]["kind"]["enum"].append("question_marks")
        defs["reward"]["allOf"] += condition
        defs |= keys

    in_schema(add)
    curious = loading.load(read_config(SMOKE, overlay))["experiments"]["curious"]
    assert curious["preferences"]["scorers"]["curious"] == {"kind": "question_marks"}
    overlay["rewards"]["curious"]["per"] = 2
    with pytest.raises(InputError, match=r"rewards\.curious\.per: unknown key"):
        loading.load(read_config(SMOKE, overlay))

    written, line = recipe["python"]
    for name, maker in eval(f"{{{line}}}", run(written, program_rewards)).items():
        monkeypatch.setitem(program_rewards.KINDS, name, maker)
    assert rewards.make({"kind": "question_marks"}).scores([{}, {}], ["Why? How?", "So."]) == [2.0, 0.0]
