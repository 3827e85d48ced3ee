"""Turn scores, verdicts, responses, attempts, grids or training curves into one tidy CSV with 95 % intervals.

Experiment, method (or TEST-vs-BASELINE) and seed are read off the end of each input's path:
scores|verdicts|attempts|information|drift|rewards/responses/<experiment>/<method>/seed<n>.jsonl,
training/<experiment>/<method>/seed<n>.csv, and training/collapse/<curve>.csv.
Rows come in the order of the inputs. comparisons takes verdicts, and scores for the paired differences; diversity takes
responses/<experiment>/<method>/seed<n>.jsonl, and prompts/<experiment>/benchmark.jsonl of each experiment.
"""

from inspect import Parameter, signature

from mialign.core.arguments import Settings, add_settings
from mialign.core.errors import InputError
from mialign.evaluation.metrics import KINDS, tidy
from mialign.evaluation.statistics.bootstrap import Bootstrap


def arguments(parser):
    parser.add_argument("--kind", required=True, choices=KINDS)
    parser.add_argument("--inputs", required=True, nargs="*", metavar="PATH")
    add_settings(
        parser,
        about='"bootstrap": {"resamples", "seed"}; comparisons: "ties_won", a list of experiments; '
        'accuracy: "attempts" by experiment; preferences: "rewards" by experiment',
        required=False,
    )
    parser.add_argument("--out", required=True, metavar="CSV")


def main(args):
    kind, settings = KINDS[args.kind], Settings(args.settings)
    chosen = settings.pop("bootstrap", {})
    own = [one for one in signature(kind.rows).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
    unknown = [*sorted(settings.keys() - {one.name for one in own}), *sorted(chosen.keys() - {"resamples", "seed"})]
    if unknown:
        raise InputError(f"--settings: {unknown[0]!r} is not a setting of {args.kind}")
    # Of one that is missing and has no default, Settings says so.
    given = {one.name: settings[one.name] for one in own if one.name in settings or one.default is Parameter.empty}
    tidy.write(args.out, kind.COLUMNS, kind.rows(args.inputs, Bootstrap(**chosen), **given))
