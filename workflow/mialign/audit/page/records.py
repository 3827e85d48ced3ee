"""What models wrote and what was said of it: a run's records as columns, as many texts as the page can hold."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from mialign.audit.page import sample
from mialign.core.files import read_jsonl

# Folders of files STAGE/EXPERIMENT/POLICY/seedN.jsonl, and the fields of a record that the page may leave out.
STAGES = {
    "responses": ("text",),
    "attempts": ("text",),
    "scores": (),
    "rewards/responses": (),
    "verdicts": ("answers", "reasons"),
}
# Said once by the question; and the seed of each answer, which says nothing that its place does not.
ELSEWHERE = {"prompt_id", "question_id", "category", "seed"}


class Records:
    """All records below a results folder.

    questions: experiment -> the prompts of its benchmark, and of those that only answers name the id alone.
    columns: stage/experiment/policy -> seed -> field -> values, where `prompt` is an index into the questions.
    pairs: pairs/experiment/set[/seed] -> records. left_out: what the page could not hold, counted by kind.
    """

    def __init__(self, folder: Path, max_bytes: int = sample.MAX_BYTES):
        self.folder = folder
        self.questions: dict[str, list[dict]] = {}
        self.columns: dict[str, dict[str, dict[str, list]]] = defaultdict(dict)
        self.pairs: dict[str, list[dict]] = {}
        self.counts: Counter[str] = Counter()
        self._places: dict[str, dict[str, int]] = {}
        for path in sorted(folder.glob("prompts/*/benchmark.jsonl")):
            prompts = read_jsonl(path, ["id"])
            self.questions[path.parent.name] = prompts
            self._places[path.parent.name] = {prompt["id"]: at for at, prompt in enumerate(prompts)}
        for stage in STAGES:
            for path in sorted(folder.glob(f"{stage}/*/*/seed*.jsonl")):
                self._read(stage, path)
        for path in sorted(folder.glob("pairs/**/*.jsonl")):
            if "-" in path.stem:  # seedN-METHOD-RATE: `snakemake tuning` tried a rate with them
                continue
            name = path.relative_to(folder).with_suffix("").as_posix()
            self.pairs[name] = read_jsonl(path)
            self.counts["pairs"] += len(self.pairs[name])
        self.left_out = self._cut(max_bytes)

    def _read(self, stage: str, path: Path) -> None:
        records = read_jsonl(path, ["prompt_id", "temperature"])
        experiment, policy, seed = path.parts[-3], path.parts[-2], path.stem.removeprefix("seed")
        fields = list(dict.fromkeys(field for record in records for field in record if field not in ELSEWHERE))
        columns = {field: [record.get(field) for record in records] for field in fields}
        asked = asking(experiment)
        self.columns[f"{stage}/{experiment}/{policy}"][seed] = {
            "prompt": [self._place(asked, record) for record in records],
            **columns,
        }
        self.counts[stage] += len(records)

    def _place(self, experiment: str, record: dict) -> int:
        places = self._places.setdefault(experiment, {})
        if record["prompt_id"] not in places:
            places[record["prompt_id"]] = len(places)
            known = {key: record[key] for key in ("question_id", "category") if key in record}
            self.questions.setdefault(experiment, []).append({"id": record["prompt_id"]} | known)
        return places[record["prompt_id"]]

    def _cut(self, max_bytes: int) -> dict[str, int]:
        """Take out the texts that the page cannot hold; questions, scores, verdicts and what was extracted all stay."""
        sizes: Counter[tuple[str, ...]] = Counter()
        for experiment, columns, fields in self._texts():
            for place, *texts in zip(columns["prompt"], *(columns[field] for field in fields), strict=True):
                sizes["question", experiment, self._id(experiment, place)] += sum(map(_size, texts))
        for name, records in self.pairs.items():
            sizes |= {("pair", name, str(at)): _size(record) for at, record in enumerate(records)}
        kept = sample.drawn(sizes, max_bytes)
        left_out: Counter[str] = Counter(pairs=0, questions=sum(unit[0] == "question" for unit in sizes.keys() - kept))
        for experiment, columns, fields in self._texts():
            whole = [("question", experiment, self._id(experiment, place)) in kept for place in columns["prompt"]]
            for field in fields:
                columns[field] = [value if keep else None for value, keep in zip(columns[field], whole, strict=True)]
        for name, records in self.pairs.items():
            self.pairs[name] = [record for at, record in enumerate(records) if ("pair", name, str(at)) in kept]
            left_out["pairs"] += len(records) - len(self.pairs[name])
        return dict(left_out)

    def _texts(self) -> Iterator[tuple[str, dict[str, list], list[str]]]:
        """Of every file with texts: the experiment whose questions it has, its columns, and which of them are texts."""
        for name, seeds in self.columns.items():
            stage, experiment, _ = name.rsplit("/", 2)
            for columns in seeds.values():
                if fields := [field for field in STAGES[stage] if field in columns]:
                    yield asking(experiment), columns, fields

    def _id(self, experiment: str, place: int) -> str:
        return self.questions[experiment][place]["id"]


def asking(experiment: str) -> str:
    """The experiment whose questions were answered; a second judge's verdicts are under EXPERIMENT.JUDGE."""
    return experiment.partition(".")[0]


def _size(value: object) -> int:
    """Bytes, about, that a value takes in the page before it is compressed."""
    return len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else len(json.dumps(value))
