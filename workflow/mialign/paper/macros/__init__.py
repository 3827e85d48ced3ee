r"""Every number of the paper's text as a macro, named after what it measures.

A name is metric, experiment, method and baseline in capitals without spaces, then what is out of the ordinary
(category, axis, temperature, attempts): `winMultitaskSamiSft`, `accuracyMathsSftInTen`, `configModelsWeakCorpusSeed`.
So a new method or setting has its macros with no code. What was published has names that begin with `published`.

Each measured number comes in forms: the bare name is the value; with `Low`, `High` or `N` behind it the rest; with
`Rate` or `Points` the value, its unit and its interval; and `Sign` says in one word on which side of no effect the
interval lies: above, below, unclear or missing. Sentences that depend on the outcome are chosen by it (\bysign in the
paper).
"""
