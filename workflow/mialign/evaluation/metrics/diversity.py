"""How much the answers of a method differ from each other, and how much they copy from their prompts."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from mialign.core.files import read_jsonl
from mialign.core.seeds import derive
from mialign.evaluation.metrics.records import ItemTable, temperatures, with_prompts
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.ngrams import ngrams, words
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval
from mialign.evaluation.statistics.rates import Estimate

COLUMNS = ("experiment", "method", "temperature", "category", "metric", *ESTIMATE)
MOST_REFERENCES = 10  # that a response is held against; with more of them self-BLEU is higher, and takes longer
NGRAM = 8  # words of an n-gram that two texts do not share by accident


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from files of responses or solutions, and of the prompts of each experiment; all in %, of category "all".

    self_bleu: the mean over responses of the BLEU of each (sacrebleu, effective order) against the other responses of
    its category, at most MOST_REFERENCES of them, drawn by the seed of the bootstrap and the prompt alone, so that all
    methods are held against the same (Zhu et al. 2018, arXiv 1802.01886). 100: all alike. A response that is alone in
    its category has none.
    distinct_1, distinct_2: different words, or pairs of neighbouring words, of all (Li et al. 2016, arXiv 1510.03055).
    duplicates: responses whose text another response has too.
    copied: responses that repeat NGRAM words in a row, or more, of their question or constitution.
    All compare responses of one seed and one temperature, of several attempts the first; the value is the mean over
    seeds, and <metric>_seed<n> that of a seed. n counts the responses that are compared.

    Only `copied` has an interval, over prompts and seeds. The others have none: each response counts by what the others
    are, so a resample, which has responses twice, would find duplicates that nobody wrote; and the few seeds are too
    few to be resampled alone. What lies between seeds can be read off their own rows.
    """
    for experiment, method, seeds, asked in with_prompts(paths, ("prompt_id", "temperature", "text"), _asked):
        what = f"answers of {method} ({experiment})"
        for temperature in temperatures(seeds):
            at = {seed: list(_first(records, temperature, asked)) for seed, records in seeds.items()}
            keys = dict(zip(COLUMNS, (experiment, method, temperature, "all"), strict=False))
            for metric, estimate in _between(at, bootstrap.seed):
                yield keys | {"metric": metric} | estimate._asdict()
            copied = _copied(at, asked, what, bootstrap)
            yield keys | {"metric": "copied"} | copied._asdict()


def _first(records: list[dict], temperature: float, asked: dict[str, dict]) -> Iterator[dict]:
    """The first attempts at a temperature, each with the category of its question."""
    for record in records:
        if record["temperature"] == temperature and record.get("attempt", 0) == 0:
            yield record | {"category": asked[record["prompt_id"]]["category"]}


# ---------------------------------------------------------------- between responses
def _between(at: dict[int, list[dict]], seed: int) -> Iterator[tuple[str, Estimate]]:
    """The metrics that compare responses with each other: their means over seeds, then the values of each seed."""
    texts = {one: [record["text"] for record in at[one]] for one in sorted(at)}
    grouped = {one: _by_category(at[one]) for one in sorted(at)}
    measured = {
        "self_bleu": {one: (self_bleu(groups, seed), sum(map(len, groups))) for one, groups in grouped.items()},
        "distinct_1": {one: (distinct(found, 1), len(found)) for one, found in texts.items()},
        "distinct_2": {one: (distinct(found, 2), len(found)) for one, found in texts.items()},
        "duplicates": {one: (duplicates(found), len(found)) for one, found in texts.items()},
    }
    for metric, found in measured.items():
        values = [value for value, _ in found.values() if value is not None]
        mean = sum(values) / len(values) if values else None
        yield metric, Estimate(mean, None, None, sum(n for _, n in found.values()))
        for one, (value, n) in found.items():
            yield f"{metric}_seed{one}", Estimate(value, None, None, n)


def _by_category(records: list[dict]) -> list[list[dict]]:
    """The responses of each category that has several."""
    groups: dict[str, list[dict]] = {}
    for record in records:
        groups.setdefault(record["category"], []).append(record)
    return [group for group in groups.values() if len(group) > 1]


def self_bleu(groups: list[list[dict]], seed: int) -> float | None:
    """The mean BLEU, 0 to 100, of each response against others of its group; None without groups."""
    from sacrebleu.metrics import BLEU

    bleu, scores = BLEU(effective_order=True), []
    for group in groups:
        for record in group:
            others = [one for one in group if one is not record]
            if len(others) > MOST_REFERENCES:
                others = Random(derive(seed, "references", record["prompt_id"])).sample(others, MOST_REFERENCES)
            scores.append(bleu.sentence_score(record["text"], [one["text"] for one in others]).score)
    return sum(scores) / len(scores) if scores else None


def distinct(texts: list[str], n: int) -> float | None:
    """Different n-grams as a share of all n-grams, %; None if there is none."""
    found = [ngram for text in texts for ngram in ngrams(words(text), n)]
    return 100 * len(set(found)) / len(found) if found else None


def duplicates(texts: list[str]) -> float | None:
    """The share of texts that occur more than once, %; white space around them does not count."""
    counts = Counter(text.strip() for text in texts)
    return 100 * sum(count for count in counts.values() if count > 1) / len(texts) if texts else None


# ---------------------------------------------------------------- from prompts
def _copied(at: dict, asked: dict[str, dict], what: str, bootstrap: Bootstrap) -> Estimate:
    def repeats(record: dict) -> float:
        return float(not asked[record["prompt_id"]]["ngrams"].isdisjoint(_ngrams(record["text"])))

    values = ItemTable(at, what=what).values(repeats)
    return mean_with_interval(values, bootstrap, (0, 1), proportion=True).scaled(100)


def _asked(path: Path) -> dict[str, dict]:
    """By prompt id, the category of the question, and the n-grams that an answer could copy."""
    found = {}
    for record in read_jsonl(path, ("id", "category", "question", "constitutions")):
        texts = (record["question"], *(constitution["text"] for constitution in record["constitutions"]))
        found[record["id"]] = {"category": record["category"], "ngrams": set().union(*map(_ngrams, texts))}
    return found


def _ngrams(text: str) -> set[tuple[str, ...]]:
    return set(ngrams(words(text), NGRAM))
