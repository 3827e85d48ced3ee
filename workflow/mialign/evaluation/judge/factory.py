"""The judge that the config asks for."""

from argparse import Namespace
from pathlib import Path

from mialign.core.errors import InputError
from mialign.evaluation.judge import Judge, likelihood, server
from mialign.evaluation.judge.checker_judge import Checkers

# Kind -> the options of the command line that it needs.
KINDS = {
    "checkers": (),
    "openai": ("prompt-template", "server", "asked"),
    "likelihood": ("prompt-template", "model"),
}


def check_options(kind: str, args: Namespace, prefix: str = "") -> None:
    """InputError naming an option that a judge of this kind needs and that was not given; `prefix` of all of them."""
    for option in KINDS.get(kind, ()):
        if not getattr(args, f"{prefix}{option}".replace("-", "_")):
            raise InputError(f"--{prefix}{option}: a judge of kind {kind} needs it")


def make_judge(
    settings: dict,
    prompt_template: Path | None,
    where: dict | None,
    asked: Path | None,
    model: Path | None,
    token_budget: int,
) -> Judge:
    """The judge of a `judge` section of the config.

    prompt_template: the YAML file of its prompts. openai: `where` the server is and what it costs (the block
    `server`), and the file of what was `asked` before. likelihood: the folder of the `model`, and the tokens and
    padding in one of its forward passes.
    """
    match settings["kind"]:
        case "checkers":
            return Checkers()
        case "openai":
            return server.make(settings, prompt_template, where, asked)
        case "likelihood":
            return likelihood.make(settings, prompt_template, model, token_budget)
    raise InputError(f"judge.kind: there is no judge {settings['kind']!r}; there are {', '.join(KINDS)}")
