"""Pairs that a policy writes within its training: those of the stages, by the step's weights, the same if killed."""

import json
import math
from argparse import Namespace

import pytest
import torch
from transformers import LlamaConfig, LlamaForSequenceClassification

import tiny
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.builders import constitutions
from mialign.data.builders import preferences as builder
from mialign.data.builders.constitutions import compare_all
from mialign.data.pairs import select_pairs
from mialign.data.prompts import preference_records, prompt_records, slice_of, texts_to_generate, writer_seed
from mialign.generation.engine import BatchSize, Request, Sampling
from mialign.generation.local import generate
from mialign.models import checkpoints
from mialign.training.examples import read_examples
from mialign.training.rollouts import Refresh, Rollouts
from mialign.training.settings import TrainingSettings
from mialign.training.trainer import GridTrainer
from scripts import generate as generate_stage
from scripts import pairs as pairs_stage
from scripts import reference as reference_stage
from scripts import rewards as rewards_stage
from scripts import train as train_stage

SEED = 5
REWARDS = {"brief": {"kind": "length", "per": -2}, "kind": {"kind": "classifier", "model": "any"}}
SAMPLING = {"temperature": 1.0, "top_p": 0.9, "max_tokens": 12, "stop": [], "seed": 3}
PAIRS = {"builder": "preferences", "vector": [], "filters": {"ended": False, "forbidden": []}, "size": 16, "seed": 4}
PAIRS |= {"rewards": list(REWARDS)}
ASKED = {
    "experiment": "e", "seed": 1, "template": "{preference}. {question}", "set": "own", "vector": [],
    "preferences": {"rewards": list(REWARDS), "alpha": 1.0, "seed": 7, "grid": 3},
}  # fmt: skip
BETAS = {"beta_c": 0.5, "beta_w": 0.1}
METHOD = {
    "objective": "mi_epo", "learning_rate": 0.003, "steps": 4, "batch": 4,
    "optimizer": "adamw", "schedule": "constant", "clip": 1.0, "validate_every": 2,
    "validation": {"score": "ended", "top_p": 1.0, "max_tokens": 6, "stop": []},
}  # fmt: skip
ROLLOUTS = {"pairs": PAIRS, "sampling": SAMPLING, "scorers": REWARDS}


