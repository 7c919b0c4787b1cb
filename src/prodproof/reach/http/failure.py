"""Why an HTTP exchange failed: the true reason out of a chain of exceptions, in one harmless line."""

import re
import ssl

import httpx

from prodproof.facts import Reason, Unseen
from prodproof.reach.stream import explain

_GOES_ON = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_PLAIN = re.compile(r"[^\x20-\x7e]+")


class NotTrustedError(Exception):
    """The certificate was refused; the message says why."""


def why(error: BaseException, host: str) -> Unseen:
    """The true reason behind a failed exchange. Raises NotTrustedError for a certificate that was refused."""
    # Wanting to read or write is how a handshake goes on; why it ended is another cause.
    causes = [cause for cause in _causes(error) if not isinstance(cause, _GOES_ON)]
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise NotTrustedError(_line(cause.verify_message or cause.reason or "not valid"))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            detail = (cause.reason or str(cause)).replace("_", " ").lower()
            return Unseen(Reason.UNREACHABLE, f"{host}: the TLS handshake failed ({_line(detail)})")
    if isinstance(error, httpx.ProxyError):
        return Unseen(Reason.UNREACHABLE, f"{host}: the proxy refused ({_line(str(error))})")
    if isinstance(error, httpx.TimeoutException):
        return Unseen(Reason.TIMED_OUT, f"{host} did not answer in time")
    if isinstance(error, httpx.ProtocolError):
        return Unseen(Reason.INCOMPLETE, f"{host} does not answer in valid HTTP ({_line(str(error))})")
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno is not None:
            unseen = explain(cause)
            return Unseen(unseen.why, f"{host}: {unseen.detail}")
    return Unseen(Reason.UNREACHABLE, f"{host}: the connection failed ({_line(str(error)) or type(error).__name__})")


def _causes(error: BaseException) -> "list[BaseException]":
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(found) < 20:
        item = waiting.pop()
        if item is None or item in found:
            continue
        found.append(item)
        waiting += [item.__cause__, item.__context__, *getattr(item, "exceptions", ())]
    return found


def _line(text: str) -> str:
    return _PLAIN.sub(" ", text).strip()[:120]
