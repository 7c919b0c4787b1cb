"""Who did what, when: one JSON object a line. Ids only; no names, addresses, tokens or contents."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

_LOGGER = logging.getLogger("audit")


class JsonLines(logging.Formatter):
    """Writes a record's event as one line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"at": at, **getattr(record, "event", {"what": record.getMessage()})})


def audit(who: Any, what: str, subject: object = None, outcome: str = "done") -> None:
    """Write one event.

    Args:
        who: a user, or the name of a service of ours.
        what: the act, as `order.placed`.
        subject: what it was done to, as `order:5`.
        outcome: `done`, `refused` or `failed`.
    """
    if not isinstance(who, str):
        kind = "staff" if getattr(who, "is_staff", False) else "customer"
        who = f"{kind}:{who.pk}" if getattr(who, "pk", None) else "anonymous"
    event = {"who": who, "what": what, "subject": subject, "outcome": outcome}
    _LOGGER.info(what, extra={"event": event})
