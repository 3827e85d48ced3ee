"""Judges: models that stay what they are, and prompts that ask for what is read."""

from mialign.consistency.common import check_server, under
from mialign.errors import InputError
from mialign.judge import wording
from mialign.judge.settings import check_dated, judges


def check(where: str, experiment: dict) -> None:
    """InputError for the first judge of an experiment that could not work; the models of the run are checked apart."""
    for key in ("judge", "judges"):
        if key in experiment and "respond" not in experiment:
            raise InputError(f"{where}.{key}: there are no responses to judge; give respond too")
    if "judge" in experiment.get("judges", {}):
        raise InputError(f"{where}.judges.judge: the main judge has this name; take another")
    for name, judge in judges(experiment).items():
        key = f"{where}.judge" if name == "judge" else f"{where}.judges.{name}"
        if judge["kind"] == "openai" and "revision" not in judge:
            under(f"{key}.model: ", check_dated, judge["model"])
        if "wording" in judge:
            under(f"{key}.wording: ", wording.load, judge["wording"])
        if "server" in judge:
            check_server(f"{key}.server", judge["server"])
