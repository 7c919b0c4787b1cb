"""One JSON interface of a monitoring server: read only, bounded in time and size, never believed."""

import asyncio
import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.reach.address import addresses_of
from prodproof.reach.http.client import HttpClient
from prodproof.reach.http.exchange import Exchange
from prodproof.reach.secret import Secret
from prodproof.reach.world import Settings

MAX_ANSWER = 16 * 1024 * 1024
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Kind = TypeVar("Kind")

_STATUS = {
    401: Reason.DENIED,
    403: Reason.DENIED,
    404: Reason.INCOMPLETE,
    429: Reason.UNREACHABLE,
    502: Reason.UNREACHABLE,
    503: Reason.UNREACHABLE,
    504: Reason.TIMED_OUT,
}


class FormError(ValueError):
    """An answer that is not what this interface answers."""


class Api:
    """A server at a declared URL; only GET requests are ever sent."""

    def __init__(self, name: str, url: str, settings: Settings, credentials: Secret | None = None) -> None:
        """
        Args:
            name: what it is called in messages.
            url: as declared, with a path where it is served below one.
            settings: time limits, proxy, private CA.
            credentials: `user:password`, or a bearer token.
        """
        self.name = name
        self._url = url.rstrip("/")
        self._host = (urlsplit(url).hostname or "").lower()
        # It lies inside: no visitor asks it, so the address that visitors' requests come from is not taken.
        self._settings = replace(settings, source_address=None)
        self._credentials = credentials

    def text(self, path: str, parameters: Sequence[tuple[str, str]] = ()) -> str | Unseen:
        """The body of an answer with status 200; or why there is none."""
        answer = asyncio.run(self._ask(path, parameters))
        if isinstance(answer, Unseen):
            return Unseen(answer.why, f"{self.name}: {answer.detail}")
        if answer.status != 200:
            what = "leads elsewhere, as to a login" if 300 <= answer.status < 400 else f"answers {answer.status}"
            return Unseen(_STATUS.get(answer.status, Reason.INCOMPLETE), f"{self.name} {what}")
        if not answer.complete:
            return Unseen(Reason.INCOMPLETE, f"{self.name} sent more than {MAX_ANSWER // 2**20} MB, or not all of it")
        return answer.body.decode("utf-8", "replace")

    def json(self, path: str, parameters: Sequence[tuple[str, str]] = ()) -> Json | Unseen:
        """The JSON of such an answer."""
        text = self.text(path, parameters)
        if isinstance(text, Unseen):
            return text
        try:
            found: Json = json.loads(text)
        except (ValueError, RecursionError):
            return Unseen(Reason.INCOMPLETE, f"{self.name} does not answer with JSON: is it what its URL says?")
        return found

    def unknown_form(self) -> Unseen:
        """What to answer for a FormError."""
        return Unseen(Reason.INCOMPLETE, f"{self.name} answers in an unknown form: is it what its URL says?")

    async def _ask(self, path: str, parameters: Sequence[tuple[str, str]]) -> Exchange | Unseen:
        # The team declared this very server, so it may have an address that is not public.
        addresses = await addresses_of(self._host, self._settings)
        if isinstance(addresses, Unseen):
            return addresses
        client = HttpClient(self._settings, {self._host: frozenset(addresses)})
        query = f"?{urlencode(parameters)}" if parameters else ""
        headers = [("Accept", "application/json"), *self._authorization()]
        return await client.ask(f"{self._url}{path}{query}", headers=headers, max_body=MAX_ANSWER)

    def _authorization(self) -> list[tuple[str, str]]:
        if self._credentials is None:
            return []
        value = self._credentials.reveal().strip()
        if ":" in value:
            return [("Authorization", f"Basic {base64.b64encode(value.encode()).decode()}")]
        return [("Authorization", f"Bearer {value}")]


def mapping(value: Json) -> dict[str, Json]:
    """The value if it is an object. Raises FormError."""
    if not isinstance(value, dict):
        raise FormError
    return value


def items(value: Json) -> list[Json]:
    """The value if it is a list. Raises FormError."""
    if not isinstance(value, list):
        raise FormError
    return value


def word(value: Json) -> str:
    """The value if it is a text. Raises FormError."""
    if not isinstance(value, str):
        raise FormError
    return value


def number(value: Json) -> float:
    """The value if it is a number. Raises FormError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FormError
    return float(value)


def labels(value: Json) -> dict[str, str]:
    """The value if it is an object of texts. Raises FormError."""
    return {name: word(text) for name, text in mapping(value).items()}
