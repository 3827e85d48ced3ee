"""A made-up run in the formats of the workflow, small and quick: what tables, numbers and the paper are tested with."""

import copy
import csv
import json
from functools import cache
from itertools import combinations, product
from pathlib import Path
from random import Random

import yaml

from copies import lay_over
from mialign.config import loading as configuration
from mialign.core.files import write_text
from mialign.data import sets
from mialign.data.authors import listing

ROOT = Path(__file__).parents[2]
CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
WIN = {("sami", "sft"): 61, ("dpo", "sft"): 57, ("sami", "sft_more"): 52, ("sami", "dpo"): 51, ("sami", "base"): 70}
ACCURACY = {"base": 25, "sami": 40, "sft": 58, "sft_more": 63, "sft_all": 62, "sft_sami": 64}
NASTY = 'First, add 3 + 4 = 7.\n  Then: 100% of $7 & #1_{x}^2 \\end{document}\n\n中文 "quoted" <b>bold</b>'


def config(*overlays: str) -> dict:
    """config.yaml and overlays as the workflow has them: laid over each other, and every default filled in."""
    return copy.deepcopy(_loaded(overlays))


@cache
def _loaded(overlays: tuple[str, ...]) -> dict:
    found: dict = {}
    for name in ("config.yaml", *overlays):
        lay_over(found, yaml.safe_load((ROOT / name).read_text(encoding="utf-8")))
    return configuration.load(found)


PUBLISHED = ROOT / "workflow/resources/published"


def released_files(folder: Path) -> list[Path]:
    """Some of the files that the authors released, in their form, with made-up content."""
    principle = dict.fromkeys(("weak", "relevant_for", "strong", "antithesis"), "text")
    of_dpo = [[1, 100, 120]] * 43 + [[0.5, 100, 120]] * 6 + [[0, 100, 120]] * 31
    of_sami = [[1, 10, 5], [0, 20, 10], [1, 30, 15], [0.5, 40, 20]]
    content = {
        listing()["judged"]["constitutions"]: {"math.1": principle, "math.2": principle},
        listing()["verdicts"]["dpo-vs-sft"]: of_dpo,
        listing()["verdicts"]["sami-vs-sft"]: of_sami,
    }
    for place, value in content.items():
        path = folder / "authors" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    return [folder / "authors" / place for place in content]


def write_run(folder: Path, settings: dict | None = None) -> Path:
    """All CSVs and a few records of a run below `folder`."""
    settings = settings or config()
    random = Random(7)
    _csv(folder / "metrics/comparisons.csv", _comparisons(settings, random))
    _csv(folder / "metrics/qualities.csv", _qualities(settings, random))
    _csv(folder / "metrics/degeneration.csv", _degeneration(settings))
    _csv(folder / "metrics/sides.csv", _sides())
    _csv(folder / "metrics/agreement.csv", _agreement())
    _csv(folder / "metrics/positions.csv", _positions())
    _csv(folder / "metrics/accuracy.csv", _accuracy(settings))
    _csv(folder / "metrics/effects.csv", _effects(settings))
    _csv(folder / "metrics/training.csv", _training(settings))
    _csv(folder / "tuning.csv", _tuning(settings))
    _csv(folder / "written_principles/scribe.csv", _written_principles())
    for pairs in _pairs(folder, settings):
        _filters(pairs, pairs.relative_to(folder).parts[1])
    for experiment in settings["experiments"]:
        _records(folder, experiment, settings["experiments"][experiment])
        for method in settings["experiments"][experiment]["methods"]:
            write_text(folder / f"logs/train/{experiment}.{method}.seed1.tsv", "seconds\tmemory_mib\n4.25\t700\n")
    return folder


def with_another_set(settings: dict) -> dict:
    """The settings with a second set of pairs in the first experiment, written by sft, and MIPO trained on it."""
    multitask = settings["experiments"]["multitask"]
    pairs = multitask["data"]["strong_pairs"]
    multitask["data"]["own_pairs"] = {**pairs, "from": "sft", "builder": "other_question", "size": 96}
    mipo = {"objective": "mipo", "label": "MIPO", "data": "own_pairs", "learning_rate": 0.001, "beta": 0.5}
    multitask["methods"]["mipo"] = {**multitask["methods"]["dpo"], **mipo}
    multitask["comparisons"].append(["mipo", "sft"])
    return settings


