"""The folders of the models of a config."""

from pathlib import Path

from mialign.models import bases


def model(config: dict, name: str) -> str:
    """The folder of a model: given, fetched, or of the run that trains it."""
    given = config["models"][name]
    fetched = f"{config['data']}/models/{name}"
    return given.get("path", fetched if "places" in given else f"results/{config['models_run']}/models/{name}")


def publisher(given: dict) -> str | None:
    """What a model is known by: its repository, package or the name of its file; None where it is not fetched."""
    first = given.get("places", [{}])[0]
    return first.get("hub") or first.get("package") or Path(first.get("gguf", "")).name or None


def of_hub(config: dict) -> dict[str, str]:
    """The folders of the models that are fetched, by their repository."""
    models = config["models"].items()
    return {
        place["hub"]: model(config, name)
        for name, given in models
        for place in given.get("places", [])
        if "hub" in place
    }


def base_to_fetch(config: dict, name: str) -> str | None:
    """The model that is fetched because another, an adapter on disk, lies on it."""
    if "path" not in config["models"][name]:
        return None
    whole = bases.base(model(config, name), of_hub(config))
    fetched = (other for other, given in config["models"].items() if "places" in given)
    return next((other for other in fetched if Path(model(config, other)) == whole), None)
