"""The registry of objectives: of each its loss, its settings, what it reads of the grid and which pairs it takes.

Everything else that knows objectives asks this registry: the schema of the config and its defaults, the checks, the
rules, the trainer and the paper's labels. Adding an objective is one entry, one equation in the paper and one test
(docs/add-an-objective.md).

A loss is a pure function of a Scored and the method's settings; it returns the loss of every question, [B]. L denotes
the grid of log-probabilities (summed over tokens unless said otherwise), R the reference's grid, m = L - R the margins,
and w the weight of a term. Labels such as eq:sami are those of equations in paper/sections/objectives.tex, where L is
the grid per token and S the summed one. This module imports torch only inside the losses, so that rules can ask it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mialign.core.errors import InputError
from mialign.core.setting import Owners, Setting

if TYPE_CHECKING:
    from torch import Tensor

    from mialign.training.terms import Scored


# ---------------------------------------------------------------- losses
def sft(scored: Scored, settings: dict) -> Tensor:
    """Supervised fine-tuning: negative log-likelihood of the chosen responses, per token or, with sum, per response.

    - sum_e w_e L_e / sum_e w_e tokens_e over the entries e that terms choose (eq:sft in paper/sections/objectives.tex
    has equal weights); with sum - sum_e w_e L_e / sum_e w_e.
    """
    weights = scored.terms.chosen_weights(scored.grid.sums)
    shares = weights * scored.grid.counts[:, None, :] if settings["reduction"] == "mean" else weights
    return -(scored.grid.sums * weights).sum((1, 2)) / shares.sum((1, 2))


def infonce(scored: Scored, settings: dict) -> Tensor:
    """InfoNCE (arXiv 1807.03748): cross-entropy of one softmax of the grid against the identity.

    - 1/N sum_i log(exp L_ii / sum_j exp L_ij) over "rows" (eq:infonce in paper/sections/objectives.tex).
    over "rows": which of the responses was written under this prompt; "columns": under which of the prompts this
    response was written. A uniform grid gives log N.
    """
    return cross_entropy(_scores(scored, settings), settings["over"])


def sami(scored: Scored, settings: dict) -> Tensor:
    """SAMI (arXiv 2404.14313): the mean of InfoNCE by rows and by columns, of log-probabilities per token in the paper.

    - 1/(2N) sum_i [log(exp L_ii / sum_j exp L_ij) + log(exp L_ii / sum_j exp L_ji)]
    (eq:sami in paper/sections/objectives.tex).
    """
    scores = _scores(scored, settings)
    return (cross_entropy(scores, "rows") + cross_entropy(scores, "columns")) / 2


def dpo(scored: Scored, settings: dict) -> Tensor:
    """Direct preference optimisation (arXiv 2305.18290): the weighted mean over terms of `preference` of the margins.

    - log sigmoid(beta (m_chosen - m_rejected)) of a term (eq:dpo in paper/sections/objectives.tex). With the terms of
    MIPO (arXiv 2603.19294) this is MIPO's loss too (eq:mipo there): its rejected response was written under another
    prompt, or without the context of this one.
    """
    losses = preference(*scored.margins(), settings["beta"], settings.get("label_smoothing", 0.0))
    return scored.terms.mean(losses)


def ipo(scored: Scored, settings: dict) -> Tensor:
    """Identity preference optimisation (arXiv 2310.12036): the weighted mean over terms of (d - 1 / (2 beta))^2.

    d = m_chosen - m_rejected (eq:ipo in paper/sections/objectives.tex).
    """
    chosen, rejected = scored.margins()
    return scored.terms.mean((chosen - rejected - 1 / (2 * settings["beta"])).square())


def mi_epo(scored: Scored, settings: dict) -> Tensor:
    """MI-EPO (arXiv 2607.01392): sum over terms of w times `preference`, with two kinds of terms.

    - sum_k w_k log sigmoid(beta_c (m_chosen - m_rejected)) - 1/2 sum_j log sigmoid(beta_w (stop(m_1j) - m_2j))
    (eq:mi-epo in paper/sections/objectives.tex).
    L_YC,k: two responses under one prompt, by beta_c, weighted by the preference w_k of objective k.
    L_YW: one response under its own preference vector and under another, by beta_w, weighted by 1/2; the gradient of
    the first margin is stopped, so that only the wrong preference is unlearnt. beta_w = 0 adds a constant (MO-ODPO).
    """
    import torch

    chosen, rejected = scored.margins()
    column = scored.terms.chosen[..., 1] == scored.terms.rejected[..., 1]  # one response under two prompts
    under_one_prompt = preference(chosen, rejected, settings["beta_c"])
    of_one_response = preference(chosen.detach(), rejected, settings["beta_w"])
    return (scored.terms.weight * torch.where(column, of_one_response, under_one_prompt)).sum(1)


# ---------------------------------------------------------------- parts of losses
def cross_entropy(scores: Tensor, over: str) -> Tensor:
    """Of the softmax over responses ("rows") or over prompts ("columns") against the identity; scores [B, N, N]."""
    import torch
    import torch.nn.functional as F

    batch, size, _ = scores.shape
    target = torch.arange(size, device=scores.device).expand(batch, size)
    scores = {"rows": scores.transpose(1, 2), "columns": scores}[over]
    return F.cross_entropy(scores, target, reduction="none").mean(1)


def preference(chosen: Tensor, rejected: Tensor, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """- (1 - e) log sigmoid(beta d) - e log sigmoid(- beta d), d = chosen - rejected; tensors of one shape.

    e is the share of preferences taken to be wrong (label_smoothing); 0 is plain DPO.
    """
    import torch.nn.functional as F

    scaled = beta * (chosen - rejected)
    return -(1 - label_smoothing) * F.logsigmoid(scaled) - label_smoothing * F.logsigmoid(-scaled)


def kl(sums: Tensor, matched: Tensor, counts: Tensor) -> Tensor:
    """KL(policy || reference) per token of the matched responses, averaged over them, [B]; see Grid.kl."""
    per_token = sums / counts[:, None, :]
    return (per_token * matched).sum((1, 2)) / matched.sum((1, 2))


def accuracy(means: Tensor) -> tuple[Tensor, Tensor]:
    """Share of rows, and of columns, whose largest entry is the matched one, of each square grid; [B] each, 0 to 1."""
    import torch

    target = torch.arange(means.shape[1], device=means.device)
    return (means.argmax(2) == target).float().mean(1), (means.argmax(1) == target).float().mean(1)


def _scores(scored: Scored, settings: dict) -> Tensor:
    return scored.grid.means if settings["reduction"] == "mean" else scored.grid.sums


# ---------------------------------------------------------------- the registry
@dataclass(frozen=True)
class Objective:
    """One objective.

    reads: "chosen" (the entries that terms choose), "terms" (both sides of every term) or "square" (all entries; as
    many responses as prompts). builders: the pair builders whose records it takes; empty: any. needs_reference: the
    loss takes the log-probabilities of the reference. ties_won: its paper counts ties as wins, so that the win rates of
    an experiment that trains it are also given in this way.
    """

    label: str
    loss: Callable[[Scored, dict], Tensor]
    reads: str
    settings: dict[str, Setting] = field(default_factory=dict)
    builders: tuple[str, ...] = ()
    needs_reference: bool = False
    ties_won: bool = False


ABOVE_0 = {"type": "number", "exclusiveMinimum": 0}
BETA = Setting(0.1, ABOVE_0, r"$\beta$")
WEIGHT = {"type": "number", "minimum": 0}
REDUCTION = Setting("mean", {"enum": ["mean", "sum"]}, "reduction")
OF_GRID = {"kl": Setting(0.0, WEIGHT, "KL"), "reduction": REDUCTION}
SQUARES = ("constitutions", "context")  # builders of records with the response to each of their prompts
# train_on: all responses that terms choose, or those alone that were written under the more positive constitution.
TRAIN_ON = Setting("all", {"enum": ["all", "positives"]}, "trained on")
LABEL_SMOOTHING = Setting(0.0, {"type": "number", "minimum": 0, "maximum": 1}, "smoothing")

OBJECTIVES = {
    "sft": Objective("SFT", sft, reads="chosen", settings={"train_on": TRAIN_ON, "reduction": REDUCTION}),
    "dpo": Objective(
        "DPO", dpo, reads="terms", settings={"beta": BETA, "label_smoothing": LABEL_SMOOTHING}, needs_reference=True
    ),
    "ipo": Objective("IPO", ipo, reads="terms", settings={"beta": BETA}, needs_reference=True),
    "sami": Objective("SAMI", sami, reads="square", settings=OF_GRID, builders=SQUARES),
    "infonce": Objective(
        "InfoNCE",
        infonce,
        reads="square",
        settings={**OF_GRID, "over": Setting("rows", {"enum": ["rows", "columns"]}, "over")},
        builders=SQUARES,
    ),
    "mipo": Objective(
        "MIPO",
        dpo,
        reads="terms",
        settings={"beta": BETA},
        builders=("other_question", "context"),
        needs_reference=True,
        ties_won=True,
    ),
    "mi_epo": Objective(
        "MI-EPO",
        mi_epo,
        reads="terms",
        settings={"beta_c": Setting(0.1, ABOVE_0, r"$\beta_c$"), "beta_w": Setting(0.01, WEIGHT, r"$\beta_w$")},
        builders=("preferences",),
        needs_reference=True,
    ),
}


def own_settings() -> Owners:
    """The settings that belong to each objective."""
    return {name: objective.settings for name, objective in OBJECTIVES.items()}


def counts_ties_as_wins(experiment: dict) -> bool:
    """Whether an objective of the experiment's methods is evaluated so (`ties_won`)."""
    return any(OBJECTIVES[method["objective"]].ties_won for method in experiment["methods"].values())


def check_builder(objective: str, builder: str) -> None:
    """InputError if the objective does not take the pairs of this builder."""
    taken = OBJECTIVES[objective].builders
    if taken and builder not in taken:
        raise InputError(
            f"{objective} takes pairs of {' or '.join(taken)}, and these are of {builder}; name another set (data: "
            "NAME), or another objective"
        )
