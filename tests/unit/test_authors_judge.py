"""The authors' judge, replayed on files of the form that they released: what is asked, in which order, what is read.

The texts here are made up. The order is drawn by a generator that is written out below. The rates are those of the
released verdicts: 43 wins, 31 losses and 6 ties are 57.5 %; 43, 32 and 5 are 56.875 %.
"""

import hashlib
import json
import re

import pytest

from judged import SECRET, server_settings
from mialign.core import retry
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import authors, authors_judge, sources
from mialign.evaluation.judge import Case
from mialign.evaluation.judge.authors_protocol import AuthorsPrompts, load, read_verdict
from mialign.evaluation.judge.factory import make_judge
from mialign.evaluation.judge.settings import deciding, with_defaults
from mialign.evaluation.metrics import KINDS
from mialign.evaluation.statistics.bootstrap import Bootstrap
from scripted_server import answer, serving
from scripts import authors_judge as stage
from scripts import authors_responses, authors_verdicts, fetch_authors_file, judge, score

GRADING = '''
import no_such_module
SYSTEM_MESSAGE = "You weigh."
MT_GRADING_PROMPT_SINGLE_TURN = """Rules, {{as given}}:
{constitution}
Asked: {question}
A) {answer_a}
B) {answer_b}
Final Response: <A or B>"""
raise SystemExit("this file is parsed and never run")
'''
FREE = 'MT_GRADING_PROMPT = """{question} | {answer_a} | {answer_b} | [[A]] or [[B]]"""\n'
EVALUATION = """
def main(found):
    for place, text in enumerate(found):
        found[place] = text or "[Nothing came.]"
"""
CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
QUESTIONS = [f"Question {number}, with {{braces}}?" for number in range(80)]
WORDS = {"dpo": "Long", "sft": "Short", "sami": "Kind"}
FIRST_TWELVE = [1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1]


def mersenne_twister(seed: int, number: int) -> list[int]:
    """The last bits of the first numbers (at most 624) of MT19937, as its authors define it."""
    state = [seed]
    for place in range(1, 624):
        state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + place) % 2**32)
    for place in range(624):
        joined = (state[place] & 0x80000000) | (state[(place + 1) % 624] & 0x7FFFFFFF)
        state[place] = state[(place + 397) % 624] ^ (joined >> 1) ^ (0x9908B0DF if joined & 1 else 0)
    bits = []
    for word in state[:number]:
        word ^= word >> 11
        word ^= (word << 7) & 0x9D2C5680
        word ^= (word << 15) & 0xEFC60000
        bits.append((word ^ (word >> 18)) & 1)
    return bits


FIRSTS = [("baseline", "test")[bit] for bit in mersenne_twister(1, 80)]


def counted(wins: int, losses: int, ties: int) -> list[float]:
    """So many scores, mixed: a win, a loss and a tie in turn while there are some of each left."""
    left, found = {1: wins, 0: losses, 0.5: ties}, []
    while any(left.values()):
        for one in left:
            if left[one]:
                left[one] -= 1
                found.append(one)
    return found


