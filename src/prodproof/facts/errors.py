"""What error answers give away."""

from dataclasses import dataclass

from prodproof.facts.reason import Reason


@dataclass(frozen=True)
class Trace:
    """A sign of something that strangers must not see; never the text itself."""

    kind: str
    """`stack-trace`, `debug-page`, `query`, `setting`, `path`, `version`, `personal`."""

    of: str
    """What gives it away: `Django`, `PostgreSQL`, `nginx`."""


@dataclass(frozen=True, kw_only=True)
class ErrorAnswer:
    """One provoked error."""

    how: str
    """What was sent, for a person."""

    status: int
    traces: tuple[Trace, ...] = ()
    interposed: str | None = None


@dataclass(frozen=True, kw_only=True)
class ErrorAnswers:
    """Errors that were provoked at one entry point, with its permission."""

    answers: tuple[ErrorAnswer, ...]
    lost: tuple[tuple[str, Reason, str], ...] = ()
    certificate_error: str | None = None
