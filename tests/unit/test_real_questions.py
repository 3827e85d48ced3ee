"""The questions of config/smollm2.yaml: no benchmark question is one that was trained on, or nearly so."""

import re
import shutil

import pytest
import yaml

from copies import lay_over
from mialign.data.fetch import Absent, Unreachable, dataset
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
# Two texts with so many words in a row alike are near-duplicates: 13 of word problems, as for GPT-3 (arXiv 2005.14165,
# appendix C), which share turns of phrase; 8 of instructions, which are shorter.
WORDS = {"multitask": 8, "maths": 13}


@pytest.fixture(scope="module")
def data(root, tmp_path_factory):
    """A folder with the files of questions: those of this machine, or else fetched from their publishers."""
    data = tmp_path_factory.mktemp("data")
    (data / "datasets").mkdir()
    published = yaml.safe_load((root / "config/smollm2.yaml").read_text(encoding="utf-8"))["datasets"]
    for name, file in FILES.items():
        places = root.parent / f"shared/data/{file}.jsonl", root / f"data/datasets/{name}.jsonl"
        out = data / f"datasets/{name}.jsonl"
        if found := next((place for place in places if place.is_file()), None):
            shutil.copyfile(found, out)
            continue
        try:
            dataset.fetch(name, published[name], out)
        except (Absent, Unreachable) as error:
            pytest.skip(f"no {places[0]} and no {places[1]}, and it cannot be fetched: {error}")
    return data


@pytest.fixture(scope="module", params=[[], ["config/smollm2_gpu.yaml"]], ids=["cpu", "gpu"])
def asked(root, data, request):
    """The texts of the questions of each use."""
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


def runs(text: str, size: int) -> set[tuple[str, ...]]:
    """All runs of so many words, without case and punctuation; of a shorter text the whole."""
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[start:] for start in range(size)), strict=False)) or {tuple(words)}


def near(texts: list[str], others: list[str], size: int) -> list[str]:
    """The texts that share a run with one of the others."""
    known = {run for text in others for run in runs(text, size)}
    return [text for text in texts if runs(text, size) & known]


def test_two_texts_are_near_by_their_words_alone():
    text = "Write a short poem about the sea, please!"
    assert near([text], ["Now, write a SHORT poem: about the sea (please)."], 8) == [text]
    assert near([text], ["Write a short poem about the sky, please!"], 8) == []
    assert near(["Sea poem."], ["sea poem", "a sea poem"], 8) == ["Sea poem."]


@pytest.mark.parametrize("experiment", ["multitask", "maths"])
def test_questions_that_measure_are_not_trained_on(asked, experiment):
    given, size = asked[experiment], WORDS[experiment]
    for measured, others in (("benchmark", "train"), ("validation", "train"), ("benchmark", "validation")):
        found = near(given[measured], given[others], size)
        assert found == [], f"{len(found)} of {len(given[measured])} questions of {measured} are near one of {others}"


def test_there_are_as_many_as_the_config_says(asked):
    """Two questions of MT-Bench are in Vicuna's bench too; all others differ."""
    benchmark = asked["multitask"]["benchmark"]
    assert (len(benchmark), len(set(benchmark))) == (160, 158)
    rest = [given[split] for given in asked.values() for split in given if given[split] is not benchmark]
    assert all(len(texts) == len(set(texts)) for texts in rest)
