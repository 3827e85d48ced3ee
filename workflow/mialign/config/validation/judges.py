"""Judges: models that stay what they are, and prompts that ask for what is read."""

from mialign.config.validation.common import check_server, validation_chooses
from mialign.core.errors import InputError, complaint_prefix
from mialign.data import authors
from mialign.data.policies import is_judged
from mialign.evaluation.checkers import unchecked
from mialign.evaluation.judge import prompt_template
from mialign.evaluation.judge.settings import (
    AUTHORS,
    AUTHORS_JUDGE,
    VALIDATING,
    by_authors,
    check_dated,
    judges,
    judges_by_key,
    validating,
)

PARTS = ("comparisons", "axes")  # of what is judged, which a further judge can be given
OWN = {"kind", "compat", "model", "revision", "server", *PARTS}  # that a judge by the authors' protocol has of its own


def check(where: str, experiment: dict, config: dict, known) -> None:
    """InputError for the first judge of an experiment that could not work; the models of the run are checked apart.

    known: the principles of the run, of which checkers must know all if they judge or choose checkpoints.
    """
    for key in ("judge", "judges"):
        if key in experiment and "respond" not in experiment:
            raise InputError(f"{where}.{key}: there are no responses to judge; give respond too")
    if "judge" in experiment.get("judges", {}):
        raise InputError(f"{where}.judges.judge: the main judge has this name; take another")
    if validating(experiment):
        _check_validating(f"{where}.{VALIDATING}", experiment)
    for name, judge in judges_by_key(experiment).items():
        key = f"{where}.{name}"
        _check_parts(key, judge, name.startswith("judges."), experiment)
        if judge["kind"] == "openai" and "revision" not in judge:
            with complaint_prefix(f"{key}.model: "):
                check_dated(judge["model"])
        if "prompt_template" in judge:
            with complaint_prefix(f"{key}.prompt_template: "):
                prompt_template.load(judge["prompt_template"])
        if "server" in judge:
            check_server(f"{key}.server", judge["server"])
        if by_authors(judge):
            _check_by_authors(key, judge, experiment, config["sources"])
    if is_judged(experiment) and (unknown := unchecked(known.principles)):
        _check_without_checkers(where, experiment, f"principles.{unknown[0]} of {known.path}")
    if is_judged(experiment) and "of" in experiment.get("users", {}):
        _check_without_checkers(where, experiment, "what users state in their own words (users.of)")


def check_ceilings(config: dict) -> None:
    """InputError where the judges of one model have two ceilings, or a ceiling lets no request be paid for.

    What a run has spent on a model counts for all its judges.
    """
    first: dict[str, tuple[str, float]] = {}
    for name, experiment in config["experiments"].items():
        for part, judge in judges_by_key(experiment).items():
            if judge["kind"] != "openai":
                continue
            key, ceiling = f"experiments.{name}.{part}.server.ceiling", judge["server"]["ceiling"]
            if not ceiling and any(judge["server"]["price"].values()):
                raise InputError(f"{key}: with 0 no request can be paid for; raise it, or set both prices to 0")
            other, known = first.setdefault(judge["model"], (key, ceiling))
            if known != ceiling:
                raise InputError(
                    f"{key}: {ceiling:g} dollars here and {known:g} in {other}; what is spent on {judge['model']} "
                    "counts for both, so give both the same"
                )


def _check_parts(key: str, judge: dict, further: bool, experiment: dict) -> None:
    """InputError where a judge that must judge all is given a part, or a further one what is not compared."""
    for name in PARTS:
        if name in judge and not further:
            raise InputError(f"{key}.{name}: only a further judge (judges) can be given a part; take it out")
    for number, pair in enumerate(judge.get("comparisons", ())):
        if pair not in experiment["comparisons"]:
            raise InputError(
                f"{key}.comparisons[{number}]: the experiment has no comparison {pair}; add it to its comparisons, or "
                "take it out here"
            )


def _check_validating(key: str, experiment: dict) -> None:
    """InputError where no judge can score validation answers, or not in both orders."""
    if not is_judged(experiment):
        raise InputError(f"{key}: there are no responses to judge; take it out")
    if not any(method["validate_every"] for method in experiment["methods"].values()):
        raise InputError(f"{key}: with validate_every: 0 nothing is validated; take one of the two out")
    if by_authors(validating(experiment)):
        raise InputError(
            f"{key}.compat: the authors' protocol asks about the 80 questions of MT-Bench only, and checkpoints are "
            "chosen on others; take compat out"
        )


def _check_by_authors(key: str, judge: dict, experiment: dict, sources: dict) -> None:
    """InputError where the authors' protocol is changed, or cannot be about MT-Bench; its 80 questions are checked when
    they are there.
    """
    for name in sorted(judge.keys() - OWN):
        if name not in AUTHORS_JUDGE or judge[name] != AUTHORS_JUDGE[name]:
            taken = f"takes {AUTHORS_JUDGE[name]}" if name in AUTHORS_JUDGE else "has no such setting"
            raise InputError(f"{key}.{name}: the protocol of compat: authors {taken}; take the key or compat out")
    if any("synthetic" in sources.get(name, {}) for name in experiment["questions"]["benchmark"]):
        raise InputError(
            f"{key}.compat: the authors drew the order of the answers to MT-Bench's questions; name MT-Bench under "
            "questions.benchmark, or take compat out"
        )


def _check_without_checkers(where: str, experiment: dict, unknown: str) -> None:
    """InputError if something here needs the checker that a principle lacks; `unknown` says which."""
    for key, judge in judges_by_key(experiment).items():
        if judge["kind"] == "checkers":
            raise InputError(
                f"{where}.{key}.kind: the checkers (the default) cannot check {unknown}; set kind: openai or kind: "
                "likelihood"
            )
    if validating(experiment):
        return
    for name, method in experiment["methods"].items():
        if validation_chooses(method):
            raise InputError(
                f"{where}.methods.{name}.validate_every: {method['validate_every']} of {method['steps']} steps leave "
                f"checkpoints to choose by the checkers, which cannot check {unknown}; set choose: last, give "
                "training.validate_by, or set validate_every: 0"
            )


def check_released(where: str, experiment: dict, config: dict) -> None:
    """InputError where the authors' answers cannot serve: each is one answer at temperature 0, to MT-Bench."""
    where, known = f"{where}.responses", authors.listing()["answers"]
    if "respond" not in experiment:
        raise InputError(f"{where}: the authors' answers are to MT-Bench, and answers here are not judged; take it out")
    if not experiment["methods"].keys() & known.keys():
        raise InputError(f"{where}: the authors released answers of {', '.join(known)}, and no method has such a name")
    if experiment["respond"]["temperatures"] != [0.0]:
        raise InputError(f"{where}: the authors' answers are of temperature 0; set respond.temperatures to [0.0]")
    if len(config["seeds"]) > 1:
        raise InputError(f"{where}: of the authors' answers there is one each, not one for every seed; give one seed")
    if any("synthetic" in config["sources"].get(name, {}) for name in experiment["questions"]["benchmark"]):
        raise InputError(f"{where}: the authors' answers are to MT-Bench; name it under questions.benchmark")
    if AUTHORS in experiment.get("judges", {}):
        raise InputError(f"{where}: their verdicts stand under judges.{AUTHORS}; give that judge another name")
    if any(judge["kind"] == "checkers" for judge in judges(experiment).values()):
        raise InputError(f"{where}: checkers cannot judge the authors' answers; take openai or likelihood")
