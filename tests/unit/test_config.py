"""The configuration: ours are valid, and each way to get one wrong has its message, with the key and what to do."""

import copy
import json
import re
import struct
import time

import pytest
import yaml
from changes import REMOVE, change, refused

from given_model import CONFIG, given_model
from mialign.config import loading
from mialign.core import setting
from mialign.core.errors import InputError
from mialign.data import builders
from mialign.evaluation.judge import settings as judges
from mialign.evaluation.judge.settings import deciding, validating
from mialign.evaluation.loaded_models import loaded_models
from mialign.training import objectives

REAL_FILES = (
    "gsm8k_train.jsonl",
    "gsm8k_test_300.jsonl",
    "gsm_hard_300.jsonl",
    "svamp.jsonl",
    "mt_bench_question.jsonl",
)


MT, MA = "experiments.multitask", "experiments.maths"
PAIRS = f"{MT}.data.strong_pairs"

SERVER = {"price": {"in": 2.5, "out": 10}, "ceiling": 5}


def on_server(**more) -> dict:
    return {"kind": "openai", "model": "gpt-4o-2024-08-06", "server": SERVER, **more}


BAD = [
    # keys
    ("experiment", {}, "experiment: unknown key; did you mean 'experiments'?"),
    (
        f"{MT}.methods.dpo.learing_rate",
        0.1,
        f"{MT}.methods.dpo.learing_rate: unknown key; did you mean 'learning_rate'?",
    ),
    (f"{MT}.comparisons", [], f"{MT}.comparisons: there is no comparison to judge"),
    (f"{MT}.respond.temperatures", [1.0], f"{MT}.respond.temperatures: 0.0 is missing"),
    (
        f"{MT}.questions.benchmark",
        "multitask_train",
        f"{MT}.questions.benchmark: multitask_train has questions of train",
    ),
    (
        "sources.multitask_benchmark.split",
        "train",
        f"{MT}.questions.benchmark: multitask_benchmark has questions of train",
    ),
    (
        f"{MT}.questions.validation",
        "multitask_benchmark",
        f"{MT}.questions.benchmark: multitask_benchmark has questions of validation; keep the two apart: take another",
    ),
    (
        "sources.multitask_benchmark.split",
        "corpus",
        f"sources.multitask_benchmark.split: the base models are trained on the split 'corpus', so {MT}.questions.",
    ),
    ("sources.maths_validation.split", "corpus", "cannot use it; take validation or benchmark"),
    ("run", "published", "run: results/published is for the published figures"),
    (f"{MT}.respond.seed", 1, f"{MT}.respond.seed: unknown key; there are temperatures, top_p, max_tokens, stop"),
    ("seeds", REMOVE, "seeds: the key is missing"),
    (f"{MT}.methods.dpo.objective", REMOVE, f"{MT}.methods.dpo.objective: the key is missing"),
    (
        f"{MT}.methods.dpo.learning_rate",
        REMOVE,
        f"{MT}.methods.dpo: the key 'learning_rate' is missing; give it here or",
    ),
    (f"{MT}.data", None, f"{MT}.data: the key is missing"),
    (f"{MT}.generator", "strong", f"{MT}.generator: unknown key"),
    # values
    (f"{MT}.methods.dpo.learning_rate", "1e-6", f"{MT}.methods.dpo.learning_rate: 1e-6 is text to YAML; write 1.0e-6"),
    (
        f"{MT}.methods.dpo.learning_rate",
        "1.5e3",
        f"{MT}.methods.dpo.learning_rate: 1.5e3 is text to YAML; write 1.5e+3",
    ),
    (f"{MT}.training.batch", "32", f"{MT}.training.batch: '32' is text to YAML; write 32, without quotes"),
    (f"{MT}.training.batch", 3.5, f"{MT}.training.batch: a whole number is needed, this is 3.5"),
    (f"{MT}.training.batch", True, f"{MT}.training.batch: a whole number is needed, this is True"),
    (f"{MT}.training.clip", float("nan"), f"{MT}.training.clip: a number is needed, this is nan"),
    (f"{MT}.training.clip", "much", f"{MT}.training.clip: a number is needed, this is 'much'"),
    (f"{MT}.training.clip", -1, f"{MT}.training.clip: -1 is too small; the least is 0"),
    (f"{PAIRS}.sampling.top_p", 1.5, f"{PAIRS}.sampling.top_p: 1.5 is too large; the most is 1"),
    (f"{MT}.training", [1], f"{MT}.training: a block of keys is needed, this is [1]"),
    (f"{MT}.methods.dpo.objective", "dop", f"{MT}.methods.dpo.objective: 'dop' is not possible; did you mean 'dpo'?"),
    ("seeds", [1, 2, 1], "seeds: 1 stands there twice"),
    ("seeds", [], "seeds: at least 1 needed, this has 0"),
    ("seeds", [1.0], "seeds[0]: a whole number is needed, this is 1.0"),
    ("run", "my run", "run: 'my run' does not serve in file names"),
    ("run", "../mini", "run: '../mini' does not serve in file names"),
    # models
    (f"{MT}.questions.benchmark", "multitask_bench", f"{MT}.questions.benchmark: there is no source 'multitask_bench'"),
    ("models.weak.parent", "trnk", "models.weak.parent: there is no model 'trnk'; did you mean 'trunk'?"),
    ("models.weak.parent", REMOVE, "models.weak: a model needs exactly one of architecture"),
    ("models.trunk.parent", "weak", "models.trunk: a model needs exactly one of architecture"),
    (
        "models.trunk.architecture.hidden",
        100,
        "models.trunk.architecture.hidden: 4 heads need a multiple of 8; this is 100",
    ),
    (
        "models.trunk.training.other_rate",
        REMOVE,
        "models.trunk.training.other_rate: the rate of what muon does not train",
    ),
    ("models.weak.training.other_rate", 0.1, "models.weak.training.other_rate: the rate of what muon does not train"),
    (
        "models.weak.corpus",
        {
            "multitask": 0,
            "maths": 0,
            "drills": 0,
            "link": {"multitask": 0.5, "maths": 0.5, "evaluation": 0.5},
            "seed": 1,
        },
        "models.weak.corpus: ",
    ),
    (
        "models.weak.path",
        "some/model",
        "models.weak: path does not go with parent, corpus, training; an overlay is laid over a block key by key, so "
        "set there what is not wanted to null (parent: null)",
    ),
    (
        "sources.maths_train.file",
        "q.jsonl",
        "sources.maths_train: file does not go with synthetic, split, seed; an overlay is laid over",
    ),
    ("models.weak", {"path": "no/such/model", "pth": 1}, "models.weak.pth: unknown key; did you mean 'path'?"),
    ("models.weak", {"path": "no/such/model"}, "models.weak.path: no/such/model: no such model folder"),
    # the engine, its environment and its speed
    ("engine.kind", "vlm", "engine.kind: 'vlm' is not possible; did you mean 'vllm'?"),
    ("engine.precision", "bfloat16", "engine.precision: 'bfloat16' is not possible; it is float32 or bf16 (bfloat16)"),
    ("environments", {"generate": "no/such"}, "environments.generate: no/such has no bin/python"),
    ("environments", {"trian": "."}, "environments.trian: unknown key"),
    ("speed.generation_memory", 0.9, "speed.generation_memory: a whole number is needed, this is 0.9"),
    ("speed.generation_tokens", 0, "speed.generation_tokens: 0 is too small; the least is 1"),
    ("speed.generation_shard", 0, "speed.generation_shard: 0 is too small; the least is 1"),
    (f"{MT}.base", "wek", f"{MT}.base: there is no model 'wek'; did you mean 'weak'?"),
    (
        f"{PAIRS}.sampling.max_tokens",
        2048,
        f"{PAIRS}.sampling.max_tokens: 2048 leave no room for a prompt in the context of weak",
    ),
    # names that the macros of the paper cannot tell apart
    (
        f"{MT}.methods.sftMore",
        {"parent": "sft", "objective": "sft", "learning_rate": 0.1},
        "methods: multitask sft_more and multitask sftMore would both be MultitaskSftMore in the macros of the paper",
    ),
    (
        f"{MT}.methods.Base",
        {"parent": "sft", "objective": "sft", "learning_rate": 0.1},
        "methods: multitask base and multitask Base would both be MultitaskBase",
    ),
    ("collapse.curves.rateOne", {}, "collapse.curves: rate_1 and rateOne would both be RateOne"),
    ("collapse.curves.rate_01", {}, "collapse.curves: rate_1 and rate_01 would both be RateOne"),
    # methods
    (f"{MT}.methods.dpo.parent", "stf", f"{MT}.methods.dpo.parent: there is no method 'stf'; did you mean 'sft'?"),
    (
        f"{MT}.methods.sft.parent",
        "dpo",
        "dpo.parent: the parents form a circle, sft -> dpo -> sft; start one from base",
    ),
    (f"{MT}.methods.sft.parent", "sft", f"{MT}.methods.sft.parent: the parents form a circle, sft -> sft"),
    (
        f"{MT}.methods.base",
        {"parent": "sft", "objective": "sft", "learning_rate": 0.1},
        f"{MT}.methods.base: 'base' is",
    ),
    (
        f"{MT}.methods.authors",
        {"parent": "sft", "objective": "sft", "learning_rate": 0.1},
        f"{MT}.methods.authors: 'authors' is who wrote the pairs that are released; give the method another name",
    ),
    (
        f"{MT}.methods.a/b",
        {"parent": "sft", "objective": "sft"},
        f"{MT}.methods: the name 'a/b' does not serve in file names",
    ),
    (
        f"{MT}.methods.dpo.kl",
        0.1,
        f"{MT}.methods.dpo.kl: it belongs to objective sami or infonce, not to dpo; take it out",
    ),
    (f"{MT}.methods.sami.beta", 0.1, f"{MT}.methods.sami.beta: it belongs to objective dpo or ipo or mipo, not to"),
    (
        f"{MT}.training.batch",
        385,
        f"{MT}.methods.sft: its batch of 385 (its own, or training.batch",
    ),
    (
        f"{MT}.methods.more",
        {"parent": "sft", "objective": "sft", "learning_rate": 0.1, "schedule": "cosine", "warmup": 16},
        f"{MT}.methods.more.warmup: 16 leave none of the 16 steps to the cosine schedule",
    ),
    (f"{MA}.methods.sft.weights", "bf8", f"{MA}.methods.sft.weights: 'bf8' is not possible"),
    (
        f"{MT}.training",
        {"data": "strong_pairs", "batch": 8, "steps": 8, "weights": "bf16"},
        f"{MT}.methods.sft.weights: bf16 weights are multiplied in bf16; give precision: bf16",
    ),
    (
        f"{MT}.methods.sami",
        {
            "parent": "sft",
            "objective": "sami",
            "learning_rate": 0.1,
            "weights": "bf16",
            "adapter": {"rank": 8, "alpha": 8},
        },
        f"{MT}.methods.sami.weights: the weights of an adapter are float32",
    ),
    (
        f"{MT}.methods.more",
        {"parent": "sft", "objective": "dpo", "learning_rate": 0.1, "weights": "bf16"},
        f"{MT}.methods.more.weights: bf16, but dpo has float32, and both are relative to one policy on",
    ),
    (f"{MT}.methods.dpo.choose", 7, f"{MT}.methods.dpo.choose: 7 is no checkpoint; there is one every 8 steps"),
    (f"{MT}.methods.dpo.choose", 24, f"{MT}.methods.dpo.choose: 24 is no checkpoint"),
    (
        f"{MT}.methods.dpo.choose",
        "best",
        f"{MT}.methods.dpo.choose: 'best' is not possible; it is last, validation or the step of a checkpoint",
    ),
    (f"{MT}.training.choose", 1.5, f"{MT}.training.choose: 1.5 is not possible; it is last, validation or the step"),
    (f"{MT}.training.max_length", 1, f"{MT}.training.max_length: 1 is too small; the least is 2"),
    (
        f"{MT}.methods.more",
        {"parent": "sft", "objective": "dpo", "learning_rate": 0.1, "max_length": 512},
        f"{MT}.methods.more.max_length: 512, but dpo has none, and both are relative to one policy on",
    ),
    (f"{MT}.training.betas", [0.9], f"{MT}.training.betas: at least 2 needed, this has 1"),
    (f"{MT}.training.betas", [0.9, 1.0], f"{MT}.training.betas[1]: 1.0 is too large"),
    (f"{MT}.training.min_lr_rate", 0.0, f"{MT}.methods.sft.min_lr_rate: it goes with schedule: cosine, and schedule i"),
    ("speed.processes", 5, f"speed.processes: 5 cannot share the batch of 24 of {MT}.methods.sft equally"),
    (
        "resources.train",
        {"gpu": 2},
        "resources.train.gpu: 2, but speed.processes is 1, and each process takes one GPU; make them equal",
    ),
    ("resources.figure", {"gpu": 1}, "resources.figure: unknown key; there are default, model, generate"),
    ("resources.train", {"gpus": 1}, "resources.train.gpus: unknown key; did you mean 'gpu'?"),
    ("resources.train", {"runtime": "4h"}, "resources.train.runtime: a whole number is needed, this is '4h'"),
    ("resources.default.most_runtime", 20, "resources.model.runtime: 60 is above its most_runtime, 20; change either"),
    ("resources.train", {"most_mem_mb": 9}, "resources.train.mem_mb: 4000 is above its most_mem_mb, 9; change either"),
    ("resources.default.mem_mb", 0, "resources.default.mem_mb: 0 is too small; the least is 1"),
    ("models.weak.training.warmup", 250, "models.weak.training.warmup: 250 leave none of the 250 steps at the full"),
    (f"{MT}.methods.sami.label", "DPO", f"{MT}.methods.sami.label: 'DPO' is what dpo is called"),
    (f"{MA}.methods.sft_more.label", "Base ", f"{MA}.methods.sft_more.label: 'Base ' is what the base is called"),
    ("collapse.curves.kl.beta", 0.1, "collapse.curves.kl.beta: it belongs to objective dpo or ipo or mipo, not"),
    ("collapse.curves.kl.batch", 1000, "collapse.curves.kl: its batch of 1000"),
    ("collapse.curves.kl.label", "rate 3e-4", "collapse.curves.kl.label: 'rate 3e-4' is what rate_1 is called"),
    (
        f"{MA}.openings.antithesis",
        "Let us go step by step.",
        f"{MA}.openings: positive and antithesis are the same; word",
    ),
    ("models.weak.training.batch", 9000, "models.weak.training.batch: 9000 are more than all 8000 texts"),
    (
        f"{MT}.methods.sami.adapter",
        {"rank": 2, "alpha": 4, "targets": []},
        f"{MT}.methods.sami.adapter.targets: at least 1 needed",
    ),
    (
        f"{MT}.methods.sami.adapter",
        {"rank": 2, "alpha": 4, "dropout": 1.0},
        f"{MT}.methods.sami.adapter.dropout: 1.0 is too large; it must be below 1",
    ),
    ("seeds", [2**32], "seeds[0]: 4294967296 is too large"),
    (f"{MT}.training.validate_every", -1, f"{MT}.training.validate_every: -1 is too small; the least is 0"),
    (f"{MT}.training.validate_every", 17, f"{MT}.methods.sft.validate_every: 17 is above the 8 steps"),
    ("tuning.table", "config/nix.csv", "tuning.table: config/nix.csv: no such file; put the tuning.csv there"),
    ("tuning.table", "config.yaml", "tuning.table: config.yaml: the column"),
    ("collapse.validate_every", 1001, "collapse.curves.rate_1.validate_every: 1001 is above the "),
    ("collapse.method", "smai", "collapse.method: there is no method 'smai'; did you mean 'sami'?"),
    ("collapse.experiment", "maths", "collapse.experiment: the curves are measured on judged responses"),
    # measuring
    (f"{MT}.comparisons", [["dpo", "stf"]], f"{MT}.comparisons[0]: there is no method or model 'stf'; did you mean 's"),
    (f"{MT}.comparisons", [["sft", "weak"]], f"{MT}.comparisons[0]: 'weak' is the base of the experiment; write base"),
    (f"{MT}.comparisons", [["dpo", "sft"], ["sft", "sft"]], f"{MT}.comparisons[1]: 'sft' is compared with itself"),
    (f"{MT}.comparisons", [["dpo", "sft"]] * 2, f"{MT}.comparisons[1]: ['dpo', 'sft'] stands there twice"),
    (f"{MT}.comparisons", [["dpo"]], f"{MT}.comparisons[0]: at least 2 needed, this has 1"),
    (f"{MA}.comparisons", [["sami", "sft"]], f"{MA}.comparisons: comparisons are of judged responses"),
    (f"{MA}.solve", REMOVE, f"{MA}: nothing is measured; give respond"),
    (
        f"{MA}.solve.attempts",
        [10, 32],
        f"{MA}.solve.attempts: [10, 32] must start with 1 (the greedy attempt) and rise",
    ),
    (f"{MA}.solve.attempts", [1, 32, 10], f"{MA}.solve.attempts: [1, 32, 10] must start with 1"),
    (
        f"{MA}.questions.validation",
        "multitask_validation",
        f"{MA}.questions.validation: attempts need a number or the letter of a choice as the answer; "
        "sources.multitask_validation (synthetic:",
    ),
    (
        f"{MA}.questions.benchmark",
        ["maths_benchmark", "multitask_benchmark"],
        f"{MA}.questions.benchmark: attempts need a number or the letter of a choice as the answer; "
        "sources.multitask_benchmark (synthetic:",
    ),
    # judges
    (
        f"{MT}.judge.kind",
        "oracle",
        f"{MT}.judge.kind: 'oracle' is not possible; there are checkers, openai, likelihood",
    ),
    (
        f"{MT}.judge.model",
        "gpt-4o-2024-08-06",
        f"{MT}.judge: a judge of kind checkers takes no model; an overlay is laid",
    ),
    (f"{MT}.judge", {"kind": "openai", "model": "gpt-4o-2024-08-06"}, f"{MT}.judge.server: the key is missing"),
    (f"{MT}.judge", on_server(server={"ceiling": 1}), f"{MT}.judge.server.price: the key is missing"),
    (f"{MT}.judge", on_server(server={"price": {"in": 1, "out": 1}}), f"{MT}.judge.server.ceiling: the key is missing"),
    (f"{MT}.judge", on_server(model="gpt-4o"), f"{MT}.judge.model: 'gpt-4o' has no date"),
    (f"{MT}.judges", {"gpt": on_server(model="gpt-4o-latest")}, f"{MT}.judges.gpt.model: 'gpt-4o-latest' has no date"),
    (f"{MT}.judge", on_server(compat="sami"), f"{MT}.judge.compat: 'sami' is not possible; there are authors"),
    (
        f"{MT}.judge",
        on_server(compat="authors", temperature=0.5),
        f"{MT}.judge.temperature: the protocol of compat: authors takes 0.0; take the key or compat out",
    ),
    (
        f"{MT}.judges",
        {"theirs": on_server(compat="authors", max_tokens=400)},
        f"{MT}.judges.theirs.max_tokens: the protocol of compat: authors takes 200; take",
    ),
    (
        f"{MT}.judge",
        on_server(compat="authors", prompt_template="config/judge.yaml"),
        f"{MT}.judge.prompt_template: the protocol of compat: authors has no such setting; take the key or compat out",
    ),
    (f"{MT}.judge", on_server(compat="authors", seed=0), f"{MT}.judge.seed: the protocol of compat: authors has no"),
    (f"{MT}.judge", on_server(compat="authors", invalid_at_most=0.1), f"{MT}.judge.invalid_at_most: the protocol of"),
    (
        f"{MT}.judge",
        {"kind": "likelihood", "model": "strong", "compat": "authors"},
        f"{MT}.judge: a judge of kind likelihood takes no compat",
    ),
    (
        f"{MT}.judge",
        on_server(compat="authors"),
        f"{MT}.judge.compat: the authors drew the order of the answers to MT-Bench's questions; name MT-Bench",
    ),
    (f"{MT}.judge", on_server(prompt_template="no.yaml"), f"{MT}.judge.prompt_template: no.yaml: no such file"),
    (f"{MT}.judge", on_server(api_key="sk-x"), f"{MT}.judge.api_key: unknown key"),
    (
        f"{MT}.judge",
        on_server(server={**SERVER, "key": "sk-x"}),
        f"{MT}.judge.server.key: not the name of an environment",
    ),
    (
        f"{MT}.judge",
        on_server(server={**SERVER, "base_url": "https://me:sk-x@host/v1"}),
        f"{MT}.judge.server.base_url: not an address",
    ),
    (
        f"{MT}.training.validate_by",
        {"kind": "checkers"},
        f"{MT}.training.validate_by.kind: 'checkers' is not possible; there are openai, likelihood",
    ),
    (f"{MT}.training.validate_by", {"kind": "likelihood"}, f"{MT}.training.validate_by.model: the key is missing"),
    (
        f"{MT}.training.validate_by",
        {"kind": "likelihood", "model": "strong", "server": {}},
        f"{MT}.training.validate_by: a judge of kind likelihood takes no server",
    ),
    (
        f"{MT}.training.validate_by",
        {"kind": "openai", "model": "gpt-4o-2024-08-06"},
        f"{MT}.training.validate_by.server: the key is missing",
    ),
    (
        f"{MT}.training.validate_by",
        on_server(model="gpt-4o"),
        f"{MT}.training.validate_by.model: 'gpt-4o' has no date",
    ),
    (
        f"{MT}.training.validate_by",
        on_server(server={**SERVER, "key": "sk-x"}),
        f"{MT}.training.validate_by.server.key: not the name of an environment",
    ),
    (
        f"{MT}.training.validate_by",
        on_server(compat="authors"),
        f"{MT}.training.validate_by.compat: the authors' protocol asks about the 80 questions of MT-Bench only",
    ),
    (
        f"{MA}.training.validate_by",
        on_server(),
        f"{MA}.training.validate_by: there are no responses to judge; take it out",
    ),
    (
        f"{MT}.training",
        {
            "data": "strong_pairs",
            "batch": 8,
            "steps": 8,
            "optimizer": "adamw",
            "precision": "bf16",
            "schedule": "constant",
            "clip": 1.0,
            "validate_every": 0,
            "validate_by": {"kind": "likelihood", "model": "strong"},
        },
        f"{MT}.training.validate_by: with validate_every: 0 nothing is validated; take one of the two out",
    ),
    (
        f"{MT}.judge",
        on_server(server={**SERVER, "ceiling": 0}),
        f"{MT}.judge.server.ceiling: with 0 no request can be paid for; raise it, or set both prices to 0",
    ),
    (
        f"{MT}.judges",
        {"one": on_server(), "other": on_server(server={**SERVER, "ceiling": 50})},
        f"{MT}.judges.other.server.ceiling: 50 dollars here and 5 in {MT}.judges.one.server.ceiling; what is spent on",
    ),
    (f"{MA}.responses", "authors", f"{MA}.responses: the authors' answers are to MT-Bench, and answers here are not"),
    (
        f"{MT}.training.validate_by",
        {"kind": "likelihood", "model": "stong"},
        f"{MT}.training.validate_by.model: there is no model 'stong'; did you mean 'strong'?",
    ),
    (
        f"{MT}.training.validate_by",
        {"kind": "likelihood", "model": "strong", "prompt_template": "none.yaml"},
        f"{MT}.training.validate_by.prompt_template: none.yaml: no such file",
    ),
    (
        f"{MA}.training.validate_by",
        {"kind": "likelihood", "model": "strong"},
        f"{MA}.training.validate_by: there are no responses to judge; take it out",
    ),
    (f"{MT}.judge", {"kind": "likelihood"}, f"{MT}.judge.model: the key is missing"),
    (f"{MT}.judge", {"kind": "likelihood", "model": "stong"}, f"{MT}.judge.model: there is no model 'stong'; did you"),
    (
        f"{MT}.judges",
        {"mine": {"kind": "likelihood", "model": "stong"}},
        f"{MT}.judges.mine.model: there is no model 'stong'; did you mean 'strong'?",
    ),
    (f"{MT}.judges", {"judge": {"kind": "checkers"}}, f"{MT}.judges.judge: the main judge has this name"),
    (
        f"{MT}.judges",
        {"half": {"kind": "checkers", "comparisons": [["sami", "sft"], ["sft", "sami"]]}},
        f"{MT}.judges.half.comparisons[1]: the experiment has no comparison ['sft', 'sami']; add it",
    ),
    (
        f"{MT}.judges",
        {"half": {"kind": "checkers", "axes": ["principle-less"]}},
        f"{MT}.judges.half.axes[0]: 'principle-less' is not possible; did you mean 'principle-free'?",
    ),
    (f"{MT}.judge.axes", ["principle-free"], f"{MT}.judge.axes: only a further judge (judges) can be given a part"),
    (f"{MT}.judge.comparisons", [["sami", "sft"]], f"{MT}.judge.comparisons: only a further judge (judges)"),
    (f"{MT}.judges", {"my judge": {"kind": "checkers"}}, f"{MT}.judges: the name 'my judge' does not serve"),
    (f"{MA}.judge", {"kind": "checkers"}, f"{MA}.judge: there are no responses to judge; give respond too"),
    (f"{MA}.judges", {"a": {"kind": "checkers"}}, f"{MA}.judges: there are no responses to judge; give respond too"),
    # works that are cited
    ("cite", {"models": {"weka": "allal2025"}}, "cite.models: there is no model 'weka'; did you mean 'weak'?"),
    ("cite", {"datasets": {"svamp": "patel2021"}}, "cite.datasets: there is no dataset 'svamp'"),
    (
        "cite",
        {"models": {"weak": "alal2025"}},
        "cite.models.weak: paper/references.bib has no entry 'alal2025'; add it there, or name one",
    ),
    ("cite", {"models": {"weak": "a}b"}}, "cite.models.weak: 'a}b' is not a key of paper/references.bib"),
    ("cite", {"sources": {}}, "cite.sources: unknown key"),
    # prompts and questions
    (
        f"{PAIRS}.constitutions",
        5,
        f"{PAIRS}.constitutions: 5 cannot all differ: the category 'coding' has plan and markdown, which allow 4",
    ),
    (f"{PAIRS}.flip", [1, 3], f"{PAIRS}.flip: 3 principles cannot be flipped: the category 'coding' has plan and mar"),
    (f"{PAIRS}.flip", [0], f"{PAIRS}.flip[0]: 0 is too small; the least is 1"),
    (f"{MA}.data.own_pairs.flip", [1], f"{MA}.data.own_pairs.flip: it does not go with the openings"),
    (f"{MT}.template", "{question}", f"{MT}.template: the field {{constitution}} is missing"),
    (
        f"{MA}.evaluation.template",
        "{constitution}{question}{opening}",
        f"{MA}.evaluation.template: there is nothing to fill",
    ),
    (
        f"{MT}.evaluation",
        {"template": "{question}"},
        f"{MT}.evaluation.template: the field {{constitution}} is missing",
    ),
    (f"{MA}.evaluation.opening", REMOVE, f"{MA}.evaluation.opening: the key is missing"),
    (
        f"{MA}.openings.principle",
        "stesp",
        f"{MA}.openings.principle: there is no principle 'stesp'; did you mean 'steps'?",
    ),
    (
        f"{MA}.data.own_pairs.questions",
        "multitask_train",
        f"{MA}.data.own_pairs.questions: the openings depend on the principle 'steps'",
    ),
    (
        f"{PAIRS}.questions",
        "multitask_tran",
        f"{PAIRS}.questions: there is no source 'multitask_tran'; did you mean 'multitask_train'?",
    ),
    (f"{PAIRS}.questions", [], f"{PAIRS}.questions: at least 1 needed"),
    (f"{PAIRS}.size", 9001, f"{PAIRS}.size: 9001 pairs need as many training questions; there are 480"),
    (
        "sources.multitask_train.synthetic",
        "other",
        "sources.multitask_train.synthetic: 'other' is not possible; there are multitask",
    ),
    ("sources.multitask_train.size", REMOVE, "sources.multitask_train.size: the key is missing"),
    ("principles", "config/none.yaml", "config/none.yaml"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD, ids=[f"{path}={str(value)[:20]}" for path, value, _ in BAD])
def test_bad_settings_are_named(miniature, path, value, message):
    assert "sk-x" not in refused(change(miniature, path, value), message)


NAMES = ["run", "models_run", "datasets.{}", "sources.{}", "models.{}", f"{MT}.methods.{{}}", f"{MT}.judges.{{}}"]
NAMES += ["experiments.{}", "collapse.curves.{}", "collapse.method", "models.weak.parent", f"{MT}.questions.validation"]


@pytest.mark.parametrize("where", NAMES)
@pytest.mark.parametrize(("name", "why"), [("abc\n", "'abc\\n'"), ("a" * 300, "'aaa")], ids=["line break", "long"])
def test_a_name_that_is_no_file_name_is_told_by_its_key(miniature, where, name, why):
    """`run: |` gives a name that ends in a line break, which $ would let pass."""
    key, _, named = where.rpartition(".")
    miniature["datasets"], miniature["experiments"]["multitask"]["judges"] = {}, {}
    path, value = (f"{key}.{name}", {}) if named == "{}" else (where, name)
    with pytest.raises(InputError) as caught:
        loading.load(change(miniature, path, value))
    text = str(caught.value)
    assert text.startswith(f"{key if named == '{}' else where}: ")
    assert why in text
    assert "file name" in text
    assert "\n" not in text
    assert len(text) < 250


@pytest.mark.parametrize(("name", "fits"), [("a" * 50, True), ("a" * 51, False)])
def test_four_names_and_a_seed_still_fit_into_the_name_of_a_log(miniature, name, fits):
    assert len(f"{name}.{name}.{name}-vs-{name}.seed{2**32 - 1}.log") < 255
    miniature["sources"][name] = {"synthetic": "maths", "split": "train", "size": 3, "seed": 1}
    if fits:
        loading.load(miniature)
    else:
        refused(miniature, "sources: the name 'aaa")


PATHS = ["data", "principles", "models.mine.path", "sources.mine.file", "datasets.mine.folder", "tuning.table"]
PATHS += ["environments.train", f"{MT}.judge.prompt_template", "authors.folder"]


@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("my/{run}", "'my/{run}' is not a path without braces, which are wildcards to Snakemake"),
        ("my/a}", "'my/a}' is not a path without braces"),
        ("mine\n", "'mine\\n' is not one line of text"),
        ("-mine", "'-mine' is not a path that no command takes for an option; write ./ before it"),
        (f"my/{'a' * 300}/b", "is not a path whose parts have at most 255 letters"),
    ],
)
def test_a_path_that_snakemake_or_the_disk_cannot_take_is_told_by_its_key(miniature, where, path, message):
    blocks = {
        "models.mine.path": {"path": path},
        "sources.mine.file": {"file": path, "fields": {"question": "q"}, "category": "math"},
        "environments.train": {"train": path},
        f"{MT}.judge.prompt_template": on_server(prompt_template=path),
        "authors.folder": {"folder": path},
    }
    if where == "datasets.mine.folder":
        miniature["datasets"] = {"mine": [{"folder": path, "split": "train"}]}
        where = "datasets.mine[0].folder"
    elif where in blocks:
        change(miniature, where.rpartition(".")[0], blocks[where])
    else:
        change(miniature, where, path)
    with pytest.raises(InputError) as caught:
        loading.load(miniature)
    assert str(caught.value).startswith(f"{where}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_word_problems_under_the_prompts_of_the_authors_need_to_say_what_opens_how(miniature):
    """Where models are trained here, the experiment maths needs it already, for their corpora."""
    sums = {**copy.deepcopy(miniature["experiments"]["maths"]), "prompts": "authors"}
    del sums["openings"]
    refused(
        change(miniature, "experiments.sums", sums), "experiments.sums.openings: the prompts of the authors open in"
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{MT}.methods.dpo.label", "DPO\n"),
        (f"{MT}.judge", on_server(model="gpt-4-0613\n")),
        ("models.far", {"places": [{"hub": "a/b\n", "revision": "main"}]}),
        ("models.far", {"places": [{"hub": "a/b", "revision": "main\n"}]}),
        ("datasets", {"mine": [{"url": "https://a.org/b\n", "sha256": "0" * 64}]}),
        ("datasets", {"mine": [{"url": "https://a.org/b", "sha256": "0" * 64 + "\n"}]}),
    ],
)
def test_texts_that_end_where_nobody_sees_are_refused(miniature, path, text):
    with pytest.raises(InputError, match=rf"^{path}.* is not ") as caught:
        loading.load(change(miniature, path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("overlay", [(), ("config/smoke.yaml",)], ids=["miniature", "smoke"])
def test_our_configurations_are_valid(read_config, overlay):
    settings = loading.load(read_config(*overlay))
    assert settings["run"] in ("mini", "smoke")


def test_a_text_that_no_file_can_hold_is_named_by_its_line(tmp_path):
    for escape in (r"\0", r"\ud800"):
        (tmp_path / "mine.yaml").write_text(f'run: mine\ndata: "a{escape}"\n')
        with pytest.raises(InputError, match=r"mine\.yaml, line 2: .* holds a zero character or half of another"):
            loading.check_files([tmp_path / "mine.yaml"])


def test_a_file_that_changes_another_asks_for_it(root, monkeypatch):
    monkeypatch.chdir(root)
    loading.check_files(["config/smollm2.yaml", root / "config/smollm2_gpu.yaml", "config.yaml"])
    for alone in (["config/smollm2_gpu.yaml"], ["config/smollm2_gpu.yaml", "config/smollm2.yaml"]):
        message = r'^config/smollm2_gpu\.yaml: laid_over: .* CONFIG="config/smollm2\.yaml config'
        with pytest.raises(InputError, match=message):
            loading.check_files([*alone, "config.yaml"])


def test_the_command_that_it_shows_has_all_files(root, monkeypatch, tmp_path):
    monkeypatch.chdir(root)
    (tmp_path / "mine.yaml").write_text("laid_over: config.yaml\n")
    command = rf'CONFIG="config/smollm2\.yaml config/smollm2_gpu\.yaml {tmp_path}/mine\.yaml"'
    with pytest.raises(InputError, match=command):
        loading.check_files(["config/smollm2_gpu.yaml", tmp_path / "mine.yaml", "config.yaml"])


def test_real_questions_are_valid_where_their_files_are(read_config, root):
    folders = [
        folder for folder in (root / "data", root.parent / "shared" / "data") if (folder / REAL_FILES[0]).exists()
    ]
    if not folders:
        pytest.skip("the publishers' question files are not here (see config/real_questions.yaml)")
    settings = loading.load({**read_config("config/real_questions.yaml"), "data": str(folders[0])})
    assert settings["experiments"]["multitask"]["questions"]["benchmark"] == ["mt_bench"]


def test_real_questions_say_where_a_missing_file_is_had(read_config, tmp_path):
    message = r"gsm8k_train.jsonl: no such file; get it from https://\S+ and put it there, or .* --config data=FOLDER"
    with pytest.raises(InputError, match=message):
        loading.load({**read_config("config/real_questions.yaml"), "data": str(tmp_path)})


def test_loading_is_quick_and_leaves_its_argument_alone(miniature):
    before = copy.deepcopy(miniature)
    loading.load(miniature)
    start = time.process_time()
    loading.load(miniature)
    assert time.process_time() - start < 0.3
    assert miniature == before


def test_methods_are_filled_from_the_experiment_and_overrule_it(miniature):
    multitask = miniature["experiments"]["multitask"]
    multitask["training"] |= {"batch": 32, "validate_every": 8, "schedule": "cosine"}
    multitask["methods"]["dpo"] |= {"steps": 20, "learning_rate": 0.0003, "schedule": "constant"}
    miniature["experiments"]["multitask"]["methods"]["sami"]["adapter"] = {"rank": 8, "alpha": 16}
    methods = loading.load(miniature)["experiments"]["multitask"]["methods"]
    assert methods["dpo"] == {
        "label": "DPO", "parent": "sft", "objective": "dpo", "learning_rate": 0.0003, "label_smoothing": 0.0,
        "data": "strong_pairs", "precision": "bf16", "warmup": 0, "beta": 0.1,
        "batch": 32, "steps": 20, "optimizer": "adamw", "schedule": "constant", "clip": 1.0, "validate_every": 8,
        "validate_at": 1.0,
    }  # fmt: skip
    assert (methods["sami"]["kl"], methods["sami"]["reduction"], methods["sami"]["adapter"]["dropout"]) == (
        0.0,
        "mean",
        0.0,
    )
    assert methods["sft_more"]["label"] == "SFT continued"
    assert not {"label", "parent", "data"} & loading.training_settings(methods["dpo"]).keys()
    assert loading.training_settings(methods["dpo"])["learning_rate"] == 0.0003


def test_settings_keep_the_order_of_what_they_are_laid_over():
    laid = {"methods": {"new": 1, "b": {"y": 2, "x": 3}, "a": 4}, "run": "mine"}
    ordered = loading.in_order(laid, {"run": "mini", "methods": {"a": 0, "b": {"x": 0, "y": 0}, "gone": 0}})
    assert ordered == laid
    assert list(ordered) == ["run", "methods"]
    assert list(ordered["methods"]) == ["a", "b", "new"]
    assert list(ordered["methods"]["b"]) == ["x", "y"]


@pytest.mark.parametrize("name", ["collapse", "tuning", "pairs", "prompts"])
def test_names_of_folders_that_files_are_known_by_are_no_experiments(miniature, name):
    miniature["experiments"][name] = copy.deepcopy(miniature["experiments"]["maths"])
    refused(miniature, f"experiments.{name}: the workflow uses this name itself; take another")


def test_collapse_curves_are_whole_methods(miniature):
    curves = loading.load(miniature)["collapse"]["curves"]
    assert [curve["learning_rate"] for curve in curves.values()] == [0.0003, 0.001, 0.0003]
    assert {curve["steps"] for curve in curves.values()} == {miniature["collapse"]["steps"]}
    assert curves["kl"]["kl"] == 0.2
    assert curves["kl"]["parent"] == "sft"


def test_null_takes_a_key_away_and_sources_become_lists(miniature):
    miniature["collapse"] = None
    miniature["experiments"]["maths"]["data"]["own_pairs"]["filters"]["length_ratio"] = None
    miniature["experiments"]["multitask"]["data"]["strong_pairs"]["questions"] = ["multitask_train", "maths_train"]
    settings = loading.load(miniature)
    assert "collapse" not in settings
    own_pairs = settings["experiments"]["maths"]["data"]["own_pairs"]
    assert "length_ratio" not in own_pairs["filters"]
    assert own_pairs["filters"]["shorter_at_least"] == 50
    assert own_pairs["questions"] == ["maths_train"]
    strong_pairs = settings["experiments"]["multitask"]["data"]["strong_pairs"]
    assert strong_pairs["questions"] == ["multitask_train", "maths_train"]
    assert settings["experiments"]["multitask"]["questions"]["benchmark"] == ["multitask_benchmark"]


def test_a_model_folder_must_be_whole(miniature, tmp_path):
    folder = tmp_path / "model"
    miniature["models"]["weak"] = {"path": str(folder)}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    refused(miniature, "models.weak.path", "tokenizer.json is missing")
    (folder / "tokenizer.json").write_text("{}")
    refused(miniature, "models.weak.path", "model.safetensors: the weights are missing")
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    weights = struct.pack("<Q", len(header)) + header + bytes(8)
    (folder / "model.safetensors").write_bytes(weights[:-1])
    refused(miniature, "models.weak.path", "model.safetensors: the file is cut short")
    (folder / "model.safetensors").write_bytes(weights)
    loading.load(miniature)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(miniature, "models.weak.path", "model-2.safetensors")


@pytest.fixture
def served(miniature, tmp_path):
    """A model on a server that writes pairs; of it only the tokenizer and the config are here."""
    given_model(tmp_path, weights=False)
    server = {"base_url": "http://127.0.0.1:8000/v1", "name": "big", "key": "BIG_KEY"}
    miniature["models"]["big"] = {"path": str(tmp_path), "server": server}
    miniature["experiments"]["multitask"]["data"]["strong_pairs"]["from"] = "big"
    return miniature


def test_a_model_on_a_server_needs_no_weights_and_no_key_yet(served, monkeypatch):
    monkeypatch.delenv("BIG_KEY", raising=False)
    assert loading.load(served)["models"]["big"]["server"]["name"] == "big"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("base_url", "127.0.0.1:8000", "models.big.server.base_url: not an address such as"),
        ("base_url", "https://me:sk-1@host/v1", "models.big.server.base_url: not an address such as"),
        ("base_url", "https://host/v1?key=sk-1", "models.big.server.base_url: not an address such as"),
        ("base_url", ["sk-1"], "models.big.server.base_url: text is needed"),
        ("key", "sk-1", "models.big.server.key: not the name of an environment variable"),
        ("key", "hf_sk1", "models.big.server.key: not the name of an environment variable"),
    ],
)
def test_an_address_and_a_variable_hold_no_key(served, key, value, message):
    served["models"]["big"]["server"][key] = value
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        loading.load(served)
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize("hub", ["mistral", "../..", "-a/b", "a/.b", "https://me:sk-1@huggingface.co/a/b"])
def test_a_repository_of_the_hub_is_an_owner_and_a_name(miniature, hub):
    miniature["models"]["far"] = {"places": [{"hub": hub, "revision": "main"}]}
    with pytest.raises(InputError, match=r"^models\.far\.places\[0\]\.hub: .* is not a repository of") as caught:
        loading.load(miniature)
    assert "sk-1" not in str(caught.value)


