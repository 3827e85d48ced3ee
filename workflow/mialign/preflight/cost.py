"""What a run will take, by stage, before anything is spent: GPU hours, disk, memory and the judge's dollars.

All of it follows from the config, from how many weights the models on disk have (config["counted"], by their names) and
from stated assumptions (config/costs.yaml); of a card that `make gpu` has measured, speeds are the measured ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from mialign.data import authors
from mialign.data.builders import record_size
from mialign.data.policies import compared_models, reward_models
from mialign.data.sets import FROM_AUTHORS, principle_writer, questions_of, sets_in_files, used_sets, writing_model
from mialign.evaluation.judge import AXES
from mialign.evaluation.judge.cost import dollars
from mialign.evaluation.judge.settings import (
    by_authors,
    judged_comparisons,
    judges,
    validating,
    verdicts_folder,
)
from mialign.evaluation.loaded_models import loaded_models
from mialign.preflight import training_size
from mialign.preflight.assumptions import assumption, questions, weights
from mialign.preflight.measured_speeds import speeds
from mialign.training.objectives import OBJECTIVES

COLUMNS = (
    *("stage", "experiment", "jobs", "million_tokens", "gpu_hours", "disk_gb", "memory_gb", "judge_dollars"),
    "speeds",  # in the last row
)
USUAL = 8.0e9  # the weights that the assumed speeds are for
ORDERS = 2  # that a judge is asked about


@dataclass(frozen=True)
class Row:
    """One stage of one experiment; tokens and hours (of one GPU) of all its jobs together."""

    stage: str
    experiment: str = ""
    jobs: int = 0
    tokens: float = 0.0
    hours: float = 0.0
    disk: float = 0.0  # bytes
    memory: float = 0.0  # bytes of the largest training's state, on all its GPUs
    dollars: float = 0.0

    def tidy(self) -> dict:
        """The row in COLUMNS, rounded to hundredths: million tokens, GPU hours, gigabytes (10^9 bytes), dollars."""
        values = (self.jobs, self.tokens / 1e6, self.hours, self.disk / 1e9, self.memory / 1e9, self.dollars)
        rounded = (value if isinstance(value, int) else round(value, 2) for value in values)
        return dict(zip(COLUMNS, (self.stage, self.experiment, *rounded, ""), strict=True))


def table(config: dict, assumed: dict, measured: Sequence[dict] = ()) -> list[dict]:
    """Rows of COLUMNS, by stage and experiment, with their sum at the end (of memory, the most).

    measured: rows of docs/benchmarks/gpu.csv. The last row says which speeds are measured and which assumed.
    """
    rates, source = speeds(assumed, measured)
    assumed = {**assumed, "tokens_per_second": rates}
    rows = [row for row in _rows(config, assumed) if row.jobs]
    sums = {key: sum(getattr(row, key) for row in rows) for key in ("jobs", "tokens", "hours", "disk", "dollars")}
    total = Row("total", **sums, memory=max((row.memory for row in rows), default=0.0))  # one job has a GPU to itself
    return [*(row.tidy() for row in rows), total.tidy() | {"speeds": source}]


def _rows(config: dict, assumed: dict) -> Iterator[Row]:
    models = config["models"]
    used = dict.fromkeys(model for name in config["experiments"] for model in loaded_models(config, name))
    fetched = [name for name in used if "places" in models[name]]
    size = sum(weights(config, assumed, name) for name in fetched) * assumed["bytes_per_weight"]["model"]
    yield Row("fetch_model", jobs=len(fetched), disk=size)
    blocks = [given["data"][data] for given in config["experiments"].values() for data in used_sets(given)]
    writers = {principle_writer(block) for block in blocks} - {None}
    # A few lines each: what takes time is to start the model.
    yield Row("written_principles", jobs=len(writers), hours=len(writers) * assumed["minutes_per_job"] / 60)
    for name, given in config["experiments"].items():
        yield from _Experiment(name, given, config, assumed).rows()


class _Experiment:
    """The stages of one experiment."""

    def __init__(self, name: str, given: dict, config: dict, assumed: dict):
        self.name, self.given, self.config, self.assumed = name, given, config, assumed
        self.seeds, self.mean = len(config["seeds"]), assumed["mean_tokens"]
        self.base = weights(config, assumed, given["base"])
        self.measured = "respond" if "respond" in given else "solve"
        # Within a training transformers writes, whatever the engine is.
        self.generation = "generation" if config["engine"]["kind"] == "vllm" else "generation_transformers"

    def rows(self) -> Iterator[Row]:
        given = self.given
        for data in sets_in_files(given):
            yield from self.writing(data)
        yield from self.rewarding()
        relative = {
            (method["data"], method.get("reference", method["parent"]))
            for method in given["methods"].values()
            if OBJECTIVES[method["objective"]].needs_reference and "rollout_every" not in method
        }
        for data in dict.fromkeys(data for data, _ in sorted(relative)):
            jobs = self.seeds * sum(one == data for one, _ in relative)
            scored = given["data"][data]["size"] * self.pair(data)
            yield self.row("reference", jobs, scored, "scoring", self.base)
        yield self.training()
        policies = len(given["methods"]) + 1
        if given.get("responses") == "authors":
            policies -= len(given["methods"].keys() & authors.listing()["answers"].keys())
        if "respond" in given:
            policies += (given["generator"] != given["base"]) + len(compared_models(given))
            yield from self.soups()
            tokens = self.asked() * len(given["respond"]["temperatures"]) * self.answer("respond")
            yield self.row("respond", policies * self.seeds, tokens, self.generation, self.base)
            for name, judge in judges(given).items():
                yield self.judging(verdicts_folder(self.name, name), judge)
        if "solve" in given:
            attempts = self.questions("benchmark") * (1 + max(given["solve"]["attempts"]))
            jobs = (len(given["methods"]) + 1) * self.seeds
            yield self.row("solve", jobs, attempts * self.answer("solve"), self.generation, self.base)
        if "information" in given:
            yield from self.information()
        if "drift" in given:
            scored = 2 * given["drift"]["responses"] * (self.mean["prompt"] + self.answer(self.measured))
            measured = len(given["methods"]) + len(given.get("soups", {}))  # the policies of a soup read as much as one
            jobs = len(given["methods"]) * self.seeds + self.merged()
            yield self.row("drift", jobs, measured * self.seeds * scored / jobs, "scoring", self.base)

    def writing(self, data: str) -> Iterator[Row]:
        """The responses of a set: once, or by every seed of the method that writes it."""
        block = self.given["data"][data]
        if block["from"] == FROM_AUTHORS:
            return
        model = writing_model(self.given, data)
        tokens = self.written(data) * self.response(data)
        if model and "server" in self.config["models"][model]:  # its GPUs are not ours
            yield Row("generate", self.name, 1, tokens)
        else:
            size = weights(self.config, self.assumed, model) if model else self.base
            yield self.row("generate", self.files(data), tokens, self.generation, size)

    def written(self, data: str) -> int:
        """How many responses a writer gives for a set; where it draws until it is full, by the share that stays."""
        block = self.given["data"][data]
        if "draws" in block:
            what = f"of the drawn pairs of experiments.{self.name} the filters keep, as a share"
            share = assumption(self.assumed, "kept", self.name, what)
            drawn = min(ceil(block["size"] / share), block["draws"]["pairs"] * block["draws"]["at_most"])
            return drawn * record_size(block).written
        asked = sum(questions(self.config, self.assumed, name) for name in block["questions"])
        return questions_of(block, asked) * record_size(block).written

    def files(self, data: str) -> int:
        """How many writers a set has: a model, or a method's checkpoint of every seed."""
        return 1 if writing_model(self.given, data) else self.seeds

    def rewarding(self) -> Iterator[Row]:
        """The rewards of the responses to training and benchmark questions, by each reward that is a model."""
        if "preferences" not in self.given:
            return
        texts = [(self.files(data), self.written(data)) for data in sets_in_files(self.given)]
        temperatures = len(self.given["respond"]["temperatures"])
        texts.append(((len(self.given["methods"]) + 1) * self.seeds, self.asked() * temperatures))
        texts.append((self.merged(), self.questions("benchmark") * temperatures))
        jobs = sum(count for count, _ in texts)
        tokens = sum(count * one for count, one in texts) * (self.mean["prompt"] + self.answer("respond"))
        sizes = self.reward_sizes()
        hours = sum(self.hours(tokens, "scoring", size) for size in sizes) + self.start(jobs if sizes else 0)
        yield Row("rewards", self.name, jobs, tokens * len(sizes), hours)

    def reward_sizes(self) -> list[float]:
        """The weights of each reward that is a model."""
        return [weights(self.config, self.assumed, model) for model in reward_models(self.given).values()]

    def soups(self) -> Iterator[Row]:
        """The merged checkpoints of a soup, one a vector and seed; each is removed when its answers were measured."""
        merged, methods, soups = self.merged(), self.given["methods"], self.given.get("soups", {}).values()
        whole = any("adapter" not in methods[method] for soup in soups for method in soup["of"])
        size = max(map(training_size.number_size, methods.values()))
        yield Row("soup", self.name, merged, disk=self.base * size if whole else 0.0)
        if merged:
            answers = self.questions("benchmark") * len(self.given["respond"]["temperatures"])
            yield self.row("respond", merged, answers * self.answer("respond"), self.generation, self.base)

    def merged(self) -> int:
        """How many checkpoints are merged: of each soup one for every vector and seed."""
        return len(self.given.get("soups", {})) * self.given.get("preferences", {}).get("grid", 0) * self.seeds

    def asked(self) -> int:
        """How many prompts the benchmark has: under preference vectors, every question under each of the grid."""
        return self.questions("benchmark") * self.given.get("preferences", {}).get("grid", 1)

    def response(self, data: str) -> float:
        """Mean tokens of a response of a set."""
        mean = self.mean_response()
        return min(mean, self.given["data"][data].get("sampling", {"max_tokens": mean})["max_tokens"])

    def mean_response(self) -> float:
        """Mean tokens of a response that nothing cuts."""
        return self.mean["attempt" if self.measured == "solve" else "answer"]

    def pair(self, data: str) -> float:
        """Tokens of a record of pairs: each prompt with all responses."""
        _, prompts, responses = record_size(self.given["data"][data])
        return prompts * (self.mean["prompt"] + responses * self.response(data))

    def trained(self, method: dict) -> float:
        """Tokens of a record of pairs that a step reads: of the positive response alone, that and its prompt."""
        if method.get("train_on") == "positives":
            return self.mean["prompt"] + self.response(method["data"])
        return self.pair(method["data"])

    def information(self) -> Iterator[Row]:
        """Every policy's responses to its questions; the policy scores each prompt with all, the base with its own."""
        block, jobs = self.given["information"], self.seeds * (len(self.given["methods"]) + 1)
        prompts = block["constitutions"] * sum(
            questions(self.config, self.assumed, name) for name in block["questions"]
        )
        response = min(self.mean_response(), block["sampling"]["max_tokens"])
        yield self.row("information_responses", jobs, prompts * response, self.generation, self.base)
        scored = 2 * self.mean["prompt"] + (block["constitutions"] + 1) * response
        yield self.row("information", jobs, prompts * scored, "scoring", self.base)

    def training(self) -> Row:
        """All methods: their steps, answers to validation questions with their judge, and rollouts."""
        methods = self.given["methods"].values()
        answers = self.questions("validation") * self.answer(self.measured)
        tokens = sum(method["steps"] * method["batch"] * self.trained(method) for method in methods) * self.seeds
        validations = self.seeds * sum(  # before the first step, at each saving and at the last step
            1 + ceil(method["steps"] / method["validate_every"]) for method in methods if method["validate_every"]
        )
        checked = validations * answers
        hours = self.hours(tokens, "training", self.base) + self.hours(checked, "generation_transformers", self.base)
        judged = self.validation_judge(validations)
        tokens, hours = tokens + judged.tokens, hours + judged.hours
        jobs = len(methods) * self.seeds
        disk = training_size.disk_bytes(self.given, self.seeds, self.base)
        rolled_out = [self.rolling_out(method) for method in methods if "rollout_every" in method]
        tokens += self.seeds * sum(one for one, _ in rolled_out)
        hours += self.seeds * sum(one for _, one in rolled_out)
        by_name = self.given["methods"]
        states = (training_size.memory_bytes(one, by_name.get(one["parent"], {}), self.base) for one in methods)
        memory = max(states) + judged.memory
        hours += self.start(jobs)
        return Row("train", self.name, jobs, tokens + checked, hours, disk, memory, judged.dollars)

    def validation_judge(self, validations: int) -> Row:
        """What the judge of validation answers takes, if one does that: its memory are its weights."""
        if not (judge := validating(self.given)):
            return Row("train")
        requests = validations * self.questions("validation") * ORDERS
        read, written = requests * self.mean["request"], requests * self.mean["verdict"]
        if judge["kind"] == "openai":
            return Row("train", tokens=read + written, dollars=dollars(judge["server"]["price"], read, written))
        size = weights(self.config, self.assumed, judge["model"])
        return Row(
            "train", tokens=read, hours=self.hours(read, "scoring", size), memory=training_size.judge_memory_bytes(size)
        )

    def rolling_out(self, method: dict) -> tuple[float, float]:
        """Tokens and hours of what one training writes, rewards and holds against its reference."""
        data, pairs = method["data"], method["steps"] * method["batch"]
        texts = self.written(data) * pairs // self.given["data"][data]["size"]
        written = texts * self.response(data)
        rewarded = texts * self.mean["prompt"] + written
        scored = pairs * self.pair(data) * OBJECTIVES[method["objective"]].needs_reference
        sizes = self.reward_sizes()
        hours = self.hours(written, "generation_transformers", self.base) + self.hours(scored, "scoring", self.base)
        hours += sum(self.hours(rewarded, "scoring", size) for size in sizes)
        return written + scored + rewarded * len(sizes), hours

    def judging(self, name: str, judge: dict) -> Row:
        """The verdicts of one judge, as if it found no answer that another of the same model has had."""
        jobs = len(judged_comparisons(self.given, judge)) * self.seeds
        each = len(judge.get("axes", AXES)) * (1 if by_authors(judge) else ORDERS)
        requests = jobs * self.questions("benchmark") * len(self.given["respond"]["temperatures"]) * each
        read, written = requests * self.mean["request"], requests * self.mean["verdict"]
        match judge["kind"]:
            case "openai":
                price = judge["server"]["price"]
                return Row("judge", name, jobs, read + written, dollars=dollars(price, read, written))
            case "likelihood":
                size = weights(self.config, self.assumed, judge["model"])
                return Row("judge", name, jobs, read, self.hours(read, "scoring", size) + self.start(jobs))
        return Row("judge", name, jobs)

    def row(self, stage: str, jobs: int, tokens_of_one: float, speed: str, size: float) -> Row:
        tokens = jobs * tokens_of_one
        return Row(stage, self.name, jobs, tokens, self.hours(tokens, speed, size) + self.start(jobs))

    def hours(self, tokens: float, speed: str, size: float) -> float:
        return tokens * size / USUAL / self.assumed["tokens_per_second"][speed] / 3600

    def start(self, jobs: int) -> float:
        return jobs * self.assumed["minutes_per_job"] / 60

    def answer(self, stage: str) -> float:
        return min(self.mean_response(), self.given[stage]["max_tokens"])

    def questions(self, split: str) -> int:
        return sum(questions(self.config, self.assumed, name) for name in self.given["questions"][split])
