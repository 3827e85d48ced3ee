"""Calls of an OpenAI-compatible server: patient with a busy one, short with one that refuses."""

import json
import os
import sys

from mialign.core.errors import InputError
from mialign.core.retry import ATTEMPTS, MalformedResponse, explain_delay, is_transient, retry_delay

TIMEOUT = 600  # seconds for one answer
SECRET = 12  # characters from which on a key is one; shorter words satisfy servers that ask for none


def key_in(variable: str) -> str:
    """The key that an environment variable holds, or "" if it is not set; InputError for what cannot be sent."""
    key = os.environ.get(variable, "").strip()
    if not key.isascii() or any(character.isspace() for character in key):
        raise InputError(
            f"the environment variable {variable} holds spaces, line breaks or characters that no key has; set it anew"
        )
    return key


def clean(said, key: str):
    """What a server sent (text, or a record that JSON can hold), as UTF-8 can keep it and without the key.

    Half a character would end the job when it is written, and each further one after it was paid for again.
    """
    text = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace").decode()
    return json.loads(text.replace(json.dumps(key)[1:-1], "[key]") if len(key) >= SECRET else text)


class Client:
    """A server at `url`; `variable` names the environment variable that holds its key, if it wants one.

    InputError if that is not set. The key is read here and goes nowhere but to the server.
    """

    def __init__(self, url: str, variable: str = "", attempts: int = ATTEMPTS, timeout: float | None = None):
        import openai

        key = key_in(variable) if variable else "none"
        if not key:
            raise InputError(f"{url} wants a key: put it into the environment variable {variable}")
        self.url, self.variable, self.attempts, self._key = url, variable, attempts, key
        self.openai = openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=timeout or TIMEOUT)

    def ask(self, call):
        """call(openai client), repeated while the server is busy, silent or breaks off; InputError in the end."""
        import openai
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        attempts = Retrying(
            retry=retry_if_exception(_is_transient),
            wait=retry_delay,
            stop=stop_after_attempt(self.attempts),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return attempts(call, self.openai)
        except (openai.OpenAIError, MalformedResponse, ValueError, RecursionError) as error:
            if not _is_transient(error):
                raise InputError(f"{self.url} refuses: {self._refusal(error)}") from None
            raise InputError(
                f"{self.url} gave no usable answer in {self.attempts} attempts ({_name(error)}); see that it runs, and "
                "give the same command again: what has been answered is kept"
            ) from None
        except (AttributeError, TypeError):  # the openai package takes a page of HTML, for instance, for an answer
            raise InputError(
                f"{self.url} answers, but not in the form of OpenAI's API; see that the address is right: it mostly "
                "ends in /v1"
            ) from None

    def clean(self, said):
        """What the server sent, without the key (see clean)."""
        return clean(said, self._key)

    def _refusal(self, error) -> str:
        status = getattr(error, "status_code", None)
        if status in (401, 403):  # such a message may repeat a part of the key
            wanted = f"see that the key in {self.variable} is right" if self.variable else "it wants a key (server.key)"
            return f"status {status}; {wanted}"
        return self.clean(str(error))[:300]

    def _tell(self, state) -> None:
        print(f"{self.url}: {explain_delay(state)}", file=sys.stderr, flush=True)


def _is_transient(error: BaseException) -> bool:
    """Whether it may go better the next time; an answer was cut short, or is nested without end."""
    return is_transient(error) or isinstance(error, (ValueError, RecursionError))


def _name(error: BaseException) -> str:
    status = getattr(error, "status_code", None)
    return (
        f"status {status}" if status else str(error) if isinstance(error, MalformedResponse) else type(error).__name__
    )
