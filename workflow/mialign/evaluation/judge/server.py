"""A judge on a server that speaks OpenAI's chat completions: OpenAI itself, or for instance `vllm serve`.

What was answered is in the response cache before anything else is done with it. Requests that failed for a passing
reason are sent again, later and later. A key stands in the environment only: no message of ours holds it, and of a
text that the server sends it is taken out.
"""

import asyncio
import sys
from pathlib import Path

from mialign.core.client import clean, key_in
from mialign.core.errors import InputError
from mialign.core.progress import Progress
from mialign.core.retry import ATTEMPTS, MalformedResponse, explain_delay, is_transient, retry_delay
from mialign.core.token_usage import OncePerProcess
from mialign.evaluation.judge import Judge, authors_protocol, cost
from mialign.evaluation.judge.chat_request import ChatRequest, send
from mialign.evaluation.judge.position_swap import Answer, PairwiseJudge, judge_name
from mialign.evaluation.judge.prompt_template import load, read_verdict, unusable
from mialign.evaluation.judge.response_cache import ResponseCache
from mialign.evaluation.judge.settings import by_authors


def make(settings: dict, prompt_template: Path, where: dict, asked: Path) -> Judge:
    """The judge of a `judge` section of kind openai; `where` is its block `server`."""
    own = {key: settings[key] for key in ("model", "temperature", "top_p", "max_tokens")}
    own |= {key: settings.get(key) for key in ("revision", "seed")}
    server = JudgeServer(where, ResponseCache(asked), own["model"])

    def ask(messages: list[list[dict]]) -> list[dict]:
        return server.answers([ChatRequest(messages=one, **own) for one in messages])

    model = own["model"] + (f"@{own['revision']}" if own["revision"] else "")
    if by_authors(settings):
        prompts = authors_protocol.load(prompt_template)
        return authors_protocol.AuthorsJudge(judge_name(model, settings, prompts.texts), prompts, ask)
    template = load(prompt_template)
    name = judge_name(model, settings, template.texts)
    return PairwiseJudge(name, template, lambda messages: [_answer(record) for record in ask(messages)])


def _answer(record: dict) -> Answer:
    reason = unusable(record["text"], record.get("finish"), record.get("aside", []))
    return Answer(None if reason else read_verdict(record["text"]), record["text"], reason)


