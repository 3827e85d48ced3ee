"""What a verdict counts in a win rate: a tie is half a win, and an invalid verdict is in no rate.

The page for reviewers counts again by the same points (audit/page/assets/recount.js).
"""

POINTS = {"test": 1.0, "tie": 0.5, "baseline": 0.0, "invalid": None}
