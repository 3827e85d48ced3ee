"""Generations become pairs: filtered, counted, and cut to the wanted number by a seeded choice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.core.template import beginning
from mialign.data.builders import builder
from mialign.data.filters import CORRECT, FINISHES, STOPPED, Response, active_filters, first_failure
from mialign.data.prompts import USERS, to_generate

EXAMPLES = 2
TIED = "tied"  # the filter of builders whose objectives may tell no response from another
KEPT = ("text", "finish", "tokens", "seed", "writer", "rewards")  # of a generation in a record of pairs
HINTS = {
    CORRECT: "take easier questions, a writer that solves more of them, or another hint",
    "ended": "raise sampling.max_tokens, or set filters.ended to false",
    "empty": "look at the generations: the generator answers nothing",
    "forbidden": "shorten filters.forbidden",
    "identical": "raise sampling.temperature, or take a generator that follows its constitutions",
    "length_ratio": "lower filters.length_ratio",
    "shorter_at_least": "lower filters.shorter_at_least",
    "prefix_distance": "lower filters.prefix_distance",
    TIED: "raise sampling.temperature, or take rewards that differ more from response to response",
}
# What is said of a set with too few pairs: what was asked, and what to do.
SHORT = {
    "questions": (
        "questions",
        "lower size to {left} or less, raise shortfall or loosen filters, and the texts there are serve again; or take "
        "more questions",
    ),
    "draws": (
        "drawn pairs",
        "raise draws.at_most or shortfall; the texts there are serve again, and only more draws are written",
    ),
}


@dataclass
class Selection:
    """What the filters and the choice of `size` left, with the counts and examples behind it."""

    pairs: list[dict]
    table: list[dict]
    examples: list[dict] = field(default_factory=list)


def select_pairs(
    prompts: list[dict],
    generations: Iterable[dict],
    settings: dict,
    is_correct: Callable[[str, bool, str], bool] | None = None,
) -> Selection:
    """Filter the responses of each prompt, choose `size` of the questions that stay, and build their pairs.

    `settings` holds builder, what that takes, filters, size, seed and, if need be, shortfall, as a set of the config.
    is_correct(text, ended, gold answer) is asked by builders that keep correct answers only. The table starts with all
    questions ("generated"), has a row for each filter, and ends with the choice ("size"); kept is what remains after
    the row. What a builder cannot use counts as the last filter ("tied"). With `draws` only the prompts count that were
    answered before the set was full.
    """
    make, filters = builder(settings["builder"]), active_filters(settings["filters"])
    if "draws" in settings:
        generations = list(generations)
        prompts = answered(prompts, generations)
    written = responses_by_prompt(prompts, generations)
    select = make.selection(settings, is_correct) if hasattr(make, "selection") else None
    is_tied = getattr(make, "is_tied", None)
    responses = {p["id"]: select(p, written[p["id"]]) for p in prompts} if select else written
    failures = dict(_failures(prompts, responses, filters, is_tied, settings))
    passed = [prompt for prompt in prompts if failures[prompt["id"]] is None]
    names = [*([CORRECT] if select else []), *filters, *([TIED] if is_tied else [])]
    dropped = {name: [p for p in prompts if failures[p["id"]] == name] for name in names}
    counts = {name: len(gone) for name, gone in dropped.items()}
    if not passed:
        raise InputError(_nothing_left(len(prompts), counts, settings))
    chosen = choose(passed, settings["size"], settings["seed"])
    _check_size(len(chosen), len(prompts), counts, settings)
    table = _table(len(prompts), counts | {"size": len(passed) - len(chosen)})
    examples = [_example(name, p, written[p["id"]]) for name, gone in dropped.items() for p in gone[:EXAMPLES]]
    built = make.records(chosen, responses, settings)
    pairs = [{**_about(prompt), **record} for prompt, record in zip(chosen, built, strict=True)]
    return Selection(pairs, table, examples)


def _failures(
    prompts: list[dict], responses: dict[str, list[dict]], filters: dict[str, Callable], is_tied, settings: dict
) -> Iterator[tuple[str, str | None]]:
    """Prompt id and the filter that drops it; None if it stays."""
    for prompt in prompts:
        own = responses[prompt["id"]]
        dropped = failure(own, filters) if own else CORRECT
        if dropped is None and is_tied and is_tied(prompt, own, settings):
            dropped = TIED
        yield prompt["id"], dropped


def failure(responses: list[dict], filters: dict[str, Callable]) -> str | None:
    """The name of the first filter that drops a question with these responses; None if it stays."""
    return first_failure([Response(one["text"], one["finish"]) for one in responses], filters)


def answered(prompts: list[dict], generations: list[dict]) -> list[dict]:
    """The prompts up to the last one that has a generation."""
    names = {one["prompt_id"] for one in generations}
    return prompts[: max((place for place, one in enumerate(prompts, start=1) if one["id"] in names), default=0)]


def responses_by_prompt(prompts: list[dict], generations: Iterable[dict], begin: bool = True) -> dict[str, list[dict]]:
    """Prompt id -> its responses in the order of its prompts; InputError unless each is there exactly once.

    Of a text that was cut at a stop phrase the blanks before that phrase are left out: the text does not end in them.
    What the writer was made to begin with, and the policy is not, belongs to the response; begin: put it there.
    """
    begun = openings_by_prompt(prompts)
    numbers = {prompt["id"]: range(len(to_generate(prompt))) for prompt in prompts}
    expected = {(name, index) for name, indices in numbers.items() for index in indices}
    found = {}
    for generation in generations:
        key = (generation["prompt_id"], generation["prompt"])
        if key not in expected:
            raise InputError(f"the generation for prompt {key[0]!r}, prompt {key[1]}, belongs to no prompt")
        if key in found:
            raise InputError(f"the generation for prompt {key[0]!r}, prompt {key[1]}, is there twice")
        if not isinstance(generation["text"], str) or generation["finish"] not in FINISHES:
            raise InputError(
                f"the generation for prompt {key[0]!r}, prompt {key[1]}: text must be a string, and finish one "
                f"of {', '.join(FINISHES)}"
            )
        found[key] = {name: generation[name] for name in KEPT if name in generation}
        if generation["finish"] == STOPPED:
            found[key]["text"] = generation["text"].rstrip()
        if begin:
            found[key]["text"] = begun[key] + found[key]["text"]
    missing = sorted(expected - found.keys())
    if missing:
        raise InputError(
            f"{len(missing)} of {len(expected)} generations are missing, for instance that for prompt "
            f"{missing[0][0]!r}, prompt {missing[0][1]}: was the file cut short? Generate it again"
        )
    return {name: [found[name, index] for index in indices] for name, indices in numbers.items()}


def openings_by_prompt(prompts: Iterable[dict]) -> dict[tuple[str, int], str]:
    """Prompt id and number of the prompt -> how it begins the answer where that to train on does not."""
    return {(prompt["id"], number): text for prompt in prompts for number, text in enumerate(forced_openings(prompt))}


def forced_openings(prompt: dict) -> list[str]:
    """Of each prompt that is answered, how it begins the answer where that to train on does not.

    Between conversations the prompts show it. A text does not, so the record says it where there is any.
    """
    asked, trained = to_generate(prompt), prompt["prompts"]
    if len(asked) != len(trained) or any(isinstance(one, str) for one in (*asked, *trained)):  # or with a hint
        return prompt.get("forced_openings") or [""] * len(asked)
    return [beginning(one).removeprefix(beginning(other)) for one, other in zip(asked, trained, strict=True)]


def with_rewards(generations: list[dict], rewards: list[dict]) -> list[dict]:
    """The generations with the `rewards` (score by name) that a file of the stage rewards has for each of them."""
    found = {(one["prompt_id"], one.get("prompt")): one["rewards"] for one in rewards}
    missing = [one for one in generations if (one["prompt_id"], one["prompt"]) not in found]
    if missing:
        raise InputError(
            f"the rewards of {len(missing)} of {len(generations)} generations are missing, for instance of prompt "
            f"{missing[0]['prompt_id']!r}: delete the file of rewards, and it is made again"
        )
    return [{**one, "rewards": found[one["prompt_id"], one["prompt"]]} for one in generations]


def choose(passed: list[dict], size: int, seed: int) -> list[dict]:
    """`size` of the prompts by lot, in their old order; all of them if there are not so many.

    Each prompt has its own lot, so that a few prompts more or fewer change the choice by as few.
    """
    lots = sorted(passed, key=lambda prompt: derive(seed, "pairs", prompt["id"]))
    drawn = {prompt["id"] for prompt in lots[:size]}
    return [prompt for prompt in passed if prompt["id"] in drawn]


def _about(prompt: dict) -> dict:
    return {
        "id": prompt["id"],
        "question_id": prompt["question_id"],
        "category": prompt["category"],
        "question": prompt["question"],
        "constitutions": [constitution["text"] for constitution in prompt["constitutions"]],
        **{field: prompt[field] for field in USERS if field in prompt},
    }


def _table(total: int, dropped: dict[str, int]) -> list[dict]:
    rows = [{"filter": "generated", "dropped": 0, "kept": total}]
    for name, count in dropped.items():
        rows.append({"filter": name, "dropped": count, "kept": rows[-1]["kept"] - count})
    return rows


def _example(name: str, prompt: dict, responses: list[dict]) -> dict:
    numbered = {f"response_{number}": response["text"] for number, response in enumerate(responses, start=1)}
    return {"filter": name, "question": prompt["question"], **numbered}


def _check_size(left: int, total: int, dropped: dict[str, int], settings: dict) -> None:
    """InputError if a larger share of `size` is missing than the set's `shortfall` allows; by default any may be."""
    size, allowed = settings["size"], settings.get("shortfall", 1)
    if (size - left) / size > allowed:
        what, hint = SHORT[_source(settings)]
        raise InputError(
            f"{size - left} of {size} pairs are missing, more than a shortfall of {allowed:g} allows: the filters "
            f"dropped {_counted(dropped) or 'none'} of {total} {what}; {hint.format(left=left)}"
        )


def _source(settings: dict) -> str:
    """Of what the pairs of a set are made, a key of SHORT."""
    return "draws" if "draws" in settings else "questions"


def _counted(dropped: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in dropped.items() if count)


def _nothing_left(total: int, dropped: dict[str, int], settings: dict) -> str:
    counts, (what, _) = _counted(dropped), SHORT[_source(settings)]
    if not counts:
        return "there are no prompts to make pairs of: is the file of questions empty?"
    worst = max(dropped, key=dropped.get)
    return f"no pair is left: of {total} {what} the filters dropped {counts}. Most were lost to {worst}: {HINTS[worst]}"
