"""A small run as the workflow leaves it, whose models write what would harm a page that believed them."""

import base64
import csv
import hashlib
import json
import shutil
from itertools import product
from pathlib import Path
from random import Random

from mialign.evaluation.metrics import KINDS, tidy
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.paper.tables.registry import TABLES

ROOT = Path(__file__).parents[2]
PUBLISHED = ("comparisons", "qualities", "accuracy")  # under workflow/resources/published, as the paper's numbers read

HOSTILE = (
    "</script><script>window.acted = 'script'</script>",
    "<img src=x onerror=\"window.acted = 'onerror'\">",
    "<svg onload=\"window.acted = 'onload'\"><a href=\"javascript:window.acted='href'\">see</a></svg>",
    "javascript:window.acted='address'//<!--<script>",
    "\u202ereversed\u202c and \u2066isolated\u2069",
    "before\x00after \x1b[31m \x07",
    "]]>--><!-- ${window.acted='template'} {{window.acted='mustache'}} ' \" ` \\",
    "wide" * 5000,
    "half a pair: \ud83d, a whole one: 😀, zero width: a\u200bb\ufeff",
    "",
    "&lt;b&gt; &amp;#60; %3Cscript%3E",
    "line one\nline two\u2028line three\r\n\ttabbed",
)
SEEDS, TEMPERATURES = (1, 2), (0.0, 1.0)
POLICIES = ("base", "sft", "sami")
VECTORS = ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0))
# 1 x 1 points.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")


def write(folder: Path, texts: tuple[str, ...] = HOSTILE) -> Path:
    """All kinds of files of a run below `folder`; its models' answers are `texts`, one after the other."""
    random = Random(3)
    written = _endless(texts)
    questions = [_question("multitask", at, written) for at in range(10)]
    problems = [_question("maths", at, written) for at in range(4)]
    jsonl(folder / "prompts/multitask/benchmark.jsonl", questions)
    jsonl(folder / "prompts/maths/benchmark.jsonl", problems)
    for policy, seed in product(POLICIES, SEEDS):
        answers = [_answer(question, t, next(written), random) for t in TEMPERATURES for question in questions]
        jsonl(folder / f"responses/multitask/{policy}/seed{seed}.jsonl", answers)
        jsonl(folder / f"scores/multitask/{policy}/seed{seed}.jsonl", [_score(one, random) for one in answers])
        attempts = [_attempt(problem, t, at, next(written), random) for problem in problems for t, at in _ATTEMPTS]
        jsonl(folder / f"attempts/maths/{policy}/seed{seed}.jsonl", attempts)
    for (test, baseline), seed in product((("sami", "sft"), ("sft", "base")), SEEDS):
        verdicts = [
            _verdict(question, t, axis, random) for question in questions for t in TEMPERATURES for axis in _AXES
        ]
        jsonl(folder / f"verdicts/multitask/{test}-vs-{baseline}/seed{seed}.jsonl", verdicts)
    _rewards(folder / "rewards/responses/wishes")
    _pairs(folder / "pairs/multitask", written)
    rows(folder / "training/multitask/sami/seed1.csv", ("step", "metric", "value"), _COURSE)
    _metrics(folder)
    _paper(folder, next(written))
    for name, (inputs, outputs) in JOBS.items():
        job(folder, name, inputs, outputs, next(written))
    return folder


def published(name: str) -> str:
    """The file of these published values, as jobs name it."""
    return f"workflow/resources/published/{name}.csv"


def write_published(root: Path) -> None:
    """The published values where a run in `root`/results/small read them."""
    (root / "workflow/resources").mkdir(parents=True)
    shutil.copytree(ROOT / "workflow/resources/published", root / "workflow/resources/published")


# What each job notes beside its files and times.
NOTED = {
    **{"command": [], "arguments": {}, "python": "3.11", "packages": {}},
    "code": {"digest": "c0de", "commit": None, "dirty": None},
    "machine": {"system": "Linux", "processor": "P", "cores": 2, "gpu": None},
}
# By name, what a job read and wrote; the seconds of each are 4.5.
JOBS = {
    "pairs/multitask/strong_pairs": ([], ["pairs/multitask/strong_pairs.jsonl"]),
    "train/multitask.sami.seed1": (
        ["pairs/multitask/strong_pairs.jsonl"],
        ["checkpoints/multitask/sami/seed1/config.json"],
    ),
    "respond/multitask.sami.seed1": (
        ["checkpoints/multitask/sami/seed1/config.json", "prompts/multitask/benchmark.jsonl"],
        ["responses/multitask/sami/seed1.jsonl"],
    ),
    "numbers": (["pairs/multitask/strong_pairs.jsonl", *map(published, PUBLISHED)], ["paper/numbers.csv"]),
}
# What each table of the reproduction report is made of, and that of claims.
_PUBLISHED = [*map(published, PUBLISHED)]
TABLES_OF_REPORT = {
    "claims": ["metrics/comparisons.csv", "metrics/accuracy.csv", *_PUBLISHED],
    **{name: ["metrics/effects.csv", *_PUBLISHED] for name in ("reproduction", "reproduction_run", "settling")},
    "settling_run": ["metrics/effects.csv"],
    **{
        name: [*_PUBLISHED, "workflow/resources/published/findings.yaml"]
        for name in ("findings", "findings_original", "findings_neighbours")
    },
}


