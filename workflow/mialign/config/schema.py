"""The configuration against its schema, with complaints in plain words that name the key."""

import difflib
import math
import re
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from mialign.core import setting
from mialign.core.errors import InputError
from mialign.data import builders
from mialign.training import objectives

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
# Blocks that are of one of two kinds: the key that tells which, and the definition of those that lack it.
TELLING = {
    **dict.fromkeys(("path", "places"), "model_trained_here"),
    **dict.fromkeys(("file", "dataset"), "synthetic_source"),
}
LEAST = {"minItems": "at least", "minProperties": "at least", "minLength": "at least", "maxItems": "at most"}
KINDS = {
    "object": "a block of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def check(config: dict) -> None:
    """InputError for the first thing that the schema refuses."""
    errors = list(_validator().iter_errors(config))
    if errors:
        # An unknown key first: a slip of the pen also shows as a missing key, and this says more.
        raise InputError(
            _in_words(min(errors, key=lambda e: (e.validator != "additionalProperties", key_path(e.absolute_path))))
        )


def key_path(parts) -> str:
    """The way to a key: experiments.multitask.methods.dpo.parent, or comparisons[0]."""
    text = ""
    for part in parts:
        shown = part if str(part).isprintable() else repr(part)
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{shown}"
    return text


def suggestion(word: str, known: list[str]) -> str:
    """The known word that is closest, or all of them."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def _integer(_, value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(_, value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@cache
def _validator():
    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _integer, "number": _number})
    schema = yaml.load(SCHEMA.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return extend(Draft202012Validator, type_checker=types)(_with_registries(schema))


def _with_registries(schema: dict) -> dict:
    """The schema with the objectives and pair builders that there are, and their settings."""
    methods = schema["$defs"]["method"]["properties"]
    methods["objective"] = {"enum": list(objectives.OBJECTIVES)}
    sets = schema["$defs"]["data_set"]["properties"]
    sets |= {"builder": {"enum": list(builders.BUILDERS)}, **setting.limits(builders.own_settings())}
    for properties in (
        methods,
        schema["$defs"]["collapse"]["properties"]["curves"]["additionalProperties"]["properties"],
    ):
        properties |= setting.limits(objectives.own_settings())
    return schema


def _in_words(error) -> str:
    path = key_path(error.absolute_path)
    where = path or "config"
    value, limit = error.instance, error.validator_value
    if "propertyNames" in error.schema_path:
        return f"{where}: the name {_shown(value)} does not serve in file names; use at most 50 letters, digits and _"
    match error.validator:
        case "additionalProperties":
            return _unknown_keys(error)
        case "required":
            key = next(key for key in limit if key not in value)
            return f"{key_path([*error.absolute_path, key])}: the key is missing; it has no default"
        case "type" if "server" in error.absolute_path:
            return f"{where}: {KINDS[limit]} is needed (what stands there is not repeated, since it may be a key)"
        case "type":
            return f"{where}: {_wrong_type(value, limit)}"
        case "enum":
            known = suggestion(str(value), [str(item) for item in limit])
            others = f"; it is {error.schema['description']}" if "description" in error.schema else f"; {known}"
            return f"{where}: {value!r} is not possible{others}"
        case "pattern":
            if "description" in error.schema:
                secret = "@" in value or "server" in error.absolute_path
                shown = "what stands there (it is not repeated, since it may hold a key)" if secret else _shown(value)
                return f"{where}: {shown} is not {error.schema['description']}"
            return f"{where}: {_shown(value)} does not serve in file names; use letters, digits and _ only"
        case "maxLength":
            return f"{where}: {_shown(value)} has {len(value)} letters, too many for a file name; the most is {limit}"
        case "minimum":
            return f"{where}: {value} is too small; the least is {limit}"
        case "exclusiveMinimum":
            return f"{where}: {value} is too small; it must be above {limit}"
        case "exclusiveMaximum":
            return f"{where}: {value} is too large; it must be below {limit}"
        case "maximum":
            return f"{where}: {value} is too large; the most is {limit}"
        case "minItems" | "maxItems" | "minProperties" | "minLength":
            return f"{where}: {LEAST[error.validator]} {limit} needed, this has {len(value)}"
        case "uniqueItems":
            twice = next(item for number, item in enumerate(value) if item in value[:number])
            return f"{where}: {twice!r} stands there twice; keep one"
    return f"{where}: {error.message}"


def _shown(text: str) -> str:
    """A text on one line, cut where it is long."""
    return repr(text) if len(text) <= 100 else f"{text[:60]!r}..."


def _unknown_keys(error) -> str:
    """The first of them; or all, where they are keys of the other kind of block: an overlay has mixed the two."""
    known = list(error.schema.get("properties", {}))
    unknown = [key for key in error.instance if key not in known]
    telling = next((key for key in TELLING if key in known and key in error.instance), None)
    if telling and set(unknown) <= set(_validator().schema["$defs"][TELLING[telling]]["properties"]):
        return (
            f"{key_path(error.absolute_path)}: {telling} does not go with {', '.join(unknown)}; an overlay is laid "
            f"over a block key by key, so set there what is not wanted to null ({unknown[0]}: null)"
        )
    if "kind" in known and set(unknown) <= set(_validator().schema["$defs"]["judge_on_server"]["properties"]):
        what = "reward" if "rewards" in error.absolute_path else "judge"
        kind = error.instance["kind"]
        return (
            f"{key_path(error.absolute_path)}: a {what} of kind {kind} takes no {', '.join(unknown)}; "
            f"an overlay is laid over a block key by key, so set there what is not wanted to null ({unknown[0]}: null)"
        )
    return f"{key_path([*error.absolute_path, unknown[0]])}: unknown key; {suggestion(str(unknown[0]), known)}"


def _wrong_type(value, expected: str) -> str:
    if expected in ("number", "integer") and isinstance(value, str) and _parses(value):
        if re.fullmatch(r"\s*[-+]?\d+[eE][-+]?\d+\s*", value) or re.fullmatch(r"\s*[-+]?[\d.]+[eE]\d+\s*", value):
            return f"{value} is text to YAML; write {_as_yaml(value)}"
        return f"{value!r} is text to YAML; write {_as_yaml(value)}, without quotes"
    return f"{KINDS[expected]} is needed, this is {value!r}"


def _parses(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _as_yaml(text: str) -> str:
    """The number in the form that YAML reads as one: with a point before the exponent and a sign after it."""
    mantissa, _, exponent = text.strip().lower().partition("e")
    if not exponent:
        return mantissa
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else f'+{exponent}'}"
