"""Generation by an OpenAI-compatible server: its completions endpoint is sent the ids of the prompt.

The folder of the model holds its tokenizer and config.json, so that prompts are cut into tokens and measured as
everywhere else. Stop phrases are sent, and looked for in what comes: some servers ignore them, some return the phrase.
A server ends at the EOS of its model. If other tokens end answers too, they are sent as stop_token_ids, which vLLM
knows and the API of OpenAI has not: that of a chat template beside a conversation, and those of generation_config.json.
The server's count of tokens is taken for a text that stays as it came. The tokenizer counts those of a text that is cut
here, and of all texts of a server whose counts cannot be right.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from mialign.core.client import Client
from mialign.core.retry import MalformedResponse
from mialign.core.token_usage import OncePerProcess, is_token_count
from mialign.generation.engine import Completion, Report, Request, RuntimeOptions, Sampling
from mialign.generation.stop_phrases import cut, ends
from mialign.models import checkpoints
from mialign.models.encoding import encode
from mialign.models.prompt_ids import encode_fitting


class ServerEngine:
    """The model `name` of the server at runtime.url, asked for runtime.batch.completions at a time."""

    def __init__(self, folder: Path, name: str, runtime: RuntimeOptions):
        self.tokenizer, self.context = checkpoints.load_tokenizer(folder), checkpoints.context(folder)
        known = (folder / "generation_config.json").exists()  # config.json may be of a type that only the server knows
        self.generation = checkpoints.generation_settings(folder) if known else None
        self.name, self.together = name, runtime.batch.completions
        self.client, self.unknown = Client(runtime.url, runtime.key), OncePerProcess()

    def shards(
        self, shards: list[list[Request]], sampling: Sampling, report: Report
    ) -> Iterator[tuple[int, list[list[Completion]]]]:
        """Here shards come in the order in which they are done, and after an error those that are still on the way."""
        # Tokenizers are not made for several threads: this one alone encodes, and counts. A prompt that is too long is
        # refused before any is paid for.
        prompts = [[self._encode(request, sampling) for request in shard] for shard in shards]
        failures: list[BaseException] = []

        def work(number: int) -> list[list[Completion]] | None:
            if failures:
                return None
            try:
                asked = zip(prompts[number], shards[number], strict=True)
                return [[self._complete(prompt, seed, sampling) for seed in request.seeds] for prompt, request in asked]
            except Exception as error:
                failures.append(error)

        with ThreadPoolExecutor(self.together) as pool:
            waiting = {pool.submit(work, number): number for number in range(len(shards))}
            try:
                for done in as_completed(waiting):
                    if (completions := done.result()) is not None:
                        yield waiting[done], [[self._counted(one) for one in many] for many in completions]
                        report(len(completions))
            except BaseException as error:  # what comes could not be kept, so nothing more is asked
                failures.append(error)
                raise
        if failures:
            raise failures[0]

    def _encode(self, request: Request, sampling: Sampling) -> dict:
        """What is sent of a prompt: its ids, and the tokens beside EOS that end its answer."""
        ids = encode_fitting(self.tokenizer, request.prompt, self.context, sampling.max_tokens)
        last = sorted(ends(self.tokenizer, self.generation, [request.prompt]) - {self.tokenizer.eos_token_id})
        return {"prompt": ids, **({"extra_body": {"stop_token_ids": last}} if last else {})}

    def _complete(self, prompt: dict, seed: int, sampling: Sampling) -> Completion:
        return self.client.ask(lambda openai: self._ask(openai, prompt, seed, sampling))

    def _ask(self, openai, prompt: dict, seed: int, sampling: Sampling) -> Completion:
        answer = openai.completions.create(
            model=self.name,
            **prompt,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            stop=list(sampling.stop) or None,
            seed=seed,
        )
        try:
            (choice,) = answer.choices
            text, finish = choice.text, choice.finish_reason
        except (AttributeError, TypeError, ValueError):
            raise MalformedResponse("an answer without one text") from None
        if not isinstance(text, str) or finish not in ("stop", "length"):
            raise MalformedResponse(f"an answer that ended by {finish!r}")
        if finish == "stop":
            # Servers that do not say which phrase it was cannot tell it from an end of the model's own.
            finish = "stop" if isinstance(getattr(choice, "stop_reason", None), str) else "eos"
        tokens = getattr(answer.usage, "completion_tokens", None)
        if not is_token_count(tokens) or not 0 < tokens <= sampling.max_tokens:
            self.unknown.warn(f"{self.client.url} does not say how many tokens an answer has; they are counted here")
            tokens = None
        if (before := cut(text, sampling.stop)) is not None:
            text, finish, tokens = before, "stop", None
        return Completion(self.client.clean(text), finish, tokens, seed)

    def _counted(self, one: Completion) -> Completion:
        """With the tokens of its text where the server's count is not known to be that."""
        if one.tokens is not None:
            return one
        return replace(one, tokens=len(encode(self.tokenizer, one.text)) + (one.finish == "eos"))
