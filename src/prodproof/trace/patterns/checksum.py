"""Tests that a token can pass or fail by itself: checksums of providers, and inner structure."""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Final

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62(number: int, width: int) -> bytes:
    """A number in base 62 (digits, upper case, lower case), padded with zeros on the left."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(width, "0").encode()


def github_sum(body: bytes) -> bytes:
    """The last six characters of GitHub's tokens (and npm's), over what stands between prefix and them.

    Source: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    return base62(zlib.crc32(body.partition(b"_")[2]), 6)


def grafana_sum(body: bytes) -> bytes:
    """The eight hexadecimal digits after the last `_` of a Grafana service account token (`body` ends before it).

    Source: pkg/components/satokengen in Grafana's repository
    """
    return zlib.crc32(body).to_bytes(4, "little").hex().encode()


def is_github(token: bytes) -> bool:
    return len(token) > 10 and github_sum(token[:-6]) == token[-6:]


def is_grafana(token: bytes) -> bool:
    body, _, end = token.rpartition(b"_")
    return grafana_sum(body) == end.lower()


def unbase64(text: bytes) -> bytes | None:
    """The bytes that base64 or base64url text stands for, with or without padding; None if it is neither."""
    text = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    if len(text) % 4 == 1:
        return None
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def is_jwt(token: bytes) -> bool:
    """Whether it is a signed JSON Web Token (RFC 7519): the header is an object with an `alg` other than `none`."""
    parts = token.split(b".")
    header = _json(parts[0])
    if len(parts) < 3 or not isinstance(header, dict):
        return False
    algorithm = header.get("alg")
    claims = _json(parts[1])
    if not isinstance(algorithm, str) or algorithm.lower() == "none" or not isinstance(claims, dict):
        return False
    # The ones that every tutorial copies.
    return claims.get("name") != "John Doe" and claims.get("sub") != "1234567890"


def password_of(token: bytes) -> bytes | None:
    """The password in base64 text that holds `user:password` (RFC 7617); None if it does not."""
    text = unbase64(token)
    if text is None or b":" not in text or any(byte < 32 or byte == 127 for byte in text):
        return None
    return text.partition(b":")[2] or None


def is_json(token: bytes) -> bool:
    """Whether base64 text holds a JSON object."""
    return isinstance(_json(token), dict)


def _json(text: bytes) -> object:
    decoded = unbase64(text)
    try:
        return json.loads(decoded) if decoded else None
    except (ValueError, RecursionError):
        return None


CHECKS: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "github-crc32": is_github,
    "grafana-crc32": is_grafana,
    "jwt": is_jwt,
    "basic": lambda token: password_of(token) is not None,
    "base64-json": is_json,
}
"""By the name that rules use; each takes the secret (group 1) and says whether it can be a real one."""

SUMS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "github-crc32": github_sum,
    "grafana-crc32": lambda body: grafana_sum(body.removesuffix(b"_")),
}
"""What comes after a token's body to make its checksum right; for examples."""
