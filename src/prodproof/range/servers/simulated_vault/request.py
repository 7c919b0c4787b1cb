"""What is asked of Vault, and what it answers."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, *errors: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(status, errors)
        self.status, self.errors, self.data = status, list(errors), data


@dataclass(frozen=True)
class Asked:
    """One request."""

    operation: str
    """`read`, `list`, `update` (which creates, too), `patch`, `delete`."""

    path: str
    """Without `/v1/`."""

    data: dict[str, Any] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    remote: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """As it stands in the answer and in the audit log."""


@dataclass(frozen=True)
class Answered:
    """One answer; `body` stands for the whole of it where it has a form of its own."""

    data: dict[str, Any] | None = field(default=None, repr=False)
    auth: dict[str, Any] | None = field(default=None, repr=False)
    lease: str = ""
    lease_seconds: int = 0
    body: dict[str, Any] | None = None
    status: int = 200


def done() -> Answered:
    """Nothing to say."""
    return Answered(status=204)


def missing() -> RefusedError:
    """There is nothing at that path."""
    return RefusedError(404)


def unsupported() -> RefusedError:
    """The path exists, the operation does not."""
    return RefusedError(405, "1 error occurred:\n\t* unsupported operation\n\n")


def stamp(moment: datetime) -> str:
    """A time as Vault writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def seconds(value: object) -> int:
    """A duration: a number of seconds, or `24h`, `1h30m`. Raises RefusedError for anything else."""
    if value in (None, ""):
        return 0
    text = str(value)
    if text.isdecimal():
        return int(text)
    total, number = 0, ""
    for letter in text:
        if letter.isdecimal():
            number += letter
        elif letter in SECONDS and number:
            total, number = total + int(number) * SECONDS[letter], ""
        else:
            raise RefusedError(400, f"error converting input for field: not a duration: {text[:40]}")
    return total


def listed(value: object) -> list[str]:
    """A list, or a text of items with commas between them."""
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return [item.strip() for item in str(value or "").split(",") if item.strip()]