SCORES = {"dpo": counted(43, 31, 6), "sami": counted(43, 32, 5)}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The authors' files in their form, and the prompts of a benchmark of their questions."""
    monkeypatch.setitem(authors.listing(), "first_turns", hashlib.sha256("\0".join(QUESTIONS).encode()).hexdigest())
    for name, text in (("grading", GRADING), ("free", FREE), ("evaluation", EVALUATION)):
        (tmp_path / f"{name}.py").write_text(text)
        released = authors.listing()["judge"][name]
        monkeypatch.setitem(authors.listing()["files"], released, hashlib.sha256(text.encode()).hexdigest())
    for method, word in WORDS.items():
        columns = {
            "constitution": [f"1. Rule {number}.\n2. And that." for number in range(80)],
            "question": QUESTIONS,
            "category": [CATEGORIES[number // 10] for number in range(80)],
            "response": [f"{word} answer {number}, {{question}}." for number in range(80)],
        }
        numbered = {name: {str(number): one for number, one in enumerate(column)} for name, column in columns.items()}
        (tmp_path / f"{method}.json").write_text(json.dumps(numbered, indent=2))
    for method, scores in SCORES.items():
        triples = [[one, 10 + number, 20 + number] for number, one in enumerate(scores)]
        (tmp_path / f"{method}-vs-sft.json").write_text(json.dumps(triples, indent=4))
    prompts = [
        {"id": f"m/{number}", "question_id": f"q{number}", "category": CATEGORIES[number // 10], "question": question,
         "reference": None, "constitutions": [{"principles": [["ours", "positive"]], "text": "1. Ours."}]}
        for number, question in enumerate(QUESTIONS)
    ]  # fmt: skip
    write_jsonl(tmp_path / "prompts.jsonl", prompts)
    return tmp_path


def texts(files) -> dict[str, str]:
    return authors_judge.prompts(**theirs(files))


def rate(path) -> float:
    """The win rate, in %, on the principle-aware axis over all categories, by the stage's code."""
    rows = KINDS["comparisons"].rows([str(path)], Bootstrap(resamples=50))
    return next(
        row["value"]
        for row in rows
        if (row["metric"], row["axis"], row["category"]) == ("win_rate", "principle-aware", "all")
    )


# ---------------------------------------------------------------- their verdicts
@pytest.mark.parametrize(("method", "expected"), [("dpo", 57.5), ("sami", 56.875)])
def test_released_verdicts_give_the_published_rates(files, run_stage, method, expected):
    out = files / f"verdicts/multitask.authors/{method}-vs-sft/seed42.jsonl"
    run_stage(
        authors_verdicts, answers=files / "sft.json", verdicts=files / f"{method}-vs-sft.json",
        prompts=files / "prompts.jsonl", out=out,
    )  # fmt: skip
    assert rate(out) == pytest.approx(expected, abs=1e-9)


def test_the_files_themselves_give_the_published_rate(authors_files, tmp_path, run_stage):
    """SAMI's verdicts are not among the files in that folder."""
    fields = {"id": "question_id", "question": "turns.0", "category": "category"}
    entry = {"file": "mt_bench_question.jsonl", "fields": fields}
    prompts = (
        {**one, "id": f"m/{one['id']}", "question_id": one["id"]}
        for one in sources.questions("q", entry, authors_files)
    )
    write_jsonl(tmp_path / "prompts.jsonl", prompts)
    out = tmp_path / "verdicts/multitask.authors/dpo-vs-sft/seed42.jsonl"
    run_stage(
        authors_verdicts, answers=authors_files / "released_responses_SFT.json",
        verdicts=authors_files / "released_verdicts_DPO-vs-SFT.json", prompts=tmp_path / "prompts.jsonl", out=out,
    )  # fmt: skip
    assert rate(out) == pytest.approx(57.5, abs=1e-9)


# ---------------------------------------------------------------- what is asked
def test_every_question_is_asked_once_on_each_axis_as_their_code_asks(prepared, asked):
    """Five by hand: their constitution and answers; A is the test where their draw is 1, the baseline where it is 0."""
    prepared()
    bodies, records = asked(lambda body, times: answer("Final Response: A"))
    sent = {"model": "made-up-2024-08-06", "temperature": 0.0, "top_p": 0.9, "max_tokens": 200}
    assert len(bodies) == 80 * 2
    assert all({key: value for key, value in body.items() if key != "messages"} == sent for body in bodies)
    for axis in ("principle-aware", "principle-free"):
        assert [one["first"] for one in records if one["axis"] == axis] == [[first] for first in FIRSTS]
    assert (FIRSTS.count("test"), FIRSTS[:12]) == (43, [("baseline", "test")[drawn] for drawn in FIRST_TWELVE])
    system = {"role": "system", "content": "You weigh."}
    found = [body["messages"] for body in bodies]
    for number, drawn in enumerate(FIRST_TWELVE[:5]):
        long, short = f"Long answer {number}, {{question}}.", f"Short answer {number}, {{question}}."
        first, second = (long, short) if drawn else (short, long)
        question = f"Question {number}, with {{braces}}?"
        user = (
            f"Rules, {{as given}}:\n1. Rule {number}.\n2. And that.\nAsked: {question}\nA) {first}\nB) {second}\n"
            "Final Response: <A or B>"
        )
        assert [system, {"role": "user", "content": user}] in found
        free = f"{question} | {first} | {second} | [[A]] or [[B]]"
        assert [system, {"role": "user", "content": free}] in found


def test_an_answer_without_text_is_replaced_by_their_note(files):
    """And an answer of ours, which names no constitution, is judged by that of its prompt."""
    case = Case("principle-aware", read_jsonl(files / "prompts.jsonl")[3], {"text": " \n"}, {"text": "Short."})
    _, asked = AuthorsPrompts(texts(files)).messages(case, "baseline")
    assert "\n1. Ours.\nAsked: Question 3, with {braces}?\nA) Short.\nB) [Nothing came.]\n" in asked["content"]


# ---------------------------------------------------------------- how it is read
@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("A is better.\n\nFinal Response: B", "B"),
        ("Final Response: 'A'", "A"),
        ("Final Response: A\n\nFinal Response: B", "A"),  # what follows a second mark does not count
        ("Final Response:\nFinal Response: B", None),
        ("Final Response: **B** because it is clear", "B"),
        ("Final Response: Assistant A", "A"),
        ("Final Response: Assistant B", None),  # the A of Assistant counts too
        ("Final Response: Both", "B"),
        ("Final Response: A or B", None),
        ("Final Response: a", None),
        ("Final Response: C", None),
        ("Final Response: ", None),
        ("final response: A", None),
        ("A", None),
        ("", None),
    ],
)
def test_the_letter_after_the_mark_as_their_code_reads_it(said, letter):
    assert read_verdict("principle-aware", said) == letter


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("B is short. [[A]]", "A"),
        ("[[B]] and again [[B]]", "B"),
        ("[[A]], no: [[B]]", None),
        ("[[A]] [[C]]", None),
        ("[[C]]", None),
        ("[A] Final Response: A", None),
        ("[[a]]", None),
    ],
)
def test_without_principles_the_letter_stands_in_double_brackets(said, letter):
    assert read_verdict("principle-free", said) == letter


