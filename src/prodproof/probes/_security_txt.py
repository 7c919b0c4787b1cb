"""Reads a security.txt (RFC 9116). Pure; takes any bytes."""

import re
from datetime import UTC, datetime

MAX_LINES = 400
MAX_VALUE = 500
_MAIL = re.compile(r"mailto:[^\s@,?]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}(?:\?[^\s]*)?", re.IGNORECASE)
_TEL = re.compile(r"tel:\+?[0-9().\-]{5,}", re.IGNORECASE)
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def fields(text: str) -> tuple[tuple[str, str], ...]:
    """Names (lower case) and values, without comments and without a PGP signature's frame."""
    found = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MAX_LINES]
    if lines and lines[0].startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        lines = lines[1:]
    for line in lines:
        if line.startswith("-----BEGIN PGP SIGNATURE-----"):
            break
        name, separator, value = line.removeprefix("- ").partition(":")
        if separator and not line.lstrip().startswith("#"):
            found.append((name.strip().lower(), _HIDDEN.sub(" ", value).strip()[:MAX_VALUE]))
    return tuple(found)


def date_of(value: str) -> datetime | None:
    """An Expires value (RFC 3339), UTC; None for what is none."""
    try:
        parsed = datetime.fromisoformat(value.strip().upper())
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


def contact_problem(value: str) -> str | None:
    """What is wrong with the form of a Contact, or None; a URI with its scheme is asked for (RFC 9116, 2.5.3)."""
    lower = value.lower()
    if lower.startswith("mailto:"):
        return None if _MAIL.fullmatch(value) else "is not a mail address"
    if lower.startswith("tel:"):
        return None if _TEL.fullmatch(value) else "is not a telephone number"
    if lower.startswith("https://"):
        return None
    if lower.startswith("http://"):
        return "is a page without HTTPS"
    return "has no scheme (mailto:, https:// or tel:)"
