"""What a method was given beside questions, principles and the model that it starts from."""

from mialign.data import builders
from mialign.data.sets import FROM_AUTHORS, principle_writer, writing_method, writing_model


def given(experiment: dict, method: str) -> list[str]:
    """What a method or a soup was given, in words: nothing (empty), "gold answers", "rewards", "answers of MODEL" ...

    A method has what its set of pairs was made with, and what its parent and the writer of its set were given. A soup
    has what its methods were given. experiment: as config.loading gives it.
    """
    if method in experiment["methods"]:
        settings = experiment["methods"][method]
        found = [*given(experiment, settings["parent"]), *_of_set(experiment, settings["data"])]
    else:
        members = experiment.get("soups", {}).get(method, {"of": []})["of"]  # the base is none, and was given nothing
        found = [one for member in members for one in given(experiment, member)]
    return list(dict.fromkeys(found))


def _of_set(experiment: dict, data: str) -> list[str]:
    block = experiment["data"][data]
    if block["from"] == FROM_AUTHORS:
        return ["released pairs"]
    writer, model = writing_method(experiment, data), writing_model(experiment, data)
    found = given(experiment, writer) if writer else []
    if model not in (None, experiment["base"]):
        found.append(f"answers of {model}")
    if principle_writer(block) not in (None, experiment["base"]):
        found.append(f"principles of {principle_writer(block)}")
    return found + builders.supervision(block)