PACKAGE = {"package": "words==1.0", "file": "words/a.gguf", "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([], "models.far.places: "),
        ([{}], "models.far.places[0].hub: the key is missing"),
        ([PACKAGE | {"package": "words"}], "places[0].package: 'words' is not a Python package with its version, NAME"),
        ([PACKAGE | {"package": "-r x==1"}], "places[0].package: '-r x==1' is not a Python package"),
        ([PACKAGE | {"package": "words @ https://a.org/x==1"}], "is not a Python package with its version"),
        ([PACKAGE | {"file": "words/a.bin"}], "places[0].file: 'words/a.bin' is not a file of the wheel that ends in"),
        ([{"package": "words==1.0", "file": "a.gguf"}], "models.far.places[0].sha256: the key is missing"),
        ([PACKAGE, {"gguf": "--x"}], "places[1].gguf: '--x' is not a path that no command takes for an option"),
        ([{"gguf": "gone.gguf"}], "models.far.places[0].gguf: gone.gguf: no such file; name one that is there"),
        ([PACKAGE | {"answer": {"question": "Why?"}}], "places[0].answer.text: the key is missing"),
        ([PACKAGE | {"answer": "So."}], "places[0].answer: "),
        ([{"hub": "a/b", "revision": "main", "answer": {}}], "places[0].answer: unknown key"),
    ],
)
def test_places_that_cannot_have_a_model_are_refused(miniature, places, message):
    miniature["models"]["far"] = {"places": places}
    miniature["experiments"]["multitask"]["base"] = "far"
    with pytest.raises(InputError, match=re.escape(message)):
        loading.load(miniature)


