"""Comparisons: which policies are set against each other, and that each has a name and a label of its own."""

from mialign.config.validation.common import GIVEN_LABELS, alike, pick
from mialign.core.errors import InputError
from mialign.data.policies import STORED, compared, compared_models, is_judged, labels
from mialign.evaluation.common_scale import not_linked_to_base
from mialign.evaluation.judge.settings import by_program


def check(where: str, experiment: dict, models: dict) -> None:
    """InputError for a comparison of what there is not, or that cannot be judged or told from another."""
    given, names = experiment["comparisons"], {"base": None, **experiment["methods"], **models}
    stored = {STORED: None} if STORED in compared(experiment) else {}
    for kind, there in (("method", experiment["methods"]), ("model", models if stored else {})):
        if STORED in there:
            raise InputError(f"{where}: {STORED!r} means stored answers there, and is a {kind}; give it another name")
    names |= stored
    for number, pair in enumerate(given):
        for name in pair:
            pick(names, name, f"{where}[{number}]", "method or model")
            _check_compared(f"{where}[{number}]", name, experiment, models)
        if pair[0] == pair[1]:
            raise InputError(f"{where}[{number}]: {pair[0]!r} is compared with itself")
        if pair in given[:number]:
            raise InputError(f"{where}[{number}]: {pair} stands there twice; keep one")
    if is_judged(experiment) and not given:
        raise InputError(f"{where}: there is no comparison to judge; name one at least, for instance [sami, sft]")
    if given and not is_judged(experiment):
        raise InputError(f"{where}: comparisons are of judged responses; give respond too, or take them out")
    _check_compared_labels(where, experiment, models)


def check_scales(config: dict) -> None:
    """InputError where the document sets methods on one scale, and the comparisons of an experiment make none.

    Checkers compare all pairs, whatever is listed.
    """
    for name, experiment in config["experiments"].items():
        if not by_program(experiment) and (unlinked := not_linked_to_base(experiment["comparisons"])):
            raise InputError(
                f"experiments.{name}.comparisons: none leads from {unlinked[0]} to base, so a table of all methods "
                f"could not set it beside them; add [{unlinked[0]}, base]"
            )


def _check_compared(where: str, name: str, experiment: dict, models: dict) -> None:
    """A name means one policy, and each policy has one name."""
    meant = {"generator": "the model that writes the responses", **dict.fromkeys(experiment["methods"], "a method")}
    if name in models and name in meant:
        raise InputError(f"{where}: {name!r} is a model and {meant[name]}; give the model another name")
    if name == experiment["base"] != "base":
        raise InputError(f"{where}: {name!r} is the base of the experiment; write base")


def _check_compared_labels(where: str, experiment: dict, models: dict) -> None:
    """The models that methods are compared with have labels of their own too."""
    shown, compared = labels(experiment, models), compared_models(experiment)
    first = GIVEN_LABELS | {alike(label): name for name, label in shown.items() if name not in compared}
    for name in compared:
        other = first.setdefault(alike(shown[name]), name)
        if other != name:
            raise InputError(
                f"models.{name}.label: {shown[name]!r} is what {other} is called, with which {where} compares it; "
                "give it its own"
            )