def files_of_pairs(folder: Path, settings: dict, ending: str) -> list[Path]:
    """The files beside the sets of pairs, in the order of the config, as the workflow gives them to tables."""
    return [path for pairs in _pairs(folder, settings) if (path := pairs.with_suffix(ending)).exists()]


def _pairs(folder: Path, settings: dict) -> list[Path]:
    """The sets that methods are trained on, without ending; one for each seed where a method writes them."""
    found = []
    for experiment, given in settings["experiments"].items():
        for data in sets.used_sets(given):
            path = folder / f"pairs/{experiment}/{data}"
            of_seeds = [path / f"seed{seed}" for seed in settings["seeds"]]
            found += of_seeds if sets.writing_method(given, data) else [path]
    return found


def _csv(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _agreement():
    rows = []
    for axis, agreement, kappa in (("principle-aware", 80, 0.6), ("principle-free", 70, "")):
        key = {"experiment": "multitask", "judge": "judge", "other": "gpt_4o", "axis": axis, "temperature": 0.0}
        bounds = {"value": agreement, "low": agreement - 5, "high": agreement + 5, "n": 200}
        rows.append(key | {"metric": "agreement"} | bounds)
        rows.append(key | {"metric": "kappa", "value": kappa, "low": "", "high": "", "n": 200})
        rows.append(key | {"metric": "invalid", "value": 3, "low": "", "high": "", "n": 203})
        longer = {"metric": "longer", "value": agreement - 8, "low": agreement - 12, "high": agreement - 4, "n": 150}
        rows.append(key | {"judge": "gpt_4o", "other": ""} | longer)
    return rows


def _positions():
    """A judge that is asked in both orders, and one that is asked once."""
    keys = {"experiment": "multitask", "axis": "principle-aware", "temperature": 0.0}
    empty = {"value": "", "low": "", "high": "", "n": 0}
    changed = {"value": 12.5, "low": 8, "high": 17, "n": 200}
    return [
        keys | {"judge": judge, "metric": metric} | values
        for judge, metric, values in (
            ("judge", "changed", changed),
            ("judge", "first", {"value": 54, "low": 51, "high": 57, "n": 380}),
            ("gpt_4o", "changed", empty),
            ("gpt_4o", "first", {"value": 61, "low": 50.5, "high": 71, "n": 80}),
        )
    ]


def _sides():
    values = {"followed": 40, "positive": 50, "antithesis": 20, "both": 0, "neither": 30}
    return [
        {"experiment": "multitask", "method": method, "temperature": 0.0, "category": category, "principle": principle}
        | {"metric": metric, "value": value + (extra if value else 0), "low": 0, "high": 100, "n": 20}
        for extra, method in enumerate(("base", "sft", "dpo", "sami"))
        for principle in ("bold", "asks_back")
        for category in ("all", "writing")
        for metric, value in values.items()
    ]


def _by_program(settings: dict) -> bool:
    return settings["experiments"]["multitask"]["judge"]["kind"] == "checkers"


def _synthetic(settings: dict) -> bool:
    names = settings["experiments"]["multitask"]["questions"]["benchmark"]
    return all("synthetic" in settings["sources"][name] for name in names)


def _comparisons(settings, random):
    rows = []
    for method, baseline in settings["experiments"]["multitask"]["comparisons"]:
        for temperature in settings["experiments"]["multitask"]["respond"]["temperatures"]:
            for axis in ("principle-aware", "principle-free"):
                if axis == "principle-free" and _by_program(settings) and not _synthetic(settings):
                    continue  # no program knows what is correct
                for category in ("all", *CATEGORIES):
                    middle = WIN.get((method, baseline), 60) if axis == "principle-aware" else 50
                    value = middle if category == "all" else min(99, max(1, random.gauss(middle, 12)))
                    key = {
                        "experiment": "multitask",
                        "method": method,
                        "baseline": baseline,
                        "axis": axis,
                        "temperature": temperature,
                        "category": category,
                    }
                    rows += [key | row for row in _of_comparison(settings, axis, category, value)]
    return rows


def _of_comparison(settings, axis: str, category: str, value: float) -> list[dict]:
    """Win rates, counts of verdicts, and the difference of the scores."""
    wide, n = (2, 1440) if category == "all" else (6, 180)
    rates = {
        "win_rate": value,
        "win_rate_longer": value + 1,
        "win_rate_shorter": value - 1,
        "win_rate_length_controlled": value,
        **{f"win_rate_seed{seed}": value + 0.5 * (seed - 2) for seed in settings["seeds"]},
    }
    invalid = 0 if _by_program(settings) else 3
    counts = {"wins": (round(0.3 * n), n), "ties": (round(0.5 * n), n), "losses": (round(0.2 * n), n)}
    counts |= {"invalid": (invalid, n + invalid)}
    difference = f"{'adherence' if axis == 'principle-aware' else 'correct'}_difference"
    return [
        *(
            {"metric": name, "value": rate, "low": rate - wide, "high": rate + wide, "n": n}
            for name, rate in rates.items()
        ),
        *({"metric": name, "value": count, "low": "", "high": "", "n": of} for name, (count, of) in counts.items()),
        {"metric": difference, "value": value - 50, "low": value - 52, "high": value - 48, "n": n},
    ]


def _qualities(settings, random):
    rows = []
    multitask = settings["experiments"]["multitask"]
    for method in (
        "base",
        *multitask["methods"],
        *(["generator"] if multitask["generator"] != multitask["base"] else []),
    ):
        for temperature in settings["experiments"]["multitask"]["respond"]["temperatures"]:
            for category in ("all", *CATEGORIES):
                for metric, value in (
                    ("adherence", 70 + 2 * len(method)),
                    ("correct", 75),
                    ("ended", 99),
                    ("tokens", 32),
                ):
                    value = value + random.uniform(-1, 1)
                    bounds = {"value": value, "low": value - 2, "high": value + 2, "n": 1440}
                    if metric == "correct" and not _synthetic(settings):  # no program can tell
                        bounds = {"value": "", "low": "", "high": "", "n": 0}
                    keys = {"experiment": "multitask", "method": method, "temperature": temperature}
                    rows.append(keys | {"category": category, "metric": metric} | bounds)
    return rows


def _degeneration(settings):
    values = {
        "ended": 99,
        "tokens": 32,
        "correct": 75,
        "seq_rep_4": 0.4,
        "copied_question": 9,
        "copied_instructions": 1,
    }
    return [
        {"experiment": experiment, "method": method, "temperature": temperature, "metric": metric}
        | {"value": value + temperature, "low": value - 0.1, "high": value + 0.5, "n": 1440}
        for experiment, block in settings["experiments"].items()
        for method in ("base", *block["methods"])
        for temperature in (0.0, 1.0)
        for metric, value in values.items()
    ]


LESS = {"strict": 2, "flexible": 0, "authors": 0}  # what each extractor finds less than another


def _accuracy(settings):
    rows = []
    methods, solve = ["base", *settings["experiments"]["maths"]["methods"]], settings["experiments"]["maths"]["solve"]
    most = max(solve["attempts"])
    for method in methods:
        for attempts in solve["attempts"]:
            temperature, gain = (0.0, 0) if attempts == 1 else (solve["temperature"], {10: 20}.get(attempts, 30))
            key = {"experiment": "maths", "method": method, "temperature": temperature, "attempts": attempts}
            value = ACCURACY[method] + gain
            measured = [("accuracy", value), ("pass_at_k", value - 1), ("maj_at_k", value - 5)]
            shares = [
                ("steps_share", 40 if method == "base" else 95),
                ("accuracy_given_steps", 60 + 0.1 * len(method)),
                ("accuracy_given_concise", 8),
                ("share_ended", 90 if method == "base" else 99),
            ]
            if method != "base":
                others = [other for other in methods if other != method]
                measured += [(f"difference_{other}", ACCURACY[method] - ACCURACY[other]) for other in others]
                shares += [
                    ("steps_share_difference_base", 55),
                    ("accuracy_given_steps_difference_base", 0.1 * (len(method) - len("base"))),
                ]
            # Shares are of all attempts at a temperature.
            for (extractor, less), (metric, number) in product(
                LESS.items(), measured + (shares if attempts in (1, most) else [])
            ):
                number -= less
                rows.append(
                    key
                    | {
                        "extractor": extractor,
                        "metric": metric,
                        "value": number,
                        "low": number - 3,
                        "high": number + 3,
                        "n": 360,
                    }
                )
    return rows


def _effects(settings):
    """Win rates that are decided unless they are near one half, and gains likewise, with what would decide them."""
    names = ("axis", "attempts", "extractor")
    rows = []
    for method, baseline in settings["experiments"]["multitask"]["comparisons"]:
        for axis, value in (("principle-aware", WIN.get((method, baseline), 60)), ("principle-free", 50)):
            key = {"experiment": "multitask", "method": method, "baseline": baseline}
            key |= dict(zip(names, (axis, "", ""), strict=True)) | {"temperature": 0.0}
            rows += _effect(key, {"win_rate": value, "win_rate_equal_length": value - 1})
    methods, solve = ["base", *settings["experiments"]["maths"]["methods"]], settings["experiments"]["maths"]["solve"]
    for baseline, method in combinations(methods, 2):
        for attempts in solve["attempts"]:
            temperature = 0.0 if attempts == 1 else solve["temperature"]
            for extractor, less in LESS.items():
                key = {"experiment": "maths", "method": method, "baseline": baseline}
                key |= dict(zip(names, ("", attempts, extractor), strict=True)) | {"temperature": temperature}
                rows += _effect(key, {"difference": ACCURACY[method] - ACCURACY[baseline] - less})
    return rows


def _effect(key, values):
    more = {"p": 0.04, "items": 480, "seeds": 3, "sd_items": 20, "sd_seeds": 2, "sd_rest": 10}
    more |= {"needed_80": 600, "needed_95": "", "sequential": 700, "seeds_80": 5, "seeds_95": 8}
    judge = "judge" if "win_rate" in values else ""
    return [
        key | {"metric": metric, "value": value, "low": value - 3, "high": value + 3, "n": 1440, "judge": judge}
        for metric, value in values.items()
    ] + [
        key | {"metric": metric, "value": value, "low": "", "high": "", "n": 1440, "judge": judge}
        for metric, value in more.items()
    ]


def _training(settings):
    of_methods = [
        row
        for experiment, block in settings["experiments"].items()
        for method in block["methods"]
        for seed in settings["seeds"]
        for row in _of_training(experiment, method, seed)
    ]
    return of_methods + [row for curve in settings.get("collapse", {}).get("curves", []) for row in _of_curve(curve)]


def _of_training(experiment: str, method: str, seed: int) -> list[dict]:
    """The curve of a method, whose last checkpoint is kept."""
    rows = []
    for step in (0, 8, 16):
        rows += _measured(experiment, method, seed, step, loss=2 / (1 + step), matched_logprob=-0.3, mean_score=0.8)
    return rows + _measured(experiment, method, seed, 16, selected=1)


def _of_curve(curve: str) -> list[dict]:
    rows = []
    for step in range(0, 65, 8):
        fall = {"rate_1": 0.002, "rate_3": 0.006, "kl": 0}[curve] * step
        values = {"adherence": 0.9 - fall, "correct": 0.8 - fall, "ended": 1 - fall / 2}
        values |= {"loss": 0.7 / (1 + step), "matched_logprob": -0.25 - 5 * fall}
        rows += _measured("collapse", curve, 1, step, **values)
    return rows


def _measured(experiment: str, method: str, seed: int, step: int, **values: float) -> list[dict]:
    key = {"experiment": experiment, "method": method, "seed": seed, "step": step}
    return [key | {"metric": metric, "value": value} for metric, value in values.items()]


def _tuning(settings):
    """Two rates for each method of the experiments, of which the first is chosen."""
    return [
        {
            "experiment": experiment,
            "method": method,
            "learning_rate": rate,
            "step": 8,
            "score": "accuracy" if "solve" in block else "mean_score",
            "value": value,
            "n": 64,
            "standard_error": 0.05,
            "chosen": chosen,
        }
        for experiment, block in settings["experiments"].items()
        for method in block["methods"]
        for rate, value, chosen in ((0.00005, 0.8, "yes"), (0.0002, 0.2, "no"))
    ]


def _written_principles():
    """Of one side a wording that means something to TeX, of the others none."""
    wording = " ".join(NASTY.split())
    keys = {"principle": "steps", "side": "positive", "text": f"1. {NASTY}", "writer": "0123456789abcdef"}
    return [
        keys | {"wording": wording, "outcome": "used"},
        keys | {"wording": wording, "outcome": "duplicate"},
        keys | {"side": "antithesis", "wording": "Give", "outcome": "cut_off"},
    ]


def _filters(pairs: Path, experiment: str):
    names = ["ended", "empty", "forbidden"] + (
        ["shorter_at_least", "length_ratio", "prefix_distance"] if experiment == "maths" else []
    )
    kept = 900
    rows = [{"filter": "generated", "dropped": 0, "kept": kept}]
    for number, name in enumerate([*names, "size"]):
        dropped = 10 * (number + 1) if name != "size" else kept - 512
        kept -= dropped
        rows.append({"filter": name, "dropped": dropped, "kept": kept})
    _csv(pairs.with_suffix(".filters.csv"), rows)
    examples = [{"filter": name, "question": "How many?", "response_1": NASTY, "response_2": ""} for name in names]
    _csv(pairs.with_suffix(".examples.csv"), examples)


def _records(folder: Path, experiment: str, block: dict):
    maths = "solve" in block
    prompts = _prompts(maths)
    _jsonl(folder / f"prompts/{experiment}/benchmark.jsonl", prompts)
    for method in ("base", *block["methods"]):
        answers = _answers(method, prompts, maths)
        _jsonl(folder / f"{'attempts' if maths else 'responses'}/{experiment}/{method}/seed1.jsonl", answers)
        if not maths:
            _jsonl(folder / f"scores/{experiment}/{method}/seed1.jsonl", _scores(answers))


def _prompts(maths: bool) -> list[dict]:
    constitution = {
        "principles": [["steps", "positive"], ["tex", "positive"]],
        "text": "1. Go step by step.\n2. Set numbers in TeX.",
    }
    return [
        {
            "id": f"p{number}",
            "question_id": f"q{number}",
            "category": category,
            "question": f"Ann has {number}_3 apples & 50% pears?",
            "reference": None,
            "constitutions": [] if maths else [constitution],
            "prompts": ["..."],
        }
        for number, category in enumerate(["math"] if maths else CATEGORIES)
    ]


def _answers(method: str, prompts: list[dict], maths: bool) -> list[dict]:
    """One to each prompt; of word problems with what was found in it."""
    found = {"attempt": 0, "steps": True, "answers": {"strict": "7"}, "correct": {"strict": method != "base"}}
    return [
        {
            "prompt_id": prompt["id"],
            "question_id": prompt["question_id"],
            "category": prompt["category"],
            "temperature": 0.0,
            "text": f"{method}: {NASTY}",
            "finish": "eos",
            "tokens": 20,
            "seed": 1,
            **(found if maths else {}),
        }
        for prompt in prompts
    ]


def _scores(answers: list[dict]) -> list[dict]:
    return [
        {
            "prompt_id": answer["prompt_id"],
            "category": answer["category"],
            "temperature": 0.0,
            "adherence": 0.5,
            "correct": True,
            "ended": True,
            "tokens": 20,
        }
        for answer in answers
    ]


def _jsonl(path: Path, records: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