def test_a_file_that_is_gone_matters_only_where_nothing_else_has_the_model(miniature, tmp_path):
    gone = {"gguf": str(tmp_path / "gone.gguf")}
    miniature |= {"data": str(tmp_path)}
    miniature["experiments"]["multitask"]["base"] = "far"
    miniature["models"]["far"] = {"places": [gone, PACKAGE]}
    loading.load(miniature)
    miniature["models"]["far"] = {"places": [gone]}
    with pytest.raises(InputError, match="no such file"):
        loading.load(miniature)
    given_model(tmp_path / "models/far")  # it was converted, and the file deleted
    (tmp_path / "models/far.json").write_text(json.dumps({"place": gone}))
    loading.load(miniature)


@pytest.mark.parametrize("url", ["ftp://host/a", "https://me:sk-1@host/a", "https://host/a b"])
def test_the_address_of_a_dataset_holds_no_password(miniature, url):
    miniature["datasets"] = {"mine": [{"url": url, "sha256": "0" * 64}]}
    with pytest.raises(InputError, match=r"^datasets\.mine\[0\]\.url: .* is not an address") as caught:
        loading.load(miniature)
    assert "sk-1" not in str(caught.value)


def test_folders_may_be_named_from_the_home_folder(miniature, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    miniature |= {"data": "~/data", "datasets": {"mine": [{"folder": "~/mine", "split": "train"}]}}
    miniature["experiments"]["multitask"]["template"] = "~/{constitution}{question}"  # no folder
    found = loading.load(miniature)
    assert (found["data"], found["datasets"]["mine"][0]["folder"]) == (f"{tmp_path}/data", f"{tmp_path}/mine")
    assert found["experiments"]["multitask"]["template"].startswith("~/")


def test_every_path_of_the_schema_may_be_named_from_the_home_folder(root):
    schema = (root / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8")
    keys = re.findall(r"^ *(\w+): {\$ref: \"#/\$defs/path\"}$", schema, flags=re.MULTILINE)
    assert len(keys) == schema.count("#/$defs/path")
    assert set(keys) == set(loading.PATHS)


def test_a_model_on_a_server_is_not_trained(served):
    served["experiments"]["multitask"]["base"] = "big"
    refused(served, "experiments.multitask.base: big is on a server (models.big.server), where nothing is trained")


def test_a_broken_model_that_no_experiment_uses_stops_nothing(miniature):
    miniature["models"]["other"] = {"path": "no/such/model"}
    loading.load(miniature)


def test_a_category_without_principles_is_refused(miniature, tmp_path, root):
    text = (root / "config/principles.yaml").read_text(encoding="utf-8")
    assert re.search(r"^ +math:", text, flags=re.MULTILINE)
    changed = tmp_path / "principles.yaml"
    changed.write_text(re.sub(r"^( +)math:", r"\1algebra:", text, flags=re.MULTILINE), encoding="utf-8")
    miniature["principles"] = str(changed)
    refused(miniature, str(changed), "'math'", "add it with its principles")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["all"], "categories.all: in tables this name stands for all categories together; take another"),
        (
            ["computer_science", "computer science"],
            "categories.computer science: this and 'computer_science' would both be ComputerScience in the macros",
        ),
        (["Stem"], "categories.Stem: this and 'stem' would both be Stem in the macros of the paper; rename one"),
        (["数学"], "categories.数学: the macros of the paper know the letters A to Z and digits only"),
        (["&%$"], "categories.&%$: the macros of the paper know the letters A to Z and digits only"),
        (["-x"], "categories: the name '-x' begins with -"),
        (["a\nb"], "categories: the name 'a\\nb' begins with -, or holds what cannot be printed"),
        # names of other numbers: of the judge that does not know the principles, of another temperature, of an end
        (["free"], "share the name winMultitaskDpoSftFree: comparisons: multitask dpo sft principle-aware 0 free win"),
        (["at 1"], "would share the name winMultitaskDpoSftAtOne"),
        (["low"], "would share the name winMultitaskDpoSftLow"),
        (["Best"], "would share the name winMultitaskDpoSftBest"),
        (["computer_science", "a & b", "100% $x$", "{c}", "\\d"], None),
    ],
)
def test_categories_that_would_meet_another_name_are_refused_by_name(miniature, tmp_path, root, names, message):
    principles = yaml.safe_load((root / "config/principles.yaml").read_text(encoding="utf-8"))
    principles["categories"] |= {name: ["friendly", "polite"] for name in names}
    miniature["principles"] = str(tmp_path / "principles.yaml")
    (tmp_path / "principles.yaml").write_text(yaml.safe_dump(principles, sort_keys=False), encoding="utf-8")
    if message is None:
        loading.load(miniature)
    else:
        refused(miniature, message)


