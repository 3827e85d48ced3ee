"""The questions of config/smollm2.yaml: no benchmark question is one that was trained on, or nearly so."""

import shutil

import pytest
import yaml

from copies import lay_over
from mialign.data.sources import questions

FILES = {
    "self_instruct_seed": "self_instruct_seed_tasks",
    "self_instruct_user": "self_instruct_user_oriented",
    "mt_bench": "mt_bench_question",
    "vicuna_bench": "vicuna_bench_question",
    "gsm8k_train": "gsm8k_train",
    "gsm8k_test": "gsm8k_test_300",
    "svamp": "svamp",
}
WORDS = (
    13  # two texts with so many words in a row alike are near-duplicates, as for GPT-3 (arXiv 2005.14165, appendix C)
)


@pytest.fixture(scope="module", params=[[], ["config/smollm2_gpu.yaml"]], ids=["cpu", "gpu"])
def asked(root, tmp_path_factory, request):
    """The texts of the questions of each use."""
    theirs = root.parent / "shared/data"
    if not theirs.is_dir():
        pytest.skip("the question files are not here: they are taken from a folder shared/data beside the repository")
    data = tmp_path_factory.mktemp("data")
    (data / "datasets").mkdir()
    for name, file in FILES.items():
        shutil.copyfile(theirs / f"{file}.jsonl", data / f"datasets/{name}.jsonl")
    config = {}
    for file in ("config.yaml", "config/smollm2.yaml", *request.param):
        lay_over(config, yaml.safe_load((root / file).read_text(encoding="utf-8")))

    def texts(names):
        names = [names] if isinstance(names, str) else names
        return [one["question"] for name in names for one in questions(name, config["sources"][name], data, ())]

    found = {}
    for name, given in config["experiments"].items():
        found[name] = {split: texts(given["questions"][split]) for split in ("validation", "benchmark")}
        found[name]["train"] = texts(given["data"]["own_pairs"]["questions"])
    return found


def runs(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return set(zip(*(words[start:] for start in range(WORDS)), strict=False)) or {tuple(words)}


@pytest.mark.parametrize("experiment", ["multitask", "maths"])
def test_questions_that_measure_are_not_trained_on(asked, experiment):
    trained = {run for text in asked[experiment]["train"] for run in runs(text)}
    for split in ("benchmark", "validation"):
        near = [text for text in asked[experiment][split] if runs(text) & trained]
        assert near == [], f"{len(near)} of {len(asked[experiment][split])} {split} questions"
    validated = {run for text in asked[experiment]["validation"] for run in runs(text)}
    assert not [text for text in asked[experiment]["benchmark"] if runs(text) & validated]


def test_there_are_as_many_as_the_config_says(asked):
    """Two questions of MT-Bench are in Vicuna's bench too; all others differ."""
    benchmark = asked["multitask"]["benchmark"]
    assert (len(benchmark), len(set(benchmark))) == (160, 158)
    rest = [given[split] for given in asked.values() for split in given if given[split] is not benchmark]
    assert all(len(texts) == len(set(texts)) for texts in rest)
