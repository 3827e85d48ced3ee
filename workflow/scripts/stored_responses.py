"""Take the answers that come with the benchmark questions as those of a policy, to compare methods with."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.models import checkpoints
from mialign.models.encoding import encode_response


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of the model whose tokens are counted")
    parser.add_argument("--questions", type=Path, nargs="+", required=True, help="questions/{source}.jsonl")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--temperatures", type=float, nargs="+", required=True, help="those of the others' answers")
    parser.add_argument("--out", type=Path, required=True, help="responses/{experiment}/stored/seed{n}.jsonl")


def main(args: Namespace) -> None:
    """One record a prompt and temperature: the same answer stands beside greedy and sampled ones."""
    found = [one for path in args.questions for one in read_jsonl(path, required=("id", "stored"))]
    stored, tokenizer = {one["id"]: one["stored"] for one in found}, checkpoints.load_tokenizer(args.tokenizer)
    records = []
    for prompt in read_jsonl(args.prompts, required=("id", "question_id", "category")):
        if prompt["question_id"] not in stored:
            raise InputError(f"{args.prompts}: {prompt['id']} is of none of the questions; delete it, and run again")
        text = stored[prompt["question_id"]]
        about = {"prompt_id": prompt["id"], **{key: prompt[key] for key in ("question_id", "category")}}
        # As a model that wrote it would have counted them: with the token that ends it.
        records.append({**about, "text": text, "finish": "eos", "tokens": len(encode_response(tokenizer, text)) + 1})
    write_jsonl(args.out, ({**one, "temperature": at} for at in args.temperatures for one in records))