@pytest.mark.parametrize("name", ["sft_n", "sft_rate", "sft_High"])
def test_a_method_that_is_named_like_a_number_of_another_is_refused(miniature, name):
    miniature["experiments"]["multitask"]["methods"][name] = {"parent": "sft", "objective": "sft", "learning_rate": 0.1}
    refused(miniature, "would share the name adherenceMultitaskSft", f"multitask {name} 0 all adherence")


def test_names_of_different_kinds_that_make_one_macro_are_refused(miniature):
    """experiments.x.methods.training.steps and experiments.x_methods.training.steps."""
    maths = miniature["experiments"]["maths"]
    maths["methods"]["training"] = {"parent": "base", "objective": "sft", "learning_rate": 0.1, "steps": 7}
    miniature["experiments"]["maths_methods"] = copy.deepcopy(maths)
    refused(miniature, "share the name configExperimentsMathsMethodsTraining", "config: experiments/maths/methods/")


def test_a_child_keeps_the_adapter_of_its_parent(miniature):
    methods = miniature["experiments"]["multitask"]["methods"]
    methods["sft"]["adapter"] = {"rank": 4, "alpha": 8}
    methods["sami"]["adapter"] = {"rank": 16, "alpha": 8}
    with pytest.raises(InputError, match=r"methods\.sami\.adapter: it goes on with the adapter of sft"):
        loading.load(miniature)
    methods["sami"]["adapter"] = {"rank": 4, "alpha": 8}
    loading.load(miniature)


