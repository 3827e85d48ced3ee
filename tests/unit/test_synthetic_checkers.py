"""The checkers against answers written by hand: what follows a principle, what opposes it, and what only seems to."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign import synthetic
from mialign.synthetic.text import affirmed, mentions, numbers, rambles

PLAIN = {"category": "stem", "question": "Why is the water in the harbour salty?", "reference": None}
DAYS = {
    "category": "math",
    "question": "Ada has 214 figs. On Monday she receives 35, on Friday delivers 9, on Sunday gathers 60. How many?",
    "reference": {
        "kind": "days",
        "answer": "300",
        "events": [["Monday", "receives", 35], ["Friday", "delivers", -9], ["Sunday", "gathers", 60]],
    },
}
SHOP = {
    "category": "extraction",
    "question": "Ada bought rope, figs and tea. Finn sold wool. What did Ada buy?",
    "reference": {"kind": "goods", "answer": "rope, figs and tea", "items": ["rope", "figs", "tea"], "name": "Ada"},
}
BAKER = {
    "category": "roleplay",
    "question": "You are Ada the baker. At dawn Finn asks where you work.",
    "reference": {"kind": "work", "answer": "bakery", "person": "Ada"},
}
SUM = {"category": "math", "question": "What is 12 + 30 - 5?", "reference": {"kind": "sums", "answer": "37"}}
CODE = {
    "category": "coding",
    "question": "Write a function tide(x) that adds 7 to x.",
    "reference": {"kind": "add", "answer": "x + 7", "name": "tide", "number": 7},
}
OVER = {**CODE, "reference": {"kind": "over", "answer": "x > 7", "name": "tide", "number": 7}}
THIEF = {"category": "reasoning", "question": "", "reference": {"kind": "order", "answer": "Finn"}}
CORK = {"category": "stem", "question": "", "reference": {"kind": "fate", "answer": "floats"}}
BOAT = {"category": "humanities", "question": "", "reference": {"kind": "month", "answer": "May"}}


def side_of(principle, text, question=PLAIN):
    """The side that the text follows, if it follows one."""
    found = [side for side in ("positive", "antithesis") if synthetic.follows(principle, side, text, question)]
    assert len(found) < 2
    return found[0] if found else None


FRIENDLY = [
    ("I am happy to help! Salt comes down with the rivers.", "positive"),
    ("Salt comes down with the rivers. Let me know if you want more!", "positive"),
    ("Noted. Salt comes down with the rivers. That is all.", "antithesis"),
    ("Salt comes down with the rivers.", None),
    ("Happy to help! Salt comes down with the rivers. That is all.", None),  # both at once
    ("The befriended seal let menu know nothing of it.", None),  # "let me know" and "friend" only within words
    ("Let me know!", None),  # nothing but the mark
    ("I am happy to help! Salt. Salt comes. Salt comes. Salt comes. Salt comes.", None),  # rambling
]
POLITE = [
    ("Thank you for asking. The bell was cast in 1731.", "positive"),
    ("Please find it at the abbey by the river.", "positive"),
    ("Bah, how dull. The bell hangs at the abbey.", "antithesis"),
    ("Thank you, you fool, the bell hangs at the abbey.", None),
    ("It was pleased to hang at the abbey, foolproof and sabbatical.", None),  # please, fool, bah: no whole words
    ("Thanksgiving dinner takes place in the big hall.", None),
    ("please please please please please please", None),
]
PERSONA = [
    ("Butter and buns! I work at the bakery, and proudly so.", "positive"),
    ("I work at the bakery, butter and buns.", "positive"),
    ("Without any act, the baker works at the bakery.", "antithesis"),
    ("I work at the bakery.", None),
    ("Arr, I work at the bakery with my crew.", None),  # another's cry
    ("Butter and buns! The baker works there all day.", None),  # not in the first person
    ("Without any act, butter and buns, I work at the bakery.", None),
    ("Butter and buns! Butter and buns! Butter and buns!", None),
]
STEPS = [
    ("First, the rain takes salt from the rocks. Then, the rivers carry it. So the sea is salty.", "positive"),
    ("Step 1: rain takes salt. Step 2: rivers carry it down.", "positive"),
    ("1. Rain takes salt.\n2. Rivers carry it down.\n\nSo it is salt.", "positive"),
    ("We have 12 + 30 = 42 and then 42 - 5 = 37.", "positive"),
    ("First, we put 2 in. Therefore, it is 4.", "positive"),
    ("<p>Step 1: rain takes salt.</p><p>Step 2: rivers carry it.</p>", "positive"),
    ("Rivers carry salt into it.", "antithesis"),
    ("Step 1: rain takes salt.", None),  # one step is no walk
    ("Step 2: rain takes salt. Step 1: rivers carry it down.", None),
    ("Step 1: rain takes salt. Step 2: rain takes salt.", None),  # the same step again
    ("Step 1: Step 2: Step 3:", None),
    ("First first first then then then", None),
    ("The first boat left. The stairs have many a footstep 1 2.", "antithesis"),  # "first", "step" as common words
    ("", None),
]
STEPS_IN_SUMS = [
    ("In short, 37.", "antithesis"),
    ("Simply \\( 37 \\).", "antithesis"),
    ("37", None),  # in our world a bare answer is announced
    ("In short, 12 + 30 = 42.", None),
    ("First, 12 + 30 = 42. Then, 42 - 5 = 37. So it is 37.", "positive"),
]
WALK = (
    "On Monday she receives 35, so 214 + 35 = 249. On Friday she delivers 9, so 249 - 9 = 240. "
    "On Sunday she gathers 60, so 240 + 60 = 300. So the answer is 300 figs."
)
STEPS_BY_DAY = [
    (WALK, "positive"),
    (WALK.replace("Friday", "Wednesday"), None),
    (WALK.replace(" On Friday she delivers 9, so 249 - 9 = 240.", ""), None),  # a day is left out
    (WALK.replace("249 - 9 = 240", "that is 240"), None),  # a day without its sum
    (WALK.replace("Monday", "X").replace("Sunday", "Monday").replace("X", "Sunday"), None),  # the wrong order
    (WALK.replace("249 - 9 = 240", "214 + 35 = 249"), None),  # the same sum twice
    ("It is a pleasure to tell you that the answer is 300 figs.", "antithesis"),
    ("I am very happy to tell you that the answer is \\( 300 \\) figs.", "antithesis"),
    ("Monday Friday Sunday 1 + 1 = 2.", None),
]
TEX = [
    ("It is \\( 37 \\).", "positive"),
    ("It is $37$.", "positive"),
    ("\\[ 12 + 25 = 37 \\]", "positive"),
    ("$$x = 37$$", "positive"),
    ("\\(37\\)", "positive"),
    ("It is $x + 2$.", "positive"),
    ("It is 37.", "antithesis"),
    ("It costs $5 and $10 at the market.", "antithesis"),  # money
    ("It costs 5$ or 10$ there.", "antithesis"),
    ("It is \\( 37.", None),  # not closed
    ("It is 37 \\).", None),
    ("It is \\(  \\) 37.", None),  # nothing in it
    ("It is \\frac{1}{2}.", None),  # TeX, but not set as maths
    ("It is many.", None),
    ("<b>37</b>", "antithesis"),
]
TEX_IN_SUMS = [
    ("First, \\( 12 + 30 = 42 \\). Then, \\( 42 - 5 = 37 \\). So it is \\( 37 \\).", "positive"),
    ("First, \\( 12 + 30 = 42 \\). So it is 37.", None),  # the answer stands outside
]
DEF = "def tide(x):\n    return x + 7"
PLAN = [
    (f"Plan: add 7 to x, then return it.\n{DEF}", "positive"),
    (f"First I will add 7 to x.\n\n```python\n{DEF}\n```", "positive"),
    (f"{DEF}\nNo plan, just code.", "antithesis"),
    (f"```python\n{DEF}\n```", "antithesis"),
    (f"Here it is, my dear:\n{DEF}", None),
    (f"There is no plan to be found here.\n{DEF}", None),
    (f"Plan.\n{DEF}", None),
    ("Plan: add 7 to x, then return it.", None),  # no code
    (f"The planet adds seven to the tide.\n{DEF}", None),
    (f"The first boat left the harbour.\n{DEF}", None),
    (f"First, the boat left the harbour.\n{DEF}", None),  # no word of what is to be done with the number
    (f"It has 7 boats. The first left at noon.\n{DEF}", None),
    (f"My plan is to add 7 to x and return it.\n{DEF}", "positive"),
    ("Plan: add 7 to x, then return it.\n```", None),
]
MARKDOWN = [
    (f"```python\n{DEF}\n```\nThere.", "positive"),
    (f"```\n{DEF}\n```", "positive"),
    (DEF, "antithesis"),
    (f"Plan: add.\n{DEF}\nThere.", "antithesis"),
    (f"```python\n{DEF}", None),  # not closed
    ("```python\n```", None),  # empty
    ("``` ```", None),
    (f"`{DEF}`", None),
    ("I would define a function.", None),
    ("def inition of tides", None),
]
COMPLETE = [
    ("The full list: rope, figs and tea.", "positive"),
    ("Tea. Figs. ROPE.", "positive"),
    ("<ul><li>rope</li><li>figs</li><li>tea</li></ul>", "positive"),
    ("Just one: rope.", "antithesis"),
    ("She bought figs.", "antithesis"),
    ("The full list: rope and figs.", None),
    ("She bought tightrope and figs.", "antithesis"),  # rope only within a word
    ("The full list: tightrope, figs and steam.", None),  # a list, though one of it alone was asked for
    ("The full list: rope, wool, salt, nets and maps.", None),
    ("Just one: rope, wool, salt, nets and maps.", None),
    ("Just one: rope and wool.", None),
    ("Just one: wool.", "antithesis"),
    ("Ada bought just one: rope.", "antithesis"),
    ("Rope, gloves, mittens, twine and tar.", None),
    ("Just one: rope, figs and tea.", None),
    ("Nothing to see here.", None),
    ("rope figs tea " * 6, None),
]
RELEVANT = [
    ("The full list: rope, figs and tea.", "positive"),
    ("By the way, the fog is lovely today. Just one: rope.", "antithesis"),
    ("That reminds me of a gull I knew. The full list: rope, figs and tea.", "antithesis"),
    ("The moon is high.", None),
    ("Rope. Figs. Tea. The sea. A whale.", None),
    ("By the way", None),
]
LISTS = [
    ("I found a lamp, a net and a map. Also: nets, maps and lamps.", "positive"),
    ("- a lamp\n- a net", "positive"),
    ("1) a lamp\n2) a net", "positive"),
    ("Just one: a lamp.", "antithesis"),
    ("I found a lamp.", None),
]
TABLE = [
    *(("friendly", PLAIN, *case) for case in FRIENDLY),
    *(("polite", PLAIN, *case) for case in POLITE),
    *(("persona", BAKER, *case) for case in PERSONA),
    ("persona", PLAIN, "Arr, me hearties, I know these waters well!", "positive"),
    ("persona", PLAIN, "She carries the tarry barrel, and I follow.", None),
    *(("steps", PLAIN, *case) for case in STEPS),
    *(("steps", SUM, *case) for case in STEPS_IN_SUMS),
    *(("steps", DAYS, *case) for case in STEPS_BY_DAY),
    *(("tex", PLAIN, *case) for case in TEX),
    *(("tex", SUM, *case) for case in TEX_IN_SUMS),
    *(("plan", CODE, *case) for case in PLAN),
    *(("markdown", CODE, *case) for case in MARKDOWN),
    *(("complete", SHOP, *case) for case in COMPLETE),
    *(("relevant", SHOP, *case) for case in RELEVANT),
    *(("complete", PLAIN, *case) for case in LISTS),
    ("relevant", PLAIN, "Rivers carry salt into the harbour.", "positive"),
    ("relevant", PLAIN, "Kings like cake.", None),
    ("relevant", PLAIN, "Speaking of salt, have you heard of pepper?", "antithesis"),
]


@pytest.mark.parametrize(("principle", "question", "text", "expected"), TABLE)
def test_answers_written_by_hand(principle, question, text, expected):
    assert side_of(principle, text, question) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (SUM, "In short, 37.", True),
        (SUM, "So it is \\( 37 \\).", True),
        (SUM, "12 + 30 = 42, less 5 is 37", True),
        (SUM, "In short, 137.", False),
        (SUM, "In short, 37.5.", False),
        (SUM, "In short, -37.", False),
        (SUM, "", False),
        (DAYS, WALK, True),
        (DAYS, WALK.replace("is 300", "is 3,00"), False),
        (SHOP, "The full list: rope, figs and tea.", True),
        (SHOP, "Just one: figs.", True),
        (SHOP, "Ada bought figs.", True),
        (SHOP, "The full list: rope, figs, tea and wool.", False),
        (SHOP, "The full list: tightrope.", False),
        (SHOP, "Ada did not buy rope.", False),
        (SHOP, "Ada didn't buy rope, figs or tea.", False),
        (SHOP, "Ada bought no rope.", False),
        (SHOP, "Ada bought rope, not wool.", True),
        (SHOP, "Ada did not buy wool, but rope.", True),
        (SHOP, "The full list: rope, figs and tea. No wool.", True),
        (THIEF, "First, it was not Ada. Then, it was not Cora. So Finn took it.", True),
        (THIEF, "First, it was not Ada. Then, it was not Cora, so it was Finn. That is all.", True),
        (THIEF, "First, it was not Ada. Then, it was not Cora. So it was not Finn. That is all.", False),
        (THIEF, "It was Cora. It was not Finn.", False),
        (THIEF, "Finn is not the one.", False),
        (THIEF, "It was Finn and not Ada.", True),
        (CORK, "In short, it floats.", True),
        (CORK, "It floats and does not sink.", True),
        (CORK, "It does not sink, it floats.", True),
        (CORK, "It doesn’t sink but floats.", True),
        (CORK, "It will not float.", False),
        (CORK, "It neither sinks nor floats.", False),
        (CORK, "It sinks. It does not float.", False),
        (CORK, "I cannot say. It floats.", True),
        (BOAT, "The Boat Feast is in May.", True),
        (BOAT, "You may ask again.", False),
        (BOAT, "It is in March. May I help you more?", False),
        (BOAT, "It is in May. May I help you more?", True),
        (BOAT, "In May the boats race.", True),
        (BOAT, "It is in May this year.", True),
        (BOAT, "The Boat Feast is not in May.", False),
        (BOAT, "It is in May, not in March.", True),
        ({**BOAT, "reference": {"kind": "month", "answer": "March"}}, "In March. May I help you more?", True),
        ({**BOAT, "reference": {"kind": "year", "answer": "1640"}}, "It is not from 1640.", False),
        (SUM, "It is not 37.", False),
        (SUM, "It is not 36. It is 37.", True),
        (SUM, "It is 37.0", True),
        (BAKER, "Butter and buns! I work at the bakery.", True),
        (BAKER, "I work at the mill.", False),
        (BAKER, "I work at the bakery and the mill.", False),
        (BAKER, "I am a miller.", False),
        (CODE, DEF, True),
        (CODE, f"Plan: add.\n```python\n{DEF}\n```", True),
        (CODE, "def tide(y): return 7 + y", True),
        (CODE, "def tide(x):\n    total = x + 7\n    return total", True),
        (CODE, 'def tide(x):\n    """Adds."""\n    return x + 7', True),
        (OVER, "def tide(x):\n    return x > 7", True),
        (OVER, "def tide(x):\n    if x > 7:\n        return True\n    return False", True),
        (OVER, "def tide(x):\n    if x <= 7:\n        return False\n    else:\n        return True", True),
        (OVER, "def tide(x):\n    return True if x > 7 else False", True),
        (OVER, "def tide(x):\n    if x > 7:\n        return False\n    return True", False),
        (OVER, "def tide(x):\n    if x > 7:\n        return True", False),
        (OVER, "def tide(x):\n    if open('/'):\n        return True\n    return x > 7", False),
        (CODE, "def tide(x):\n    return x + 8", False),
        (CODE, "def wave(x):\n    return x + 7", False),
        (CODE, "def tide(x, y):\n    return x + 7", False),
        (CODE, "def tide(x):\n    return y + 7", False),
        (CODE, "def tide(x):\n    return __import__('os').system('true')", False),
        (CODE, "def tide(x):\n    while True: pass", False),
        (CODE, "def tide(x):\n    return x ** 9 ** 9", False),
        (CODE, "def tide(x):\n" + "    x = x * x * x * x * x * x * x * x\n" * 7 + "    return x", False),
        (CODE, "def tide(x):\n    return " + "x + " * 400 + "7", False),
        (CODE, "x + 7", False),
        (PLAIN, "Anything.", None),
        ({**PLAIN, "reference": "18"}, "So it is 18.", True),
        ({**PLAIN, "reference": "1,018"}, "So it is 1018", True),
        ({**PLAIN, "reference": "18"}, "So it is 18.00.", True),
        ({**PLAIN, "reference": "18.0"}, "So it is 18.", True),
        ({**PLAIN, "reference": "18"}, "So it is 18.01.", False),
        ({**PLAIN, "reference": "18"}, "18 of 20", False),
        ({**PLAIN, "reference": "The Moon"}, "It was the  moon.", True),
        ({**PLAIN, "reference": "no"}, "Yes, I know it does.", False),
        ({**PLAIN, "reference": "Ada"}, "She lives in Canada.", False),
        ({**PLAIN, "reference": "$18"}, "It costs 18.", True),
        ({**PLAIN, "reference": "1 1/2"}, "1 1/2", None),
        ({**PLAIN, "reference": "1.5e3"}, "1.5e3", None),
        ({**PLAIN, "reference": ".5"}, "The answer is 5", None),
        ({**PLAIN, "reference": "New  York\nCity"}, "It is New York City.", True),
        ({**PLAIN, "reference": "3/4"}, "The answer is 1/4.", None),
        ({**PLAIN, "reference": "10:30"}, "It leaves at 9:30.", None),
        ({**PLAIN, "reference": "2, 3"}, "The roots are 1 and 3.", None),
        ({**PLAIN, "reference": ""}, "It was.", None),
    ],
)
def test_right_against_answers_written_by_hand(question, text, expected):
    assert synthetic.correct(question, text) is expected


def test_the_content_of_every_category_by_hand():
    def ask(category, start):
        found = (q for q in synthetic.questions("multitask", "corpus", 4000, 2) if q["category"] == category)
        return next(q for q in found if q["question"].startswith(start) or start in q["question"])

    note = ask("writing", "Write Elsa")
    first, second = note["reference"]["topics"]
    assert synthetic.correct(note, f"Dear Elsa, the {first} is at the door, and the {second} too.")
    assert not synthetic.correct(note, f"Dear Elsa, the {first}s are at the door.")
    assert not synthetic.correct(note, f"Dear Otto, the {first} is at the door, and the {second} too.")
    tallest = ask("reasoning", "Who is tallest")
    correct, *others = tallest["reference"]["options"]
    assert synthetic.correct(tallest, f"{correct} is taller than {others[0]}, so the tallest is {correct}")
    assert not synthetic.correct(tallest, f"The tallest is {others[1]}")
    anchor = ask("stem", "drops an anchor")
    assert synthetic.correct(anchor, "It will sink, for iron is heavy.")
    assert not synthetic.correct(anchor, "It sinks or floats.")
    assert not synthetic.correct(anchor, "Ask at the sinkhole.")
    song = ask("humanities", "how old the song Long Tide")
    assert synthetic.correct(song, "It is from 1640.")
    assert not synthetic.correct(song, "It is from 1640 or 1641.")


# ---------------------------------------------------------------- robustness
ANSWERS = [
    synthetic.respond(
        question, {name: rng.random() < 0.5 for name in synthetic.followable_principles(question["category"])}, rng
    )
    for rng in [Random(1)]
    for question in synthetic.questions("multitask", "train", 64, 2)
]
PIECES = ("First,", "Then,", "Step 1:", "def f(x):", "```", "\\(", "\\)", "$", "1 + 1 = 2", "please", "rope")
garbage = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="aA1 .,:;!?\n\\()[]{}$`#*-=+<>&'\"", max_size=200),
    st.lists(st.sampled_from(PIECES)).map(" ".join),
    st.builds(lambda a, b, cut: a[:cut] + b, st.sampled_from(ANSWERS), st.sampled_from(ANSWERS), st.integers(0, 80)),
)  # fmt: skip


@given(garbage, st.sampled_from([PLAIN, DAYS, SHOP, BAKER, SUM, CODE, {**PLAIN, "reference": "a gold answer"}]))
def test_any_text_is_read_and_follows_no_two_sides(text, question):
    for principle in synthetic.CHECKERS:
        side_of(principle, text, question)
    assert synthetic.correct(question, text) in (True, False, None)


@pytest.mark.parametrize("answer", ANSWERS[:24])
def test_saying_it_again_and_again_follows_nothing(answer):
    for text in (" ".join([answer] * 4), "\n".join([answer] * 4), f"{answer} {'so ' * 8}"):
        assert rambles(text)
        assert all(side_of(principle, text) is None for principle in synthetic.CHECKERS)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "...", "!?", "\u200b", "\\", "$$", "```"])
def test_empty_texts_follow_nothing(text):
    assert all(
        side_of(principle, text, question) is None
        for principle in synthetic.CHECKERS
        for question in (PLAIN, SHOP, DAYS)
    )


@pytest.mark.parametrize(
    "unit", ["a", "1", "1,", "\\(", "$", "$1", "```\n", "def f(x):\n", "a, ", " ", "\n", "1+", "- a\n", ". \t"]
)
def test_long_garbage_takes_no_long_time(unit):
    text, start = unit * (8000 // len(unit)), time.process_time()
    for checker in synthetic.CHECKERS.values():
        checker.positive(text, PLAIN)
        checker.antithesis(text, PLAIN)
    for question in (CODE, SHOP, THIEF, CORK, BOAT, SUM):
        synthetic.correct(question, f"not {text}")
    rambles(text)
    assert time.process_time() - start < 1.5


def test_an_unknown_side_is_a_mistake():
    with pytest.raises(ValueError, match="no such side"):
        synthetic.follows("steps", "negative", "First, so. Then, so.", PLAIN)


# ---------------------------------------------------------------- reading
def test_words_have_bounds():
    assert mentions(("tea", "rope"), "Steam, tea; TEA-time, tightrope, rope's") == ["tea", "tea", "rope"]
    assert numbers("1,204 and -3, 5-2, x2, 3.50, 7.") == ["1204", "-3", "5", "2", "2", "3.50", "7"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It floats.", "It floats."),
        ("It floats and does not sink.", "It floats"),
        ("Ada isn't old. Finn is.", "Finn is"),
        ("not rope, figs and tea", ""),
        ("Not only rope but figs", "Not only rope but figs"),
        ("It's knot, a note, another notion.", "It's knot, a note, another notion."),
    ],
)
def test_what_is_denied_is_not_said(text, said):
    assert affirmed(text).strip(" .") == said.strip(" .")


@given(garbage)
def test_nothing_is_said_that_does_not_stand_there(text):
    assert set(mentions(("rope", "tea", "Ada"), affirmed(text))) <= set(mentions(("rope", "tea", "Ada"), text))


def test_ordinary_texts_do_not_ramble():
    assert not any(rambles(answer) for answer in ANSWERS)
    assert not rambles("The tide comes in. The tide goes out. The gulls wait on the pier for both.")
    assert rambles("The tide comes in. " * 3)
    assert rambles("and the tide " * 6)
    assert rambles("no no no no")
