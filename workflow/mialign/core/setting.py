"""Settings that belong to one entry of a registry: an objective's, or a pair builder's."""

from dataclasses import dataclass

from mialign.core.errors import InputError


@dataclass(frozen=True)
class Setting:
    """One setting: its default, its limits as JSON schema has them, and its LaTeX name where a table shows it.

    default: None for a setting that is absent unless it is given.
    """

    default: object
    limits: dict
    symbol: str = ""


Owners = dict[str, dict[str, Setting]]  # the settings of each entry of a registry, by its name


def limits(owners: Owners) -> dict[str, dict]:
    """Every setting that belongs to an entry, with its limits."""
    return {name: one.limits for own in owners.values() for name, one in own.items()}


def defaults(own: dict[str, Setting]) -> dict[str, object]:
    """The settings of one entry with their defaults, without those that have none."""
    return {name: one.default for name, one in own.items() if one.default is not None}


def check_limits(name: str, value, limits: dict) -> None:
    """InputError if a value lies outside its limits: enum, or type number with minimum, maximum or exclusiveMinimum."""
    if "enum" in limits and value not in limits["enum"]:
        raise InputError(f"{name} is {value!r}; there are {', '.join(map(str, limits['enum']))}")
    if limits.get("type") == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InputError(f"{name} is {value!r}; it must be a number")
    if "minimum" in limits and not value >= limits["minimum"]:
        raise InputError(f"{name} is {value!r}; the least is {limits['minimum']}")
    if "exclusiveMinimum" in limits and not value > limits["exclusiveMinimum"]:
        raise InputError(f"{name} is {value!r}; it must be above {limits['exclusiveMinimum']}")
    if "maximum" in limits and not value <= limits["maximum"]:
        raise InputError(f"{name} is {value!r}; the most is {limits['maximum']}")


def check_own(kind: str, entry: str, given: dict, owners: Owners) -> None:
    """InputError for the first setting that belongs to other entries; `kind` says what they are: objective, builder."""
    for name in limits(owners):
        if name in given and name not in owners[entry]:
            others = [other for other, own in owners.items() if name in own]
            raise InputError(f"{name}: it belongs to {kind} {' or '.join(others)}, not to {entry}; take it out")