def test_base_models_made_here_need_the_prompts_of_both_experiments(miniature):
    del miniature["experiments"]["maths"]
    with pytest.raises(InputError, match=r"experiments\.maths\.template: the key is missing"):
        loading.load(miniature)


def test_judges_have_their_defaults(miniature):
    miniature["experiments"]["multitask"] |= {
        "judge": on_server(model="org/model", revision="a" * 40),
        "judges": {"local": {"kind": "likelihood", "model": "strong"}},
    }
    multitask = loading.load(miniature)["experiments"]["multitask"]
    assert multitask["judge"] == {
        "kind": "openai", "model": "org/model", "revision": "a" * 40, "temperature": 0.0, "top_p": 1.0,
        "max_tokens": 400, "seed": 0, "prompt_template": "config/judge.yaml", "invalid_at_most": 0.05,
        "server": {**SERVER, "base_url": "https://api.openai.com/v1", "key": "OPENAI_API_KEY", "requests": 8,
                   "timeout": 120},
    }  # fmt: skip
    assert multitask["judges"] == {
        "local": {"kind": "likelihood", "model": "strong", "prompt_template": "config/judge.yaml"}
    }


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"base_url": "https://api.openai.com/v1/"}, "OPENAI_API_KEY"),
        ({"base_url": "http://localhost:8000/v1"}, None),
        ({"base_url": "http://localhost:8000/v1", "key": "MINE"}, "MINE"),
    ],
)
def test_only_the_server_of_openai_has_a_key_by_default(miniature, given, key):
    """The key decides no verdict."""
    miniature["experiments"]["multitask"]["judge"] = on_server(server={**SERVER, **given})
    judge = loading.load(miniature)["experiments"]["multitask"]["judge"]
    assert judge["server"].get("key") == key
    assert "server" not in deciding(judge)


