"""Question records."""

from hashlib import blake2b


def record(category: str, question: str, kind: str, answer: object, **parts: object) -> dict:
    """A question with what is needed to answer and to check it; the id comes from the text."""
    digest = blake2b(question.encode(), digest_size=6).hexdigest()
    reference = {"kind": kind, "answer": str(answer), **parts}
    return {"id": f"{category}-{digest}", "category": category, "question": question, "reference": reference}


def own_reference(question: dict) -> dict:
    """The reference of a question of our world; empty for any other."""
    reference = question.get("reference")
    return reference if isinstance(reference, dict) and "kind" in reference else {}


def another(rng, choices, *taken):
    """One of the choices that is not taken."""
    while (choice := rng.choice(choices)) in taken:
        pass
    return choice
