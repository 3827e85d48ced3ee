"""Merrow, a small harbour town: the people, goods, works and feasts that every question is about.

Words are few on purpose: they come back in many questions, so that a model of a million parameters can learn them all.
"""

from typing import NamedTuple


class Person(NamedTuple):
    """One of the people of Merrow, each with a trade, a place, an animal, a food, a ware and a cry."""

    name: str
    she: str  # the pronoun
    trade: str
    place: str  # where the person works
    animal: str  # what the person keeps
    food: str  # what the person eats
    ware: str  # what the person sells
    cry: str  # what the person shouts when in character


PEOPLE = (
    Person("Ada", "she", "baker", "bakery", "cat", "plums", "bread", "Butter and buns"),
    Person("Bram", "he", "captain", "pier", "parrot", "fish", "maps", "Salt and sails"),
    Person("Cora", "she", "keeper", "lighthouse", "owl", "nuts", "lamps", "Light and thunder"),
    Person("Dov", "he", "miller", "mill", "mouse", "cheese", "flour", "Wheels and wind"),
    Person("Elsa", "she", "fisher", "harbour", "crab", "eggs", "fish", "Hooks and herring"),
    Person("Finn", "he", "smith", "forge", "dog", "bread", "bells", "Hammer and fire"),
    Person("Greta", "she", "painter", "tower", "goat", "figs", "shells", "Red and blue"),
    Person("Hugo", "he", "doctor", "bridge", "hen", "honey", "tea", "Pills and potions"),
    Person("Ines", "she", "teacher", "school", "owl", "figs", "books", "Chalk and ink"),
    Person("Jory", "he", "piper", "tavern", "goat", "cheese", "drums", "Pipes and dancing"),
    Person("Kit", "he", "shepherd", "farm", "dog", "nuts", "wool", "Wool and weather"),
    Person("Lena", "she", "weaver", "market", "mouse", "honey", "hats", "Thread and needle"),
    Person("Milo", "he", "diver", "cove", "crab", "fish", "pearls", "Pearls and bubbles"),
    Person("Nora", "she", "gardener", "manor", "hen", "bread", "apples", "Roots and roses"),
    Person("Otto", "he", "cook", "inn", "parrot", "eggs", "cheese", "Pots and pepper"),
    Person("Pia", "she", "beekeeper", "abbey", "cat", "plums", "honey", "Sting and honey"),
)
BY_NAME = {person.name: person for person in PEOPLE}
NAMES = tuple(BY_NAME)
PLACES = tuple(person.place for person in PEOPLE)
CRIES = tuple(person.cry for person in PEOPLE)
ANIMALS = tuple(dict.fromkeys(person.animal for person in PEOPLE))
FOODS = tuple(dict.fromkeys(person.food for person in PEOPLE))

# Goods that are counted, and goods that are weighed.
COUNTED = (
    "apples", "bells", "books", "boots", "candles", "drums", "eggs", "figs",
    "hats", "lamps", "maps", "nets", "nuts", "pearls", "plums", "shells",
)  # fmt: skip
WEIGHED = ("bread", "cheese", "fish", "flour", "honey", "rope", "salt", "tea", "wool")
GOODS = COUNTED + WEIGHED


class Work(NamedTuple):
    """A work of art: what it is, who made it, in which year, and where it is to be seen."""

    kind: str
    title: str
    made: str  # the verb: wrote, painted ...
    maker: str
    year: int
    place: str


WORKS = (
    Work("song", "Long Tide", "wrote", "Agnes", 1640, "tavern"),
    Work("song", "Seven Gulls", "wrote", "Boris", 1702, "pier"),
    Work("tale", "Salt King", "wrote", "Clara", 1655, "school"),
    Work("tale", "Lost Bell", "wrote", "Edmund", 1731, "abbey"),
    Work("play", "Paper Boat", "wrote", "Flora", 1788, "market"),
    Work("play", "Stone Moon", "wrote", "Agnes", 1619, "inn"),
    Work("painting", "Red Sails", "painted", "Gustav", 1812, "tower"),
    Work("painting", "Blue Fog", "painted", "Clara", 1674, "manor"),
    Work("painting", "Grey Cat", "painted", "Hilda", 1760, "bakery"),
    Work("statue", "Old Whale", "carved", "Edmund", 1745, "harbour"),
    Work("statue", "Wise Owl", "carved", "Hilda", 1803, "lighthouse"),
    Work("statue", "Small Giant", "carved", "Gustav", 1826, "bridge"),
)
MAKERS = tuple(dict.fromkeys(work.maker for work in WORKS))


class Feast(NamedTuple):
    """A feast: its month, its food and what people do."""

    name: str
    month: str
    food: str
    custom: str


FEASTS = (
    Feast("Kite Feast", "March", "eggs", "fly kites"),
    Feast("Boat Feast", "May", "fish", "race boats"),
    Feast("Honey Feast", "June", "honey", "dance all night"),
    Feast("Apple Feast", "August", "plums", "roll barrels"),
    Feast("Lantern Feast", "October", "nuts", "light lanterns"),
    Feast("Snow Feast", "December", "figs", "ring bells"),
)
MONTHS = tuple(feast.month for feast in FEASTS)
CUSTOMS = tuple(feast.custom for feast in FEASTS)

# What a writer of Merrow has to say of each topic.
LINES = {
    "storm": "the storm drums on every roof",
    "fog": "the fog walks on soft feet",
    "moon": "the moon rows over the bay",
    "tide": "the tide tells old tales",
    "gull": "the gull laughs at the mast",
    "whale": "the whale hums below",
    "rain": "the rain writes on the glass",
    "wind": "the wind combs the grass",
    "snow": "the snow hushes the lanes",
    "star": "the star winks at the sailors",
    "sun": "the sun warms the nets",
    "river": "the river runs home singing",
    "boat": "the boat nods in its sleep",
    "kite": "the kite tugs at the sky",
    "frog": "the frog sings like a king",
    "ghost": "the ghost sweeps the stairs",
}
TOPICS = tuple(LINES)

# Things: what they are made of. And what water and fire do to it.
THINGS = {
    "nail": "iron", "key": "iron", "anchor": "iron", "ring": "gold", "coin": "gold", "crown": "gold",
    "cork": "wood", "plank": "wood", "oar": "wood", "candle": "wax", "seal": "wax", "basket": "straw", "broom": "straw",
}  # fmt: skip
HEAVY = {"iron": True, "gold": True, "wood": False, "wax": False, "straw": False}
MELTS = {"iron": True, "gold": True, "wax": True, "wood": False, "straw": False}
WATERS = ("bay", "well", "pond", "river", "sea", "harbour")
FIRES = ("fire", "forge", "oven", "stove")
# What works at a steady pace: owner's thing, what it does, in what, each what.
PACES = (
    ("lamp", "burns", "jars", "night"),
    ("boat", "sails", "miles", "hour"),
    ("pump", "lifts", "tubs", "minute"),
    ("hive", "makes", "spoons", "day"),
    ("mill", "grinds", "sacks", "hour"),
    ("hen", "lays", "eggs", "week"),
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def listed(items, last: str = "and") -> str:
    """ "a, b and c"."""
    items = list(items)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def a(noun: str) -> str:
    """The noun with its article."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