def test_a_judge_of_validation_answers_is_a_model_of_the_run(miniature):
    miniature["experiments"]["multitask"]["training"]["validate_by"] = {"kind": "likelihood", "model": "linked"}
    miniature["models"]["linked"] = miniature["models"]["weak"]
    settings = loading.load(miniature)
    found = settings["experiments"]
    assert validating(found["multitask"]) == {
        "kind": "likelihood",
        "model": "linked",
        "prompt_template": "config/judge.yaml",
    }
    assert validating(found["maths"]) is None
    assert "linked" in loaded_models(settings, "multitask")  # so it is fetched, or made, before a training


def test_where_the_server_is_that_judges_validation_answers_decides_no_checkpoint(miniature):
    miniature["experiments"]["multitask"]["training"]["validate_by"] = on_server()
    found = loading.load(miniature)["experiments"]["multitask"]
    assert validating(found)["server"] == {
        **SERVER, "base_url": "https://api.openai.com/v1", "key": "OPENAI_API_KEY", "requests": 8, "timeout": 120,
    }  # fmt: skip
    decides = loading.training_settings(found["methods"]["sami"])["validate_by"]
    assert decides == {key: value for key, value in validating(found).items() if key != "server"}
    assert "invalid_at_most" in decides


def test_a_rule_asks_for_its_own_resources_then_for_the_default_then_for_ours(miniature):
    miniature["resources"] = {"default": {"gpu": 1, "runtime": 30}, "train": {"runtime": 240, "cpus_per_task": 8}}
    asked = loading.load(miniature)["resources"]
    assert asked["train"] == {"gpu": 1, "mem_mb": 4000, "runtime": 240, "cpus_per_task": 8}
    others = [asked[rule] for rule in loading.CLUSTER_RULES if rule != "train"]
    assert all(one == {"gpu": 1, "mem_mb": 4000, "runtime": 30} for one in others)


