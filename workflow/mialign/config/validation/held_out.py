"""Principles held out from training: they are known, some are left, and something measures the rest apart."""

from mialign.config.validation.common import pick
from mialign.core.errors import InputError
from mialign.data.policies import is_judged


def check(where: str, experiment: dict, known) -> None:
    """InputError for the first thing about held_out that cannot be; the categories of questions are checked apart."""
    held_out, where = experiment.get("held_out", ()), f"{where}.held_out"
    for number, name in enumerate(held_out):
        pick(known.principles, name, f"{where}[{number}]", "principle")
    if not held_out:
        return
    if set(held_out) == set(known.principles):
        raise InputError(f"{where}: all principles of {known.path} are held out; leave some to train on")
    if not is_judged(experiment):
        raise InputError(
            f"{where}: adherence is measured on answers that are judged; give respond, or take held_out out"
        )
    if "prompts" in experiment:
        raise InputError(f"{where}: the prompts of this experiment are the authors'; take prompts or held_out out")
    if (decisive := experiment.get("openings", {}).get("principle")) in held_out:
        raise InputError(f"{where}: the openings depend on the principle {decisive!r}; leave it to training")
