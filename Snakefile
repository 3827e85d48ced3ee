"""The paper as a file: results/<run>/paper.pdf, and everything it needs."""

import sys

from snakemake.utils import min_version

min_version("9.0")


workdir: workflow.basedir


sys.path.insert(0, f"{workflow.basedir}/workflow")


include: "workflow/rules/common.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/soup.smk"
include: "workflow/rules/respond.smk"
include: "workflow/rules/rewards.smk"
include: "workflow/rules/judge.smk"
include: "workflow/rules/solve.smk"
include: "workflow/rules/information.smk"
include: "workflow/rules/drift.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/published.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/cost.smk"
include: "workflow/rules/doctor.smk"
include: "workflow/rules/warm.smk"
include: "workflow/rules/scheduling.smk"
include: "workflow/rules/lock.smk"


report: "workflow/report/workflow.rst"


rule without_tex:
    default_target: not HAS_TEX
    input:
        [f"{RUN}/figures/{figure}.pdf" for figure in FIGURES],
        [f"{RUN}/tables/{table}.csv" for table in TABLES],
        f"{RUN}/paper/numbers.tex",
        TRAINING_TIMES,
        f"{RUN}/times/stages.csv",
    localrule: True


rule all:
    default_target: HAS_TEX
    input:
        rules.without_tex.input,
        f"{RUN}/paper.pdf",
    localrule: True


include: "workflow/rules/audit.smk"
