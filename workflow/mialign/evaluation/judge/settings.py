"""The judges of an experiment: their defaults, and names of models that stay what they are."""

import re
from datetime import date

from mialign.core.errors import InputError

MAIN = "judge"  # the judge of an experiment, beside whom there may be further ones
AUTHORS = "authors"  # stands for a judge where verdicts are those that the authors released
READING = {"prompt_template": "config/judge.yaml", "invalid_at_most": 0.05}
DEFAULTS = {
    "checkers": {},
    "openai": {"temperature": 0.0, "top_p": 1.0, "max_tokens": 400, "seed": 0, **READING},
    "likelihood": {"prompt_template": READING["prompt_template"]},
}
VALIDATING = "training.validate_by"
AUTHORS_JUDGE = {"temperature": 0.0, "top_p": 0.9, "max_tokens": 200}  # what compat: authors asks with; no seed is sent
OPENAI = {"base_url": "https://api.openai.com/v1", "key": "OPENAI_API_KEY"}
SERVER = {"requests": 8, "timeout": 120}

_DAY = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")
# gpt-4-0613, gpt-4-1106-preview: month and day; mistral-large-2411: year and month.
_SHORT = re.compile(r"-(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|2\d(?:0[1-9]|1[0-2]))(?:-preview)?\Z")


def with_defaults(judge: dict) -> dict:
    """A block `judge` of the config with the defaults of its kind filled in.

    A server other than OpenAI's wants a key only where the block names its variable.
    """
    judge = {**(AUTHORS_JUDGE if by_authors(judge) else DEFAULTS[judge["kind"]]), **judge}
    if judge["kind"] == "openai":
        given = judge["server"]
        elsewhere = given.get("base_url", OPENAI["base_url"]).rstrip("/") != OPENAI["base_url"]
        judge["server"] = SERVER | ({} if elsewhere else OPENAI) | given
    return judge


def by_authors(judge: dict) -> bool:
    """Whether a judge follows the protocol of the paper's authors."""
    return judge.get("compat") == "authors"


def judges(experiment: dict) -> dict[str, dict]:
    """All judges of an experiment by name; figures and tables show MAIN."""
    return {name: experiment[name] for name in (MAIN,) if name in experiment} | experiment.get("judges", {})


def judge_key(name: str) -> str:
    """The key of a judge in its experiment."""
    return name if name == MAIN else f"judges.{name}"


def verdicts_folder(experiment: str, judge: str) -> str:
    """The folder of a judge's verdicts: EXPERIMENT of the main judge, EXPERIMENT.JUDGE of a further one."""
    return experiment if judge == MAIN else f"{experiment}.{judge}"


def whose_verdicts(folder: str) -> tuple[str, str]:
    """Experiment and judge of a folder that `verdicts_folder` named."""
    experiment, _, judge = folder.partition(".")
    return experiment, judge or MAIN


def validating(experiment: dict) -> dict | None:
    """The judge that scores validation answers, if one does."""
    return experiment["training"].get("validate_by")


def judges_by_key(experiment: dict) -> dict[str, dict]:
    """The same with the judge of validation answers, by their keys in the experiment."""
    found = {judge_key(name): judge for name, judge in judges(experiment).items()}
    return found | ({VALIDATING: judge} if (judge := validating(experiment)) else {})


def likelihood_judges(experiment: dict) -> dict[str, dict]:
    """The judges by likelihood, by their keys in the experiment."""
    return {key: judge for key, judge in judges_by_key(experiment).items() if judge["kind"] == "likelihood"}


def by_program(experiment: dict) -> bool:
    """Whether the checkers decide, so that their scores are what an answer is judged by."""
    return (experiment.get("judge") or {}).get("kind", "checkers") == "checkers"


def judged_comparisons(experiment: dict, judge: dict) -> list[list[str]]:
    """The comparisons of an experiment that one of its judges judges: all, or those that a further judge names."""
    return judge.get("comparisons", experiment["comparisons"])


def deciding(judge: dict) -> dict:
    """What of a judge's settings decides its verdicts on a comparison: all but which ones it judges, where its server
    is and what that costs.
    """
    return {key: value for key, value in judge.items() if key not in ("comparisons", "server")}


def with_deciding_judge(training: dict) -> dict:
    """The settings of a training or a method; of the judge of its validation answers what decides its verdicts."""
    judge = training.get("validate_by")
    return training | ({"validate_by": deciding(judge)} if judge else {})


def check_dated(model: str) -> None:
    """InputError if the name of a model has no date: what answers to it may change from day to day."""
    if not _SHORT.search(model) and not any(_is_day(*found) for found in _DAY.findall(model)):
        raise InputError(
            f"{model!r} has no date, so what answers to it may change; take a name with one, such as "
            "gpt-4o-2024-08-06, or give the revision of the weights beside it (revision: ...)"
        )


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