def questions(*numbers: int) -> list[dict]:
    return [
        {"id": f"q{number}", "category": "writing", "question": f"The boat {number}", "reference": None}
        for number in numbers
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A parent, a reward model, and the prompts of training and validation."""
    folder = tmp_path_factory.mktemp("rollouts")
    tiny.tiny_model().save_pretrained(folder / "parent")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=64, num_labels=1, bos_token_id=None, eos_token_id=0, pad_token_id=None,
    )  # fmt: skip
    LlamaForSequenceClassification(config).save_pretrained(folder / "classifier")
    for name in ("parent", "classifier"):
        tiny.tiny_tokenizer().save_pretrained(folder / name)
    write_jsonl(folder / "prompts.jsonl", prompt_records(questions(*range(24)), None, "train", ASKED, builder.prompts))
    write_jsonl(folder / "validation.jsonl", preference_records(questions(90, 91), "validation", ASKED))
    return folder


@pytest.fixture
def train(place, run_stage, tmp_path):
    """Train with changed settings; gives the bytes of what is made."""

    def run(name: str, method: dict, **options) -> dict[str, bytes]:
        of_mi_epo = {} if "objective" in method else BETAS
        outs = Namespace(out=tmp_path / name / "sami/seed5", curve=tmp_path / name / "curve.csv")
        if "prompts" in options:
            options |= {"rollouts": tmp_path / name / "rollouts.jsonl"}
        run_stage(
            train_stage, parent=place / "parent", validation=place / "validation.jsonl", seed=SEED,
            settings=json.dumps(METHOD | of_mi_epo | method), scratch=tmp_path / name / "scratch",
            **vars(outs), **options,
        )  # fmt: skip
        files = [
            *outs.out.glob("*.safetensors"),
            outs.curve,
            outs.curve.with_suffix(".jsonl"),
            *(tmp_path / name).glob("rollouts.jsonl"),
        ]
        return {path.name: path.read_bytes() for path in files}

    return run


@pytest.fixture
def roll_out(place, train):
    def run(name: str, every: int, **method) -> dict[str, bytes]:
        """Each question is asked once, unless `rollouts` has another size."""
        taken = math.prod((METHOD | method)[key] for key in ("steps", "batch"))
        once = {"rollout_every": every, "rollouts": {**ROLLOUTS, "pairs": {**PAIRS, "size": taken}}}
        return train(
            name, {**once, **method}, prompts=place / "prompts.jsonl",
            **{"reference-model": place / "parent", "names": "kind", "models": place / "classifier"},
        )  # fmt: skip

    return run


def test_one_refresh_for_all_steps_is_the_training_on_pairs_that_the_parent_wrote(
    place, roll_out, train, run_stage, tmp_path
):
    files = {name: tmp_path / f"{name}.jsonl" for name in ("texts", "rewards", "pairs", "reference")}
    prompts, parent = place / "prompts.jsonl", place / "parent"
    engine = json.dumps({"kind": "transformers", "precision": "float32"})
    run_stage(
        generate_stage, model=parent, prompts=prompts, engine=engine, settings=json.dumps(SAMPLING), seed=SEED,
        scratch=tmp_path / "kept", out=files["texts"],
    )  # fmt: skip
    run_stage(
        rewards_stage, texts=files["texts"], prompts=prompts, settings=json.dumps({"rewards": REWARDS}),
        names="kind", models=place / "classifier", out=files["rewards"],
    )  # fmt: skip
    run_stage(
        pairs_stage, prompts=prompts, generations=files["texts"], rewards=files["rewards"],
        settings=json.dumps(PAIRS), out=files["pairs"], table=tmp_path / "table", examples=tmp_path / "examples",
    )  # fmt: skip
    run_stage(reference_stage, model=parent, pairs=files["pairs"], out=files["reference"])
    assert len(read_jsonl(files["pairs"])) == 16

    expected = train("stages", {}, pairs=files["pairs"], reference=files["reference"])
    found = roll_out("within", every=4)
    written = [json.loads(line) for line in found.pop("rollouts.jsonl").splitlines()]
    assert found == expected

    texts, rewards = read_jsonl(files["texts"]), read_jsonl(files["rewards"])
    assert written == [
        {
            "step": 0,
            "writer": checkpoints.digest(parent),
            "prompt_id": prompt["id"],
            "preferences": prompt["preferences"],
            "responses": [
                {key: one[key] for key in ("text", "finish", "tokens", "seed")} | {"rewards": reward["rewards"]}
                for one, reward in zip(texts, rewards, strict=True)
                if one["prompt_id"] == prompt["id"] == reward["prompt_id"]
            ],
        }
        for prompt in read_jsonl(prompts)
    ]


class Killed(BaseException):
    """Stands for a kill: nothing handles it."""


@pytest.fixture
def kill_in(monkeypatch):
    """Have a training end in this step, before it takes it."""

    def kill(step: int) -> None:
        usual = GridTrainer.training_step

        def training_step(self, *args, **kwargs):
            if self.state.global_step + 1 == step:
                monkeypatch.setattr(GridTrainer, "training_step", usual)
                raise Killed
            return usual(self, *args, **kwargs)

        monkeypatch.setattr(GridTrainer, "training_step", training_step)

    return kill


def test_each_refresh_is_written_by_the_weights_of_its_step(place, roll_out, kill_in, tmp_path):
    kill_in(step=3)
    with pytest.raises(Killed):
        roll_out("killed", every=2)
    scratch = tmp_path / "killed/scratch"
    records = read_jsonl(place / "prompts.jsonl")
    model, tokenizer = checkpoints.load_model(place / "parent"), checkpoints.load_tokenizer(place / "parent")
    for number, folder in enumerate((place / "parent", scratch / "checkpoint-2")):
        model = type(model).from_pretrained(folder)
        own = slice_of(records, number + 1, 2)
        asked = texts_to_generate(own, writer_seed(SAMPLING["seed"], SEED))
        requests = [Request(prompt, (seed,)) for *_, prompt, seed in asked]
        completions = generate(model.eval(), tokenizer, requests, Sampling(1.0, 0.9, 12, ()), BatchSize())
        written = read_jsonl(scratch / f"rollouts-{number}.jsonl")
        assert [one["text"] for record in written for one in record["responses"]] == [
            one.text for (one,) in completions
        ]
        assert [(record["step"], record["prompt_id"]) for record in written] == [(2 * number, one["id"]) for one in own]
        assert {record["writer"] for record in written} == {checkpoints.digest(place / "parent")}


LORA = {"adapter": {"rank": 2, "alpha": 4, "dropout": 0.3, "targets": ["q_proj", "v_proj"]}}


# Of refreshes before steps 1, 3 and 5: killed in the middle of one, whose weights are gone; where one had been written
# and no step been taken since; and where the state is older than the last refresh.
@pytest.mark.parametrize(("step", "validate_every", "more"), [(4, 1, LORA), (3, 1, {}), (6, 3, LORA)])
def test_a_killed_training_goes_on_to_the_same_bytes(roll_out, kill_in, step, validate_every, more):
    settings = {"every": 2, "steps": 6, "batch": 2, "validate_every": validate_every, **more}
    expected = roll_out("whole", **settings)
    kill_in(step)
    with pytest.raises(Killed):
        roll_out("killed", **settings)
    assert roll_out("killed", **settings) == expected
    records = [json.loads(line) for line in expected["rollouts.jsonl"].splitlines()]
    assert [record["step"] for record in records] == [0] * 8 + [2] * 8 + [4] * 8


def test_fewer_pairs_than_places_stand_there_again(roll_out, capsys):
    pairs = {**PAIRS, "filters": {"ended": False, "forbidden": [], "length_ratio": 1.2}}
    found = roll_out("few", every=4, rollouts={**ROLLOUTS, "pairs": pairs})
    left = int(capsys.readouterr().err.split("rollouts of step 0: ")[1].split(" pairs for 16 places")[0])
    assert 4 <= left < 16
    steps = [line for line in found["curve.csv"].decode().splitlines() if ",questions," in line]
    assert steps == ["1,questions,4", "2,questions,8", "3,questions,12", "4,questions,16"]
    seen = [name for line in found["curve.jsonl"].splitlines() for name in json.loads(line)["pairs"]]
    asked = {json.loads(line)["prompt_id"] for line in found["rollouts.jsonl"].splitlines()}
    assert (len(seen), len(set(seen))) == (16, left)
    assert set(seen) <= asked


def test_who_goes_through_the_questions_twice_is_asked_the_same_and_answers_by_other_luck(place, roll_out):
    found = roll_out("twice", every=1, rollouts={**ROLLOUTS, "pairs": {**PAIRS, "size": 8}})
    written = [json.loads(line) for line in found["rollouts.jsonl"].splitlines()]
    asked, seeds = {}, {}
    for record in written:
        asked.setdefault(record["step"], []).append(record["prompt_id"])
        seeds.setdefault(record["step"], []).extend(one["seed"] for one in record["responses"])
    assert (asked[0], asked[1]) == (asked[2], asked[3])
    known = read_jsonl(place / "prompts.jsonl")
    halves = [slice_of(known, part, 2) for part in (1, 2)]
    assert [asked[0], asked[1]] == [[one["id"] for one in half] for half in halves]
    # The first time as if it were the only one.
    assert seeds[0] == [seed for *_, seed in texts_to_generate(halves[0], writer_seed(SAMPLING["seed"], SEED))]
    assert len({seed for own in seeds.values() for seed in own}) == 4 * 24


def test_an_objective_that_needs_a_reference_is_refused_without_one_before_anything_is_written(place, train, tmp_path):
    method = {"rollout_every": 4, "rollouts": ROLLOUTS}
    options = {"names": "kind", "models": place / "classifier"}
    with pytest.raises(InputError, match=r"^--reference-model: mi_epo is relative to a reference; give the folder of"):
        train("without", method, prompts=place / "prompts.jsonl", **options)
    assert not (tmp_path / "without").exists()


def test_objectives_without_rewards_or_reference_take_rollouts_too(train, tmp_path, root):
    from mialign.data import principles

    known = principles.load(root / "config/principles.yaml")
    asked = {"experiment": "e", "seed": 1, "template": "{constitution} {question}", "constitutions": 2}
    records = prompt_records(questions(*range(12)), known, "train", asked, constitutions.prompts)
    for record in records:  # as short as the context wants them
        record["prompts"] = [f"{name}. {record['question']}" for name in ("The bees", "The house")]
    write_jsonl(tmp_path / "prompts.jsonl", records)
    pairs = {**PAIRS, "builder": "constitutions", "constitutions": 2}
    method = {"objective": "sami", "reduction": "mean", "rollout_every": 2}
    found = train(
        "sami", {**method, "rollouts": {"pairs": pairs, "sampling": SAMPLING}}, prompts=tmp_path / "prompts.jsonl"
    )
    written = [json.loads(line) for line in found["rollouts.jsonl"].splitlines()]
    assert [record["step"] for record in written] == [0] * 6 + [2] * 6
    assert set(written[0]) == {"step", "writer", "prompt_id", "responses"}
    assert b"4,grid_accuracy_rows," in found["curve.csv"]


def test_what_the_policy_was_made_to_begin_with_stands_once_before_its_response(place, tmp_path):
    made = {"prompts": ["The boat"], "generation_prompts": ["The boat sank"], "forced_openings": [" sank"]}
    made |= {"constitutions": [{"principles": [["brief", "positive"]], "text": "1. Be brief."}]}
    prompts = [{**one, **made, "question_id": one["id"]} for one in questions(1, 2)]
    settings = {"builder": "constitutions", "constitutions": 1, "filters": {}, "size": 2, "seed": 1}
    pairs = []

    def select(*asked) -> list[dict]:
        pairs.extend(select_pairs(*asked, settings).pairs)
        return pairs

    sampling = Sampling(1.0, 1.0, 4, ())
    asked = Rollouts(prompts, sampling, 3, BatchSize(), lambda _, texts: texts, select, None, ())
    method = {"objective": "sft", "batch": 2, "rollout_every": 1, "steps": 1, "validate_every": 1}
    method = TrainingSettings.read({**method, "learning_rate": 0.1, "validation": {}, "seed": SEED})
    model, tokenizer = checkpoints.load_model(place / "parent"), checkpoints.load_tokenizer(place / "parent")
    Refresh(asked, method, tokenizer, 64, tmp_path, 256, "digest")(model, 0)
    requests = [Request(prompt, (seed,)) for *_, prompt, seed in texts_to_generate(prompts, 3)]
    written = [one.text for (one,) in generate(model, tokenizer, requests, sampling, BatchSize())]
    assert [pair["responses"][0]["text"] for pair in pairs] == [f" sank{text}" for text in written]


def test_rollouts_are_cut_by_the_positive_response_where_it_alone_is_trained_on(place, tmp_path):
    """As pairs of a file are: the other response, however long, cuts nothing."""
    texts = ["sank.", "sank at noon. A keeper of bees walks 3 days, then 12 more."]
    pair = {"id": "p", "prompts": ["The boat and", "The house by"], "positive": 0, "terms": compare_all(2)}
    pair |= {"responses": [{"text": text, "prompt": n, "finish": "eos"} for n, text in enumerate(texts)]}
    asked = Rollouts(
        questions(1), Sampling(1.0, 1.0, 4, ()), 3, BatchSize(), lambda _, texts: texts, lambda *_: [pair], None, ()
    )
    method = {"objective": "sft", "train_on": "positives", "max_length": 20, "batch": 1, "rollout_every": 1, "steps": 1}
    method = TrainingSettings.read({**METHOD, **method, "seed": SEED})
    model, tokenizer = checkpoints.load_model(place / "parent"), checkpoints.load_tokenizer(place / "parent")
    refresh = Refresh(asked, method, tokenizer, 64, tmp_path, 256, "digest")
    refresh._keep(0, [{"prompt_id": "q1", "responses": []}])
    (found,) = refresh(model, 0)
    write_jsonl(tmp_path / "pairs.jsonl", [pair])
    (expected,) = read_examples(tmp_path / "pairs.jsonl", tokenizer, 64, 20, "positives").values()
    (whole,) = read_examples(tmp_path / "pairs.jsonl", tokenizer, 64).values()
    assert found.item == expected.item
    assert found.item.prompts[0] == whole.item.prompts[0]
