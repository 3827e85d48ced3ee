"""Generation back ends behind one interface: generate(prompts, settings) -> completions."""
