"""Whether PostgreSQL accepts a login, known by its own code and not by its words, which may be in any language."""

import os
import re
import select
import time

from psycopg import Error, pq

from prodproof.facts import Reason, Unseen
from prodproof.reach.rotation.credential import Attempt, Outcome

REFUSALS = ("28P01", "28000")
"""SQLSTATE invalid_password and invalid_authorization_specification: nothing else is a refusal."""

MAX_TRACE = 1024 * 1024
_CODE = re.compile(rb'^B\t\d+\tErrorResponse\t S "\w+"(?: V "\w+")? C "([0-9A-Z]{5})"', re.MULTILINE)
_WORDS = (("authentication failed", "28P01"), ("not permitted to log in", "28000"), ("no pg_hba.conf entry", "28000"))


def attempt(conninfo: str, seconds: float) -> Attempt | Unseen:
    """Log in, and out again.

    Args:
        conninfo: what libpq understands, the password included.
        seconds: until it is given up.
    """
    # The trace holds what was sent as well, so it stays in memory.
    memory = os.memfd_create("login", os.MFD_CLOEXEC)
    connection = None
    try:
        connection = pq.PGconn.connect_start(conninfo.encode())
        connection.trace(os.dup(memory))
        connection.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        if not _polled(connection, time.monotonic() + seconds):
            return Unseen(Reason.TIMED_OUT, f"PostgreSQL did not answer within {seconds:g} s")
        connection.untrace()
        if connection.status == pq.ConnStatus.OK:
            return Attempt(Outcome.ACCEPTED, "logged in")
        code = _code(memory, connection.error_message.decode("utf-8", "replace"))
    except (Error, OSError, ValueError):
        return Unseen(Reason.UNREACHABLE, "PostgreSQL cannot be reached")
    finally:
        if connection is not None:
            connection.finish()
        os.close(memory)
    if code in REFUSALS:
        return Attempt(Outcome.REFUSED, str(code))
    if code is not None:
        return Unseen(Reason.INCOMPLETE, f"PostgreSQL answers with error {code}, which is no refusal")
    return Unseen(Reason.UNREACHABLE, "PostgreSQL cannot be reached")


def _polled(connection: pq.abc.PGconn, until: float) -> bool:
    """Whether the login came to an end, good or bad, in time."""
    state = pq.PollingStatus.WRITING
    while state not in (pq.PollingStatus.OK, pq.PollingStatus.FAILED):
        left = until - time.monotonic()
        if left <= 0:
            return False
        try:
            descriptor = connection.socket
        except Error:  # it has none any more: the next poll says why
            descriptor = -1
        if descriptor >= 0:
            reading = state == pq.PollingStatus.READING
            select.select([descriptor] if reading else [], [] if reading else [descriptor], [], left)
        state = pq.PollingStatus(connection.connect_poll())
    return True


def _code(memory: int, message: str) -> str | None:
    data = os.pread(memory, MAX_TRACE, 0)
    codes = _CODE.findall(data)
    if codes:
        return str(codes[-1].decode())
    # Before version 14, libpq has no such trace; then English words are all there is.
    return next((code for words, code in _WORDS if words in message), None)