# ---------------------------------------------------------------- a whole run of the stage
@pytest.fixture
def prepared(files, run_stage, monkeypatch):
    """A function that makes what a judge of the released answers needs, by the stages before it."""
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    monkeypatch.setattr(retry, "FIRST", 0.01)

    def run(method="dpo"):
        prompts = files / "prompts.jsonl"
        for side, one in (("test", method), ("baseline", "sft")):
            out = files / f"responses/{one}.jsonl"
            run_stage(authors_responses, answers=files / f"{one}.json", verdicts=files / f"{method}-vs-sft.json",
                      side=side, out=out, prompts=prompts)  # fmt: skip
            run_stage(score, responses=out, out=files / f"scores/{one}.jsonl", prompts=prompts)
        run_stage(stage, **theirs(files), out=files / "judge.json", prompts=prompts)

    return run


@pytest.fixture
def asked(files, run_stage, prepared):
    """A function that judges the released answers by a scripted server; gives the requests and the records."""

    def run(script, method="dpo", **changed):
        out = files / f"verdicts/multitask/{method}-vs-sft/seed42.jsonl"
        with serving(script) as server:
            settings = authors_settings(server.base_url)
            needed = {
                **sides(files, method),
                "prompt-template": files / "judge.json",
                "prompts": files / "prompts.jsonl",
            }
            run_stage(
                judge, settings=json.dumps(deciding(settings)), server=json.dumps(settings["server"]), out=out,
                asked=files / "asked.jsonl", **(needed | changed),
            )  # fmt: skip
            return list(server.bodies), read_jsonl(out)

    return run


