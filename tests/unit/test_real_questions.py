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


def runs(words: list[str], size: int) -> set[tuple[str, ...]]:
    """All runs of so many words."""
    return set(zip(*(words[start:] for start in range(size)), strict=False))


def near(texts: list[str], others: list[str], size: int) -> list[str]:
    """The texts that share so many words in a row with one of the others, or all words of the shorter of the two."""
    wanted, known = ([re.findall(r"\w+", text.lower()) for text in found] for found in (texts, others))
    by_size = {number: [runs(words, number) for words in known] for number in range(1, size + 1)}

    def is_near(words: list[str]) -> bool:
        for place, other in enumerate(known):
            number = min(size, len(words), len(other))
            if not runs(words, number).isdisjoint(by_size[number][place]):
                return True
        return False

    return [text for text, words in zip(texts, wanted, strict=True) if is_near(words)]


def test_two_texts_are_near_by_their_words_alone():
    text = "Write a short poem about the sea, please!"
    assert near([text], ["Now, write a SHORT poem: about the sea (please)."], 8) == [text]
    assert near([text], ["Write a short poem about the sky, please!"], 8) == []
    assert near(["Sea poem."], ["A long sea, poem and all"], 8) == ["Sea poem."]
    assert near(["A long sea, poem and all"], ["Sea poem."], 8) == ["A long sea, poem and all"]


@pytest.mark.parametrize("experiment", ["multitask", "maths"])
def test_questions_that_measure_are_not_trained_on(asked, experiment):
    given, size = asked[experiment], WORDS[experiment]
    for measured, others in (("benchmark", "train"), ("validation", "train"), ("benchmark", "validation")):
        found = near(given[measured], given[others], size)
        assert found == [], f"{len(found)} of {len(given[measured])} questions of {measured} are near one of {others}"


def test_no_experiment_trains_on_what_the_other_measures(asked):
    measured = {name: asked[other]["benchmark"] for name, other in (("multitask", "maths"), ("maths", "multitask"))}
    for name, questions_of_other in measured.items():
        assert near(questions_of_other, asked[name]["train"], WORDS["maths"]) == [], name


def test_there_are_as_many_as_the_config_says(asked):
    """Two questions of MT-Bench are in Vicuna's bench too; all others differ."""
    benchmark = asked["multitask"]["benchmark"]
    assert (len(benchmark), len(set(benchmark))) == (160, 158)
    rest = [given[split] for given in asked.values() for split in given if given[split] is not benchmark]
    assert all(len(texts) == len(set(texts)) for texts in rest)
