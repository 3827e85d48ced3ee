# make paper              everything: environment, models, experiments, results/<run>/paper.pdf and report.html
# make paper CONFIG=...   the same with a file laid over config.yaml (several: CONFIG="a.yaml b.yaml")
# make neighbours         SAMI with iterations, MIPO, InfoNCE, users, MI-EPO, principles held out, STaR and multiple choice;
#                         shares the trunk, the weak and the strong model with make paper: results/neighbours/paper.pdf
# make everything         both, and both in one document: results/neighbours/everything.pdf
# make fetch CONFIG=...   downloads what that file names: datasets, models, the authors' files
# make cost CONFIG=...    GPU hours, disk and dollars of that run at full size, from the assumptions in config/costs.yaml.
#                         These are speeds of large models on GPUs; the hours say nothing about the miniature
# make doctor             checks whether the machines have what the run needs, and says what to do if they have not
# make test-quick         the fast unit tests, in some minutes
# make test               all tests but the next three
# make test-vllm          generation with vLLM on CPU, in an environment of its own (2.5 GB; minutes)
# make test-crate         a crate of `snakemake audit` against its profile, in an environment of its own (100 MB; minutes)
# make test-slurm         the paper through a Slurm that the test starts (root, on Debian or Ubuntu; some minutes)
# make example            runs config/smoke.yaml, and writes its crate for the repository: docs/example/crate.zip
# make published          the original's figures from its published values
# make bench              measures speed and memory of a training step, to docs/benchmarks/
# make gpu               measures agreement, speed and memory on this machine's NVIDIA GPU, in 8 minutes at most, to
#                         docs/benchmarks/gpu.csv; it installs nothing: python, torch and transformers must be there.
#                         ARGS="agreement decoding" measures these parts alone; there are also steps and trainings
# make lint               checks the format of the code
# make lock               makes requirements.lock from requirements.in
# Variables: CORES (default: all), PYTHON (python3.11), VENV (.venv; rebuilt when requirements.lock changes), VLLM_VENV
# (.venv-vllm), CRATE_VENV (.venv-crate), ARGS (further arguments of snakemake or pytest; ARGS=-p shows all that Snakemake
# prints, ARGS=-n shows what would be done)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := paper
.PHONY: paper neighbours everything fetch cost doctor published test-quick test test-vllm test-crate test-slurm
.PHONY: example bench gpu lint lock

# nproc counts the threads of OMP_NUM_THREADS where that is set; the cores are meant.
CORES ?= $(shell env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
PYTHON ?= python3.11
VENV ?= .venv
VLLM_VENV ?= .venv-vllm
CRATE_VENV ?= .venv-crate
CONFIG ?=
ARGS ?=
export PYTHON VENV VLLM_VENV CRATE_VENV
export PATH := $(abspath $(VENV))/bin:$(PATH)

READY := $(VENV)/complete
START := $(shell date +%s)
SNAKEMAKE = $(if $(CONFIG),python workflow/run.py settings $(CONFIG); )PYTHONPATH=workflow/loggers snakemake $(if $(CONFIG),--configfile $(CONFIG)) --logger brief --cores $(CORES)
# Where a run lies only the workflow knows, from CONFIG and ARGS: it writes its folder into this file, of a dry run nothing.
TOLD = export RUN_TOLD=$$(mktemp); trap 'rm -f "$$RUN_TOLD"' EXIT
# Unit tests that train, start processes or a browser, compile kernels or the paper, decode for long or draw every figure.
SLOW = attention_mask audit_page_browser engine environments figures generation gpu_benchmark machine merged \
	paper paper_text pretrain processes server_engine training training_benchmark trl warm warm_results
TIMED = s=$$(($$(date +%s) - $(START))); echo "make $@: $$((s / 60)) min $$((s % 60)) s"

paper: $(READY)
	@$(TOLD)
	target=all
	envs/setup.sh tex || target=without_tex
	$(SNAKEMAKE) $$target $(ARGS)
	made=$$(cat "$$RUN_TOLD")
	if [ ! -e "$$made/times/stages.csv" ]; then exit 0; fi # a dry run, or a part alone was asked for
	if [ ! -e $$made/report.html ] || [ -n "$$(find $$made/{figures,tables,paper.pdf} -newer $$made/report.html -print -quit 2>/dev/null)" ]; then
		$(SNAKEMAKE) $$target $(ARGS) --report $$made/report.html
	fi
	tr , '\t' <$$made/times/stages.csv | expand -t 12
	ls $$made/paper.pdf $$made/report.html 2>/dev/null || true
	$(TIMED)

neighbours: $(READY)
	@$(MAKE) --no-print-directory paper CONFIG=config/neighbours.yaml

everything: $(READY)
	@$(MAKE) --no-print-directory paper
	$(MAKE) --no-print-directory neighbours
	snakemake --configfile config/neighbours.yaml --cores 1 --quiet all -- everything
	ls results/neighbours/everything.pdf

fetch: $(READY)
	@$(SNAKEMAKE) fetch $(ARGS)
	$(TIMED)

cost: $(READY)
	@$(TOLD)
	$(SNAKEMAKE) cost $(ARGS)
	made=$$(cat "$$RUN_TOLD")
	if [ ! -e "$$made/cost.csv" ]; then exit 0; fi
	tr , '\t' <$$made/cost.csv | expand -t 20
	$(TIMED)

published: $(READY)
	@$(SNAKEMAKE) published $(ARGS)
	$(TIMED)

doctor: $(READY)
	@$(SNAKEMAKE) doctor $(ARGS)

test-quick: $(READY)
	@python -m pytest --numprocesses $(CORES) --maxprocesses 4 --dist loadfile tests/unit $(SLOW:%=--ignore=tests/unit/test_%.py) $(ARGS)
	$(TIMED)

test: $(READY)
	@envs/setup.sh tex || true
	python -m pytest --numprocesses $(CORES) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)
	$(TIMED)

test-vllm: $(READY) $(VLLM_VENV)/complete
	@python -m pytest tests/vllm $(ARGS)
	$(TIMED)

test-crate: $(READY) $(CRATE_VENV)/complete
	@python -m pytest tests/crate $(ARGS)
	$(TIMED)

test-slurm: $(READY)
	@envs/setup.sh tex || true
	envs/setup.sh slurm
	python -m pytest tests/cluster $(ARGS)
	$(TIMED)

example: $(READY)
	@$(SNAKEMAKE) --configfile config/smoke.yaml $(ARGS)
	python workflow/run.py audit results/smoke --crate docs/example/crate.zip --without paper.pdf '*.png' '*.html'
	$(TIMED)

bench: $(READY)
	@python benchmarks/training/bench.py --out docs/benchmarks $(ARGS)
	$(TIMED)

gpu:
	@$$(command -v python || command -v python3) benchmarks/gpu/bench.py --out docs/benchmarks $(ARGS)
	$(TIMED)

lint: $(READY)
	@ruff check --no-cache .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	$(TIMED)

$(READY): requirements.lock
	@envs/setup.sh python

$(VLLM_VENV)/complete: envs/generate.yaml
	@envs/setup.sh vllm

$(CRATE_VENV)/complete: envs/crate.txt
	@envs/setup.sh crate

lock:
	@envs/setup.sh lock