def theirs(files) -> dict:
    return {name: files / f"{name}.py" for name in ("grading", "free", "evaluation")}


def sides(files, method: str) -> dict[str, list]:
    return {what: [files / f"{what}/{one}.jsonl" for one in (method, "sft")] for what in ("scores", "responses")}


def authors_settings(base_url: str) -> dict:
    whole = server_settings(base_url)
    return with_defaults({**{key: whole[key] for key in ("kind", "model", "server")}, "compat": "authors"})


def user(body: dict) -> str:
    return body["messages"][1]["content"]


def number_in(text: str) -> int:
    return int(re.search(r"Question (\d+)", text)[1])


def test_a_judge_that_decides_as_theirs_did_gives_the_published_rate(files, prepared, asked, capsys):
    """It looks which of two texts is A, as their judge did, and says what it says in odd ways."""
    scores = SCORES["sami"]

    def script(body, times):
        text = user(body)
        number = number_in(text)
        wins = text.index("Kind") < text.index("Short")  # whether A is the test
        letter = "A" if wins == (scores[number] == 1) else "B"
        if "Rules" not in text:
            return answer(f"I think [[{letter}]]")
        if scores[number] == 0.5:
            unclear = ["Final Response: Assistant B", "Final Response: C", "no", None, "Final Response: a"]
            return answer(unclear[number % 5], finish="length" if number % 2 else "stop")
        return answer(f"Well.\nFinal Response: {letter}", finish="length")  # cut off behind the letter: it counts

    prepared("sami")
    _, records = asked(script, "sami")
    aware = [record for record in records if record["axis"] == "principle-aware"]
    assert [record["verdict"] for record in aware] == [{1: "test", 0: "baseline", 0.5: "tie"}[one] for one in scores]
    assert all(("reasons" in record) is (record["verdict"] == "tie") for record in aware)
    assert [record["winners"] for record in aware] == [[{1: "test", 0: "baseline", 0.5: None}[one]] for one in scores]
    assert rate(files / "verdicts/multitask/sami-vs-sft/seed42.jsonl") == pytest.approx(56.875, abs=1e-9)
    told = re.findall(r"judge: (\d+) of 160 answers count half: (.*)", capsys.readouterr().err)
    assert sum(int(count) for count, _ in told) == scores.count(0.5)
    assert {"cut off at max_tokens; raise max_tokens of the judge"} < {reason for _, reason in told}


def test_the_answers_are_kept_apart_from_those_of_another_protocol(files, prepared, asked):
    """One file of what was asked serves both; neither finds what the other had, and a second run sends nothing."""

    def script(body, times):
        return answer("Final Response: A\nVerdict: B")

    prepared()
    first, records = asked(script)
    one = server_settings("http://127.0.0.1:9/v1")
    ours = make_judge(one, one["prompt_template"], one["server"], files / "asked.jsonl", None, 0)
    case = Case("principle-aware", read_jsonl(files / "prompts.jsonl")[0], {"text": "Long."}, {"text": "Short."})
    with pytest.raises(InputError, match=r"gives no answer .*0 of 2 requests were answered"):
        ours.verdicts([case])
    second, again = asked(script)
    assert (len(first), second, again) == (160, [], records)
    assert records[0]["judge"].startswith("made-up-2024-08-06#")
    assert records[0]["judge"] != ours.name


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("grading", "SYSTEM_MESSAGE", "MESSAGE", r"grading\.py: SYSTEM_MESSAGE is missing \(there are MESSAGE, MT_"),
        ("grading", "MT_GRADING", "GRADING", r"MT_GRADING_PROMPT_SINGLE_TURN is missing \(there are SYSTEM_M"),
        ("free", "MT_GRADING", "GRADING", r"free\.py: MT_GRADING_PROMPT is missing \(there are GRADING_PROMPT\)"),
        ("grading", "{answer_b}", "{answer_c}", "answer_a, answer_b, constitution, question are needed; there are "
         "answer_a, answer_c, constitution, question"),
        ("grading", "{constitution}", "", "constitution, question are needed; there are answer_a, answer_b, question"),
        ("free", "{question}", "{constitution}", "answer_b, question are needed; there are .*constitution"),
        ("free", "{question}", "{question.__class__}", r"there are answer_a, answer_b, question\.__class__"),
        ("free", "{question}", "{question!r}", "MT_GRADING_PROMPT: the fields .* are needed"),
        ("free", "{question}", "{question", r"free\.py: MT_GRADING_PROMPT: "),
        ("free", "= ", "= (", r"free\.py, line 1: not Python"),
        ("evaluation", 'or "', '+ "', "one text behind an `or` is needed, .*found 0"),
    ],
)  # fmt: skip
def test_files_in_another_form_are_refused(files, name, old, new, message):
    path = files / f"{name}.py"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=message):
        texts(files)


