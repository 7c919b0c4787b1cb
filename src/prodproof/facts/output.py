"""What a system writes and answers while something fails in it, searched for secrets."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.reason import Reason
from prodproof.facts.traced import Traced


class Way(StrEnum):
    """How a secret gets into a request."""

    AUTHORIZATION = "the Authorization header"
    HEADER = "another header"
    COOKIE = "a cookie"
    QUERY = "the query"
    FORM = "a form field"
    JSON = "a JSON body"
    PATH = "the path"
    TASK = "a job's argument"
    DATABASE = "a statement's value"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One canary: a made-up secret that is good for nothing."""

    way: Way
    to: str = ""
    """What it was sent to: `the path that fails`, `an unknown path`."""

    status: int | None = None
    """Of the answer; None where there was none, or it was not sent."""

    why: Reason | None = None
    """Why there was none."""

    detail: str = ""
    sent_on: bool = False
    """Answered by a redirect to another declared entry point."""

    seen_in: tuple[str, ...] = ()
    """Names of the logs in which the harmless mark that went with it turned up."""


@dataclass(frozen=True, kw_only=True)
class CameOut:
    """A canary where nobody should see it. It holds no value."""

    way: Way
    where: str
    """Name of the log; empty for an answer or a process."""

    place: str
    """File and line, `the 500 answer to ...`, `1234 gunicorn!cmdline`."""

    encoding: str = "plain"
    status: int | None = None
    """Of the answer that it came back in."""

    request_line: bool = False
    """It stands in a line of an access log, as a part of the address that was asked for."""

    context: str = ""
    """The line around it, with everything left out that could be a secret."""


@dataclass(frozen=True, kw_only=True)
class LogRead:
    """One declared log, read after the canaries were sent."""

    name: str
    kind: str
    why: Reason | None = None
    """Why it, or a part of it, could not be read."""

    detail: str = ""
    expected: bool = True
    """Whether requests to this entry point leave something in it."""

    marked: bool = False
    """The positive control: the harmless mark turned up; in a database's log, the error of the failing statement."""


@dataclass(frozen=True, kw_only=True)
class CanarySearch:
    """What became of the canaries that were sent to one entry point."""

    sent: tuple[Sent, ...]
    logs: tuple[LogRead, ...]
    came_out: tuple[CameOut, ...] = ()
    certificate_error: str | None = None


@dataclass(frozen=True, kw_only=True)
class LogSearch:
    """One declared log, searched for the very values of declared secrets."""

    traced: Traced
    parts: int
    """Files, or events."""


@dataclass(frozen=True, kw_only=True)
class ProcessSearch:
    """The command lines of the processes of this machine, searched for the very values of declared secrets."""

    traced: Traced
