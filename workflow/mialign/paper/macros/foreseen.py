"""Every number that a run will have, known by its name before any job; the values are made up."""

from collections.abc import Iterable, Iterator
from itertools import product

from mialign.data.policies import compared, is_judged, policies, policies_and_soups
from mialign.data.sets import sets_in_files
from mialign.data.sources import SYNTHETIC_ANSWERS
from mialign.evaluation.answers import EXTRACTORS
from mialign.evaluation.held_out_adherence import FIELDS
from mialign.evaluation.judge import COMPARED
from mialign.paper.macros import accuracy, comparisons, information, preferences, settings, training
from mialign.paper.macros.number_formats import Number
from mialign.paper.tables.filtering import SHOWN
from mialign.training.curves import LOGGED
from mialign.training.objectives import counts_ties_as_wins

# The metrics of metrics/*.csv and of training curves, as far as numbers are made of them.
WINS = ("win_rate", "wins", "ties", "losses", "invalid")
BY_LENGTH = ("win_rate_longer", "win_rate_shorter", "win_rate_length_controlled")
QUALITIES = ("adherence", "correct", "ended", "tokens")
IN_ATTEMPTS = ("accuracy", "pass_at_k", "maj_at_k")
SHARES = ("steps_share", "accuracy_given_steps", "accuracy_given_concise", "share_ended")
CURVES = (*LOGGED, "mean_score", "win_rate", "adherence", "correct", "accuracy", "steps", "ended", "length", "selected")


def numbers(config: dict, categories: Iterable[str]) -> list[Number]:
    """Of a config with its defaults filled in, and the categories of its principles."""
    found = settings.of_settings(settings.printed(config))
    kept = []
    for title, given in config["experiments"].items():
        if is_judged(given):
            rows = list(_comparisons(title, given, config["seeds"], categories))
            found += comparisons.of_comparisons(rows, "comparisons")
            found += accuracy.of_repeats(title, ["", ""], "prompts")
            rows, origin = list(_qualities(title, given, categories)), "qualities"
            found += comparisons.of_qualities(rows, origin) + accuracy.of_items(rows, origin, "adherence", config)
        if "solve" in given:
            rows, origin = list(_accuracy(title, given, _answers(given, config["sources"]))), "accuracy"
            found += accuracy.of_accuracy(rows, origin, config) + accuracy.of_items(rows, origin, "accuracy", config)
        if "information" in given:
            found += information.of_information(list(_information(title, given)), "information")
        if "preferences" in given:
            found += preferences.of_preferences(list(_preferences(title, given)), "preferences")
        for method in given["methods"]:
            kept += _curve(title, method, ("selected",))
            found.append(training.of_learned(title, method, 1, "training"))
        dropped = [{"filter": name, "dropped": 1, "kept": 1} for name in SHOWN]
        for data in sets_in_files(given):
            found += training.of_filters(training.set_name(config, title, data), dropped, f"{title}, {data}")
    found += training.of_training(kept, "training")
    for curve in config.get("collapse", {}).get("curves", ()):
        found += training.of_training(list(_curve("collapse", curve, CURVES)), "training")
    return found


def _rows(keys: dict, metrics: Iterable[str]) -> Iterator[dict]:
    return ({**keys, "metric": metric, "value": 1.0, "low": 1.0, "high": 1.0, "n": 1} for metric in metrics)


def _curve(title: str, method: str, metrics: Iterable[str]) -> Iterator[dict]:
    return _rows({"experiment": title, "method": method, "seed": 1, "step": 1}, metrics)


def _comparisons(title: str, given: dict, seeds: list[int], categories: Iterable[str]) -> Iterator[dict]:
    of_all = (*WINS, *BY_LENGTH, *(f"win_rate_seed{seed}" for seed in seeds))
    of_all += ("win_rate_ties_won",) if counts_ties_as_wins(given) else ()
    temperatures = given["respond"]["temperatures"]
    for (method, baseline), axis, temperature in product(given["comparisons"], COMPARED, temperatures):
        keys = {"experiment": title, "method": method, "baseline": baseline, "axis": axis, "temperature": temperature}
        apart = [f"{field}_difference" for field in _held_out(given)] if axis == "principle-aware" else []
        yield from _rows({**keys, "category": "all"}, (*of_all, f"{COMPARED[axis]}_difference", *apart))
        for category in categories:
            yield from _rows({**keys, "category": category}, ("win_rate",))


def _information(title: str, given: dict) -> Iterator[dict]:
    methods = policies(given)
    for method, critic in product(methods, ("mean", "sum")):
        keys = {"experiment": title, "method": method, "critic": critic}
        others = [other for other in methods if other != method] if method != "base" else []
        for over in ("rows", "columns", "both"):
            yield from _rows({**keys, "over": over}, ("bound", *(f"difference_{other}" for other in others)))
        if critic == "mean":
            matched = ("matched", *(f"matched_difference_{other}" for other in others))
            yield from _rows({**keys, "over": ""}, matched)
    for method in methods:
        yield from _rows({"experiment": title, "method": method, "critic": "", "over": ""}, ("cap", "drift"))


def _preferences(title: str, given: dict) -> Iterator[dict]:
    rewards, methods = given["preferences"]["rewards"], policies_and_soups(given)
    of_all = [*product(rewards, (*preferences.SLOPES, "overlap")), *product(("all",), ("hypervolume", "mip", "crd"))]
    for method, (reward, metric) in product(methods, of_all):
        others = [other for other in methods if other != method] if method != "base" else []
        keys = {"experiment": title, "method": method, "temperature": 0.0, "preference": "all", "reward": reward}
        yield from _rows(keys, (metric, *(f"{metric}_difference_{other}" for other in others)))


def _qualities(title: str, given: dict, categories: Iterable[str]) -> Iterator[dict]:
    shown = ("generator",) if given["generator"] != given["base"] else ()
    methods = ("base", *shown, *given["methods"], *compared(given))
    for method, temperature, category in product(methods, given["respond"]["temperatures"], ("all", *categories)):
        keys = {"experiment": title, "method": method, "temperature": temperature, "category": category}
        yield from _rows(keys, (*QUALITIES, *_held_out(given)))


def _held_out(given: dict) -> tuple[str, ...]:
    return FIELDS if "held_out" in given else ()


def _answers(given: dict, sources: dict) -> str:
    """The kind of answers that an experiment counts."""
    of_benchmark = (sources.get(name, {}) for name in given["questions"]["benchmark"])
    kinds = {
        "letter" if "choices" in one.get("fields", {}) else SYNTHETIC_ANSWERS.get(one.get("synthetic"))
        for one in of_benchmark
    }
    return "letter" if "letter" in kinds else "number"


def _accuracy(title: str, given: dict, answers: str) -> Iterator[dict]:
    methods = policies(given)
    for method, extractor in product(methods, EXTRACTORS[answers]):
        others = [other for other in methods if other != method]
        keys = {"experiment": title, "method": method, "extractor": extractor}
        gains = [f"difference_{other}" for other in others]
        shares = [*SHARES, *(f"{share}_difference_{other}" for share, other in product(SHARES, others))]
        for temperature, attempts in ((0.0, [1]), (float(given["solve"]["temperature"]), given["solve"]["attempts"])):
            for number in attempts:
                at = {**keys, "temperature": temperature, "attempts": number}
                yield from _rows(at, (*IN_ATTEMPTS, *gains))
            yield from _rows({**keys, "temperature": temperature, "attempts": max(attempts)}, shares)
