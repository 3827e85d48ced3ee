"""Generation back ends behind one interface, Engine: requests and settings in, completions out."""
