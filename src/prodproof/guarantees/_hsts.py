"""Reads a Strict-Transport-Security value (RFC 6797, 6.1)."""

import re

YEAR = 31536000
HSTS = "strict-transport-security"
_DIRECTIVE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^\s;\"]*))\s*)?")


def parsed(value: str) -> dict[str, str] | None:
    """The directives, names in lower case; None where the value is not valid, which browsers ignore."""
    found: dict[str, str] = {}
    for part in value.split(";"):
        if not part.strip():
            continue
        match = _DIRECTIVE.fullmatch(part)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = match[2] if match[2] is not None else match[3] or ""
    age = found.get("max-age")
    return found if age is not None and age.isascii() and age.isdigit() and len(age) < 20 else None