class JudgeServer:
    """`where`: its base_url, price, ceiling, requests (at a time), timeout, and key (a variable) if it wants one."""

    def __init__(self, where: dict, asked: ResponseCache, model: str):
        self.where, self.asked, self.model = where, asked, model
        self.pending = 0.0  # dollars that requests under way may cost
        self.unknown = OncePerProcess()

    def answers(self, requests: list[ChatRequest]) -> list[dict]:
        """The record of the answer to each request; only those are sent that were never answered before."""
        keys = [request.key for request in requests]
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in self.asked}
        self._announce(len(set(keys)), list(missing.values()))
        if missing:
            asyncio.run(self._ask(missing))
        return [self.asked[key] for key in keys]

    # ------------------------------------------------------------ cost
    @property
    def spent(self) -> float:
        """Dollars that all answers kept so far have cost, by the server's own count of tokens."""
        return cost.dollars(self.where["price"], *self.asked.spent(self.model))

    def _at_most(self, request: ChatRequest) -> float:
        return cost.at_most(self.where["price"], request.messages, request.max_tokens)

    def _announce(self, total: int, missing: list[ChatRequest]) -> None:
        rest, ceiling = sum(map(self._at_most, missing)), self.where["ceiling"]
        print(
            f"{self.model}: {total} requests, {total - len(missing)} of them answered before; the others cost at most "
            f"about ${rest:.2f}; spent in this run ${self.spent:.2f}, ceiling ${ceiling:.2f}",
            file=sys.stderr,
            flush=True,
        )
        if missing and self.spent + rest > ceiling:
            raise InputError(
                f"{self.model}: the {len(missing)} requests left cost up to about ${rest:.2f}; with ${self.spent:.2f} "
                f"spent that may exceed the ceiling of ${ceiling:.2f}. Raise server.ceiling of every judge of this "
                "model (all need the same number), or ask for less; nothing has been sent"
            )

    def _reserve(self, request: ChatRequest) -> float:
        """Dollars set aside for a request; other jobs may have spent meanwhile."""
        amount = self._at_most(request)
        if self.spent + self.pending + amount > self.where["ceiling"]:
            raise InputError(
                f"{self.model}: the ceiling of ${self.where['ceiling']:.2f} is reached (${self.spent:.2f} spent); "
                "raise server.ceiling of every judge of this model (all need the same number) and run the workflow "
                "again; it goes on from here"
            )
        self.pending += amount
        return amount

    # ------------------------------------------------------------ requests
    async def _ask(self, missing: dict[str, ChatRequest]) -> None:
        """Every answer that comes is kept; at the first failure that does not pass no further request is sent."""
        from openai import AsyncOpenAI, OpenAIError

        secret, slots, failed = self._secret(), asyncio.Semaphore(self.where["requests"]), []
        progress = Progress(self.model, len(missing), "requests answered")

        def tell(state) -> None:
            progress.tell(explain_delay(state))

        async def one(key: str, request: ChatRequest) -> None:
            async with slots, self.asked.exclusive(key):
                if failed or key in self.asked:
                    return
                try:
                    record = await self._record(client, key, request, lambda: bool(failed), tell)
                    self.asked.add(clean(record, secret))
                    progress.add(1)
                except (OpenAIError, MalformedResponse) as error:
                    failed.append(_explain(error, clean(str(error), secret), self.model, self.where))
                except InputError as error:
                    failed.append(str(error))

        client = AsyncOpenAI(
            api_key=secret, base_url=self.where["base_url"], timeout=self.where["timeout"], max_retries=0
        )
        async with client:
            await asyncio.gather(*(one(key, request) for key, request in missing.items()))
        print(f"{self.model}: spent in this run ${self.spent:.2f}", file=sys.stderr, flush=True)
        if failed:
            kept = sum(key in self.asked for key in missing)
            raise InputError(f"{failed[0]} ({kept} of {len(missing)} requests were answered and are kept)")

    async def _record(self, client, key: str, request: ChatRequest, given_up, tell) -> dict:
        """The record of an answer; the last failure if there is none in the end. Long pauses are told."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        amount = self._reserve(request)
        retrying = AsyncRetrying(
            retry=retry_if_exception(is_transient),
            wait=retry_delay,
            stop=lambda state: given_up() or stop_after_attempt(ATTEMPTS)(state),
            before_sleep=tell,
            reraise=True,
        )
        record = await retrying(send, client, request)
        self.pending -= amount
        tokens = record.pop("usage")
        if tokens is None:
            self.unknown.warn(
                f"{self.model}: the server does not say how many tokens an answer took; each is taken to have cost the "
                "most that it may"
            )
            tokens = [cost.tokens_of(request.messages), request.max_tokens]
        return {"key": key, "model": self.model, "tokens": tokens, **record}

    def _secret(self) -> str:
        """The key; a word that is none for a server that wants none."""
        variable = self.where.get("key", "")
        if secret := key_in(variable) if variable else "none":
            return secret
        raise InputError(
            f"{self.model}: the environment variable {variable} is not set; put the key of the server into it"
        )


def _explain(error: Exception, message: str, model: str, where: dict) -> str:
    """What a person can do about it, in one line; `message` is the error's own, without the key."""
    from openai import APIStatusError

    server, detail = f"{model}: the server at {where['base_url']}", " ".join(message.split())[:300]
    if not isinstance(error, APIStatusError):
        return f"{server} gives no answer ({detail}); see that it runs, and run the workflow again"
    match error.status_code:
        case 401 | 403:
            # Without what it said, which may repeat a part of the key.
            if "key" not in where:
                return f"{server} wants a key; put it into an environment variable and name that (server.key)"
            return f"{server} refuses the key in {where['key']}; put a valid one into that variable"
        case 404:
            return f"{server} has no such model or address ({detail}); mend model or server.base_url of this judge"
        case 429:
            return f"{server} lets no more through ({detail}); raise the limit there, or lower its server.requests"
        case status if status >= 500:
            return f"{server} is broken ({detail}); run the workflow again when it is mended"
    return f"{server} refuses a request ({detail}); mend what it names under judge, or take a judge that takes it"
