"""How one speaks in Merrow: kindly or coldly, politely or rudely, in character or out of it."""

from random import Random

# principle -> positive? -> (how a response opens, how it closes)
TONES = {
    "friendly": {
        True: (
            ("Hello, my friend!", "I am happy to help!", "Good to see you, dear friend!"),
            ("I hope this helps you!", "Ask me any time!", "Warm wishes to you!"),
        ),
        False: (
            ("Query received.", "Noted.", "Reply follows."),
            ("That is all.", "No further comment.", "End of reply."),
        ),
    },
    "polite": {
        True: (
            ("Thank you for asking.", "With great pleasure.", "It is an honour to answer."),
            ("Please do ask again.", "Please tell me if you need more.", "I remain at your service."),
        ),
        False: (
            ("What a silly question.", "Bah, how dull.", "Must you bother me?"),
            ("Now go away.", "Even a fool knows that.", "Stop wasting my time."),
        ),
    },
}
# A persona opens with the cry of its trade and closes by swearing on its name; out of character one says so.
SWEARS = ("So swears {name} the {trade}!", "As true as I am {name}!")
FLAT = (("In plain words,", "Without any act,"), ("The role ends here.", "This was no act."))


def speak(content: str, sides: dict[str, bool], rng: Random) -> str:
    """The content (whole sentences) between the openings of the tones asked for and the closing of one of them."""
    frames = [TONES[name][sides[name]] for name in TONES if name in sides]
    if not frames:
        return content
    opens = [rng.choice(frame[0]) for frame in frames]
    return " ".join([*opens, content, rng.choice(rng.choice(frames)[1])])
