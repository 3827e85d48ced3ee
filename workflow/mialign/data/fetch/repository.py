"""One model from the hub: weights as safetensors, tokenizer and configuration, and nothing that could be run."""

import os
import shutil
from pathlib import Path

from mialign.core.disk_space import check_free, needing_space
from mialign.core.errors import InputError
from mialign.data.fetch import hub
from mialign.models import checkpoints

WANTED = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.jinja", "tokenizer.model"]
UNWANTED = ["*/*", "*.bin.index.json", "consolidated*"]  # other forms of the same weights


def fetch(repo: str, revision: str, scratch: Path, out: Path) -> dict:
    """Make the model's folder `out`, and return what is known of it: commit, files with their sizes.

    What has come so far lies in `scratch`, one folder a commit, and a second call goes on from there.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import filter_repo_objects

    found = hub.information("model", repo, revision)
    names = set(
        filter_repo_objects((one.rfilename for one in found.siblings), allow_patterns=WANTED, ignore_patterns=UNWANTED)
    )
    files = {one.rfilename: one for one in found.siblings if one.rfilename in names}
    if not any(name.endswith(".safetensors") for name in files):
        raise InputError(
            f"{repo}: it has no safetensors at {revision!r}; no other form of weights is read, take another revision"
        )
    partial = scratch / found.sha
    partial.mkdir(parents=True, exist_ok=True)
    check_free(repo, sum(one.size or 0 for one in files.values()), partial)
    with hub.explained("model", repo, revision), needing_space(partial):
        snapshot_download(repo, revision=found.sha, local_dir=partial, allow_patterns=WANTED, ignore_patterns=UNWANTED)
    try:
        checkpoints.check(partial, may_lack_base=True)
    except InputError:
        shutil.rmtree(partial)  # so that the next call fetches it anew
        raise
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(partial, out)
    sums = {name: {"bytes": one.size, "sha256": one.lfs and one.lfs["sha256"]} for name, one in sorted(files.items())}
    return {"commit": found.sha, "files": sums}
