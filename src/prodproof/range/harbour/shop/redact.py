"""Takes what could be a secret out of everything that is logged or told to the error tracker.

Names do not help here: a token stands in an exception's text, in a path, in a database's message. So whatever has the
shape of one goes: a run of twenty characters or more with capital and small letters and digits.
"""

import logging
import re
from typing import Any

_RUN = re.compile(r"[A-Za-z0-9_+=%-]{20,}")
_HIDDEN = "[redacted]"
_FIELDS = ("cookies", "data", "env", "headers", "query_string")
"""Of a request: what an event never carries, whatever is in it."""

_KEPT_HEADERS = ("Host", "User-Agent")


def redacted(text: str) -> str:
    """The text without anything that has the shape of a secret."""
    return _RUN.sub(_hidden, text)


def _hidden(match: re.Match[str]) -> str:
    run = match[0]
    kinds = (str.isupper, str.islower, str.isdigit)
    return _HIDDEN if all(any(kind(letter) for letter in run) for kind in kinds) else run


class RedactingFormatter(logging.Formatter):
    """The usual lines, traceback included, redacted last: nothing that comes after could bring a value back."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def scrub(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """What Sentry may get of an event: for `before_send`."""
    request = event.get("request", {})
    headers = {name: request.get("headers", {}).get(name) for name in _KEPT_HEADERS}
    for name in _FIELDS:
        request.pop(name, None)
    if request:
        request["headers"] = {name: value for name, value in headers.items() if value}
    return _without(event)


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(item) for item in value]
    return value