@pytest.mark.parametrize("what", ["grading", "free", "evaluation"])
def test_a_file_with_another_checksum_is_not_taken(files, run_stage, what):
    """Neither when it is fetched nor, if it was changed afterwards, when it is used."""
    path, refused = authors.listing()["judge"][what], "its sha256 is .* and not [0-9a-f]{64}: the file was changed"
    (files / path).parent.mkdir(parents=True, exist_ok=True)
    (files / path).write_text("X = 'y'")
    with pytest.raises(InputError, match=refused):
        run_stage(fetch_authors_file, path=path, base="http://127.0.0.1:9/", folder=files, out=files / "taken.py",
                  sha256=authors.listing()["files"][path], origin=files / "taken.origin")  # fmt: skip
    assert not (files / "taken.py").exists()
    changed = theirs(files) | {what: files / path}
    with pytest.raises(InputError, match=refused):
        run_stage(stage, **changed, prompts=files / "prompts.jsonl", out=files / "judge.json")
    assert not (files / "judge.json").exists()


@pytest.mark.parametrize(
    "change",
    [lambda asked: asked[:79], lambda asked: [asked[1], asked[0], *asked[2:]], lambda asked: [*asked[:79], asked[0]]],
)
def test_another_benchmark_is_refused_before_any_training(files, run_stage, change):
    write_jsonl(files / "prompts.jsonl", change(read_jsonl(files / "prompts.jsonl")))
    with pytest.raises(InputError, match=r"prompts\.jsonl: compat: authors draws .* are others or in another order"):
        run_stage(stage, **theirs(files), prompts=files / "prompts.jsonl", out=files / "judge.json")


def test_answers_in_another_order_are_not_judged(files, prepared, asked):
    """The stage before saw the right questions; what is judged is looked at again before anything is sent."""
    prepared()
    write_jsonl(files / "turned.jsonl", read_jsonl(files / "scores/dpo.jsonl")[::-1])
    with pytest.raises(InputError, match="these 80 questions are others or in another order"):
        asked(lambda body, times: pytest.fail("sent"), scores=[files / "turned.jsonl", files / "scores/sft.jsonl"])


def test_a_file_of_prompts_that_the_stage_did_not_write_is_refused(tmp_path):
    (tmp_path / "judge.json").write_text('{"system": "x"}')
    with pytest.raises(InputError, match=r"judge\.json: the keys system, .* are needed here; the stage authors_judge"):
        load(tmp_path / "judge.json")
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        load(tmp_path / "none.json")


def test_the_listing_says_where_the_prompts_stand_and_what_mt_bench_is(root):
    listing = authors.listing()
    assert all(listing["files"][path] for path in listing["judge"].values())
    path = root.parent / "shared/data/mt_bench_question.jsonl"
    if not path.exists():
        pytest.skip("MT-Bench is not here: it is taken from a folder shared/data beside the repository")
    authors_judge.check_questions(json.loads(line)["turns"][0] for line in path.read_text().splitlines())
