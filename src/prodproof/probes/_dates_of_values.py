"""Dates that a value has in itself: certificates (RFC 5280) and JSON Web Tokens (RFC 7519)."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from prodproof.reach.secret import Secret

_TOKEN = re.compile(r"[\w-]{4,8192}\.[\w-]{4,32768}\.[\w-]{0,8192}", re.ASCII)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.{1,20000}?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Dates:
    """What a value says of itself; none of it is secret."""

    form: str = ""
    """`certificate`, `token`, or empty."""

    begins: datetime | None = None
    ends: datetime | None = None


def dates_of(value: Secret) -> Dates:
    """The dates of the first certificate of a chain, or of a token; none for everything else."""
    text = value.reveal()
    if found := _CERTIFICATE.search(text):
        return _of_certificate(found[0])
    return _of_token(text) if _TOKEN.fullmatch(text) else Dates()


def _of_certificate(text: str) -> Dates:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
        return Dates("certificate", certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except ValueError:
        return Dates()


def _of_token(text: str) -> Dates:
    try:
        head, body = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in text.split(".")[:2]
        )
        if not isinstance(head, dict) or not isinstance(body, dict) or "alg" not in head:
            return Dates()
        return Dates("token", _moment(body.get("iat")), _moment(body.get("exp")))
    except (ValueError, RecursionError):
        return Dates()


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(value, UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        return None