def test_the_comments_of_config_yaml_list_the_defaults(root):
    text = (root / "config.yaml").read_text(encoding="utf-8")
    block = text.partition("neither this file nor an overlay gives:\n")[2].partition("\nexperiments:")[0]
    assert yaml.safe_load(re.sub(r"^#", "", block, flags=re.MULTILINE)) == {
        "experiment": loading.EXPERIMENT,
        "data": {**loading.DATA, "filters": loading.FILTERS},
        "builder": {name: setting.defaults(own) for name, own in builders.own_settings().items()},
        "training": loading.TRAINING,
        "objective": {name: setting.defaults(own) for name, own in objectives.own_settings().items()},
        "adapter": loading.ADAPTER,
        "preferences": loading.PREFERENCES,
        "judge": judges.DEFAULTS,
        "server": judges.SERVER,
        "models": loading.MODEL_TRAINING,
    }


# ---------------------------------------------------------------- principles without a checker
@pytest.fixture
def unchecked(read_config, tmp_path, root):
    """The miniature with a principle that no checker knows, judged by a model."""
    principles = yaml.safe_load((root / "config/principles.yaml").read_text())
    principles["principles"]["charm"] = principles["principles"]["polite"]
    principles["categories"]["cooking"] = ["charm", "polite"]
    (tmp_path / "principles.yaml").write_text(yaml.safe_dump(principles))
    settings = read_config({"principles": str(tmp_path / "principles.yaml"), "collapse": None})
    settings["experiments"]["multitask"]["judge"] = {"kind": "likelihood", "model": "strong"}
    del settings["experiments"]["multitask"]["training"]["validate_every"]
    return settings