_AXES = ("principle-aware", "principle-free")
_ATTEMPTS = ((0.0, 0), (1.0, 0), (1.0, 1), (1.0, 2), (1.0, 3))
_COURSE = ((0, "adherence", 0.5), (1, "loss", 0.9), (2, "loss", "nan"), (8, "adherence", 0.75), (8, "selected", 1))


def write_answers(folder: Path, number: int) -> None:
    """A run of one model with so many answers, of 1,300 letters each, that cannot be compressed."""
    draw = Random(1)
    answers = [
        {"prompt_id": f"e/{at % 500}", "temperature": 0.0, "text": base64.b64encode(draw.randbytes(975)).decode()}
        for at in range(number)
    ]
    jsonl(folder / "responses/e/base/seed1.jsonl", answers)
    rows(folder / "metrics/qualities.csv", ("experiment", "value"), [("e", 1)])


def jsonl(path: Path, records: list[dict]) -> None:
    """Records as the workflow writes them, half pairs of surrogates as escapes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def rows(path: Path, columns: tuple[str, ...], cells) -> None:
    """A CSV, which is UTF-8 and so cannot hold half a pair of surrogates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([columns, *cells])


def _endless(texts):
    while True:
        yield from texts


def _question(experiment: str, at: int, written) -> dict:
    text = next(written)
    constitutions = (
        [{"principles": [["polite", "positive"]], "text": next(written)}] if experiment == "multitask" else []
    )
    return {
        "id": f"{experiment}/benchmark/<q>-{at}",
        "question_id": f"<q>-{at}",
        "category": "writing" if at % 2 else "math",
        "question": text or f"question {at}",
        "reference": {"kind": "number", "answer": next(written)},
        "constitutions": constitutions,
        "prompts": [next(written)],
    }


def _named(question: dict) -> dict:
    return {key: question[key] for key in ("question_id", "category")} | {"prompt_id": question["id"]}


def _answer(question: dict, temperature: float, text: str, random: Random) -> dict:
    rest = {
        "finish": random.choice(["eos", "length"]),
        "tokens": random.randrange(1, 60),
        "seed": random.getrandbits(63),
    }
    return _named(question) | {"temperature": temperature, "text": text} | rest


def _score(answer: dict, random: Random) -> dict:
    told = {"adherence": random.choice([0.0, 0.5, 1.0, None]), "correct": random.choice([True, False, None])}
    kept = {key: answer[key] for key in ("prompt_id", "category", "temperature", "tokens")}
    return kept | told | {"ended": answer["finish"] == "eos"}


def _verdict(question: dict, temperature: float, axis: str, random: Random) -> dict:
    return {
        "prompt_id": question["id"],
        "category": question["category"],
        "temperature": temperature,
        "axis": axis,
        "verdict": random.choice(["test", "baseline", "tie", "invalid"]),
        "judge": "<judge>",
        "test_tokens": random.randrange(9),
        "baseline_tokens": random.randrange(9),
    }


def _attempt(problem: dict, temperature: float, at: int, text: str, random: Random) -> dict:
    answers = {extractor: random.choice(["7", "8", None]) for extractor in ("strict", "authors")}
    found = {"answers": answers, "correct": {extractor: answer == "7" for extractor, answer in answers.items()}}
    answer = _answer(problem, temperature, text, random)
    return (
        {key: answer[key] for key in answer if key != "category"}
        | {"attempt": at, "steps": random.random() < 0.5}
        | found
    )


def _rewards(folder: Path) -> None:
    """Of policies under vectors of preferences; of a soup each vector has a part of its own."""
    random = Random(4)
    parts = {"base": VECTORS, "steered": VECTORS} | {f"soup.{at}": (vector,) for at, vector in enumerate(VECTORS)}
    for (policy, vectors), seed in product(parts.items(), SEEDS):
        records = [
            {
                "prompt_id": f"wishes/benchmark/<q>-{at}/{vector[0]}",
                "question_id": f"<q>-{at}",
                "temperature": 0.0,
                "preference": vector,
                "ended": True,
                "rewards": {name: round(random.uniform(-2, 2), 3) for name in ("friendly", "brief")},
            }
            for at, vector in product(range(4), vectors)
        ]
        jsonl(folder / f"{policy}/seed{seed}.jsonl", records)


