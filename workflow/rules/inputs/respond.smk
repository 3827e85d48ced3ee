"""Who answers the benchmark questions, and under which prompts."""

# Methods, and soups by the point of the grid whose weights they have: NAME.POINT.
ANSWERING = [*(METHODS - {policies.STORED}), *(re.escape(policy) for names in SOUPS.values() for policy in names)]


# Experiments that compare with the answers that come with their questions.
WITH_STORED = [name for name in JUDGED if policies.STORED in policies.compared(CONFIG["experiments"][name])]


def respond_settings(wildcards):
    """How answers are sampled; a soup answers only under the vector that it was merged by."""
    given = CONFIG["experiments"][wildcards.experiment]
    soup, _, point = wildcards.method.partition(".")
    under = {"preference": soup_vector(wildcards.experiment, point)} if point else {}
    return as_json({**given["respond"], **under})


def held_out_option(wildcards):
    """The principles that are scored apart, if there are any."""
    held_out = CONFIG["experiments"][wildcards.experiment].get("held_out", [])
    return ["--held-out", *held_out] if held_out else []