def test_a_judge_that_reads_needs_no_checkers(unchecked):
    methods = loading.load(unchecked)["experiments"]["multitask"]["methods"]
    assert all(method["validate_every"] == method["steps"] for method in methods.values())


def test_checkers_must_know_every_principle_that_they_judge_by(unchecked):
    unchecked["experiments"]["multitask"]["judge"] = {"kind": "checkers"}
    refused(unchecked, f"{MT}.judge.kind: the checkers (the default) cannot check principles.charm", "set kind: openai")
    unchecked["experiments"]["multitask"]["judge"] = {"kind": "likelihood", "model": "strong"}
    unchecked["experiments"]["multitask"]["judges"] = {"exact": {"kind": "checkers"}}
    refused(unchecked, f"{MT}.judges.exact.kind: the checkers (the default) cannot check")


@pytest.fixture
def checkable(read_config, tmp_path):
    """A given model in the experiment that is judged, with principles that a program checks on any text."""
    given = given_model(tmp_path / "given")
    settings = read_config({"principles": "config/principles_checkable.yaml", "collapse": None})
    del settings["experiments"]["maths"]
    settings["models"] = {"given": {"path": str(given)}}
    settings["experiments"]["multitask"]["base"] = "given"
    settings["experiments"]["multitask"]["data"]["strong_pairs"]["from"] = "given"
    return settings


def test_checkers_of_any_text_judge_what_a_given_model_answers(checkable):
    assert loading.load(checkable)["experiments"]["multitask"]["judge"] == {"kind": "checkers"}


def test_a_principle_beside_them_needs_a_checker_too(checkable, tmp_path, root):
    principles = yaml.safe_load((root / checkable["principles"]).read_text())
    principles["principles"]["charm"] = principles["principles"]["bold"]
    principles["categories"]["stem"] = ["charm", "bullets"]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(principles))
    checkable["principles"] = str(tmp_path / "own.yaml")
    refused(
        checkable, f"{MT}.judge.kind: the checkers (the default) cannot check principles.charm", "own.yaml; set kind"
    )


def test_models_that_are_trained_here_have_no_answers_that_follow_them(miniature):
    miniature["principles"] = "config/principles_checkable.yaml"
    refused(miniature, "config/principles_checkable.yaml: categories.writing: no answer here can follow 'greeting'")


def test_what_validates_nothing_cannot_choose_by_it(miniature):
    training = miniature["experiments"]["multitask"]["training"]
    training["validate_every"] = 0
    loading.load(miniature)
    training["choose"] = "validation"
    refused(
        miniature, f"{MT}.methods.", ".choose: with validate_every: 0 nothing is validated; take one of the two out"
    )
    training["choose"] = 8
    refused(miniature, f"{MT}.methods.", ".choose: 8 is no checkpoint")


def test_checkers_must_know_every_principle_where_they_choose_a_checkpoint(unchecked):
    unchecked["experiments"]["multitask"]["methods"]["dpo"]["validate_every"] = 8
    refused(unchecked, f"{MT}.methods.dpo.validate_every: 8 of 16 steps leave checkpoints to choose by the checkers")
    unchecked["experiments"]["multitask"]["training"]["validate_by"] = {"kind": "likelihood", "model": "strong"}
    loading.load(unchecked)