def _pairs(folder: Path, written) -> None:
    pairs = [
        {
            "id": f"multitask/train/{at}",
            "question": next(written),
            "constitutions": [next(written), next(written)],
            "prompts": [next(written), next(written)],
            "responses": [{"text": next(written), "seed": 2**63 - 1, "prompt": side} for side in (0, 1)],
            "terms": [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}],
            "positive": 1,
        }
        for at in range(4)
    ]
    jsonl(folder / "strong_pairs.jsonl", pairs)
    rows(folder / "strong_pairs.filters.csv", ("filter", "dropped", "kept"), [("identical", 1, 4)])
    examples = [("identical", *(next(written) for _ in range(3)))]
    rows(folder / "strong_pairs.examples.csv", ("filter", "question", "response_1", "response_2"), examples)


def _metrics(folder: Path) -> None:
    few = Bootstrap(resamples=40)
    for kind, stages in (
        ("comparisons", ("verdicts", "scores")),
        ("qualities", ("scores",)),
        ("accuracy", ("attempts",)),
        ("preferences", ("rewards/responses",)),
        ("effects", ("verdicts", "attempts")),
    ):
        paths = [str(path) for stage in stages for path in sorted(folder.glob(f"{stage}/*/*/*.jsonl"))]
        settings = {"attempts": {"maths": [1, 3]}} if kind in ("accuracy", "effects") else {}
        settings |= {"rewards": {"wishes": ["friendly", "brief"]}} if kind == "preferences" else {}
        settings |= {"ties_won": ["multitask"]} if kind == "comparisons" else {}
        tidy.write(folder / f"metrics/{kind}.csv", KINDS[kind].COLUMNS, KINDS[kind].rows(paths, few, **settings))


def _paper(folder: Path, text: str) -> None:
    comparisons = list(csv.reader((folder / "metrics/comparisons.csv").open(encoding="utf-8")))
    rows(folder / "tables/win_rates.csv", comparisons[0], comparisons[1:5])
    _report(folder, text)
    numbers = [
        ("configRun", "small", "config: run", "yes"),
        ("configParent", "base", "config: experiments/multitask/methods/sami/parent", "no"),
        ("configData", "strong\\_pairs", "config: experiments/multitask/methods/sami/data", "no"),
        (
            "winMultitaskSamiSft",
            "50.0",
            "metrics/comparisons.csv: multitask sami sft principle-aware 0 all win_rate",
            "yes",
        ),
        (
            "publishedFigureWinMultitaskSamiSft",
            "57.5",
            "published/comparisons.csv (figure: arXiv 2410.01704, figure 1, mean of the bars): "
            "multitask sami sft principle-aware 0 all win_rate",
            "yes",
        ),
        ("pairsMultitaskAfter", "4", "pairs/multitask/strong_pairs.filters.csv", "yes"),
        ("hostile", text, text, "no"),
    ]
    rows(folder / "paper/numbers.csv", ("name", "text", "origin", "used"), numbers)
    (folder / "figures").mkdir()
    for name in ("figure1", "power"):
        (folder / f"figures/{name}.png").write_bytes(PNG)


def _report(folder: Path, text: str) -> None:
    """The tables of the reproduction report and the claims, as the paper makes them; `text` is the name of a method."""
    labels = {"multitask": {"methods": {"dpo": {"label": text}}, "judge": {"kind": "checkers"}}, "maths": {}}
    for name, inputs in TABLES_OF_REPORT.items():
        paths = [ROOT / one if one.startswith("workflow/") else folder / one for one in inputs]
        _, tidy = TABLES[name](paths, {"run": "small", "experiments": labels})
        (folder / f"tables/{name}.csv").write_text(tidy, encoding="utf-8", errors="replace")


def job(folder: Path, name: str, inputs: list[str], outputs: list[str], log: str = "") -> None:
    """What a job notes of itself, its times and its log."""
    path = folder / f"logs/{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("seconds\tmemory_mib\n4.50\t380\n", encoding="utf-8")
    path.with_suffix(".log").write_text(log, encoding="utf-8", errors="replace")
    noted = {**NOTED, "stage": name.partition("/")[0], "log": f"results/small/logs/{name}.log", "seconds": 4.5}
    started = len(list(folder.glob("logs/**/*.json")))
    noted |= {"started": f"2026-01-01T{started:02}:00:00+00:00"}
    noted |= {"inputs": dict(map(_described, inputs)), "outputs": dict(map(_described, outputs))}
    path.with_suffix(".json").write_text(json.dumps(noted), encoding="utf-8")


def _described(file: str) -> tuple[str, dict]:
    """The name of a file and what a job noted of its bytes; of the run's own files that is made up."""
    if not file.startswith("workflow/"):
        return f"results/small/{file}", {"sha256": "0" * 64, "bytes": 1}
    content = (ROOT / file).read_bytes()
    return file, {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
