"""TLS records by hand: greetings that today's OpenSSL no longer sends, and what servers answer to them.

Pure functions over bytes. Whatever a server sent, the readers return an `Answer` or ask for more bytes; they raise
`BadRecordError` and nothing else. Sources: RFC 8446 (TLS 1.3), RFC 5246 (1.2), RFC 6101 (SSL 3), the SSL 2 draft.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSION_NAMES = {SSL2: "SSLv2", SSL3: "SSLv3", TLS10: "TLSv1.0", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}

GROUP_NAMES = {
    1: "sect163k1",
    2: "sect163r1",
    3: "sect163r2",
    4: "sect193r1",
    5: "sect193r2",
    15: "secp160k1",
    16: "secp160r1",
    17: "secp160r2",
    18: "secp192k1",
    19: "secp192r1",
    20: "secp224k1",
    21: "secp224r1",
    22: "secp256k1",
    23: "secp256r1",
    24: "secp384r1",
    25: "secp521r1",
    26: "brainpoolP256r1",
    27: "brainpoolP384r1",
    28: "brainpoolP512r1",
    29: "x25519",
    30: "x448",
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
    259: "ffdhe6144",
    260: "ffdhe8192",
    4588: "X25519MLKEM768",
}
"""Key exchange groups that are asked for, by their number in IANA's `TLS Supported Groups` registry."""

WEAK_GROUPS = (1, 2, 3, 4, 5, 15, 16, 17, 18, 19)
"""Curves of less than 224 bits: under 112 bits of security."""

USUAL_GROUPS = (29, 23, 24, 25, 30, 22, 26, 27, 28, 21)
FINITE_GROUPS = (256, 257, 258, 259, 260)

MAX_RECORD = 16384 + 2048
MAX_HANDSHAKE = 256 * 1024
_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _APPLICATION = 20, 21, 22, 23
_SERVER_HELLO, _SERVER_KEY_EXCHANGE, _SERVER_HELLO_DONE = 2, 12, 14

ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    40: "handshake_failure",
    47: "illegal_parameter",
    50: "decode_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    109: "missing_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}


class BadRecordError(ValueError):
    """The bytes are not TLS; the message says what was wrong with them."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A ServerHello: the server accepts this version and suite."""

    version: int
    suite: int
    retry: bool = False
    """True for TLS 1.3's HelloRetryRequest."""

    group: int | None = None
    """The group that it chose in its key share, or asks for."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A ServerKeyExchange, as far as it shows strength."""

    dh_bits: int | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A refusal in TLS's own words."""

    description: int

    @property
    def name(self) -> str:
        return ALERTS.get(self.description, f"alert {self.description}")


@dataclass(frozen=True, slots=True)
class Ended:
    """The server's flight is complete: its ServerHelloDone came."""


Answer = Hello | Exchange | Alert | Ended


@cache
def suites() -> dict[int, str]:
    """Every known cipher suite, by code point."""
    text = files("prodproof.reach.tls").joinpath("_suites.txt").read_text("ascii")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {int(code, 16): name for code, name in lines}


def suite_name(code: int) -> str:
    """IANA's name of a suite, or its number for one that is not registered."""
    return suites().get(code, f"0x{code:04X}")


def client_hello(
    version: int,
    offered: Sequence[int],
    *,
    name: str | None,
    random: bytes,
    groups: Sequence[int] = USUAL_GROUPS,
    share: bytes | None = None,
) -> bytes:
    """A ClientHello in its record.

    Args:
        version: the only version that is offered (SSL 3 up to TLS 1.3).
        offered: code points of cipher suites.
        name: host name for Server Name Indication; None for addresses.
        random: 32 bytes.
        groups: supported key exchange groups.
        share: for TLS 1.3, a key share for x25519; without it the server answers with a HelloRetryRequest, which
            names suite and group without any cryptography.
    """
    extensions = b"" if version == SSL3 else _extensions(version, name, groups, share)
    legacy = min(version, TLS12)
    session = random if version == TLS13 else b""
    # Suite 0x00FF says that secure renegotiation is understood; some servers refuse clients without it.
    codes = b"".join(code.to_bytes(2, "big") for code in (*offered, *((0x00FF,) if version < TLS13 else ())))
    body = legacy.to_bytes(2, "big") + random + _short(session) + _long(codes) + _short(b"\0")
    if extensions:
        body += _long(extensions)
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + min(version, TLS10).to_bytes(2, "big") + _long(message)


def ssl2_hello(challenge: bytes) -> bytes:
    """An SSL 2 CLIENT-HELLO that offers all its ciphers; `challenge` is 16 bytes."""
    ciphers = bytes.fromhex("010080 020080 030080 040080 050080 060040 0700c0 080080")
    body = b"\x01\x00\x02" + len(ciphers).to_bytes(2, "big") + b"\0\0" + len(challenge).to_bytes(2, "big")
    body += ciphers + challenge
    return (0x8000 | len(body)).to_bytes(2, "big") + body


def is_ssl2_hello(data: bytes) -> bool:
    """Whether an answer begins an SSL 2 SERVER-HELLO of version 2."""
    return len(data) >= 7 and bool(data[0] & 0x80) and data[2] == 4 and data[5:7] == b"\x00\x02"


def read_answers(data: bytes) -> tuple[list[Answer], bool]:
    """Read what has come so far.

    Returns:
        The answers in order, and whether more bytes are needed to read on. Once a ServerHello was read, what cannot
        be read after it (a certificate of a megabyte, say) only ends the answers.

    Raises:
        BadRecordError: it is not TLS, or larger than anything that a server needs to say.
    """
    answers: list[Answer] = []
    try:
        more = _read_records(data, answers)
    except BadRecordError:
        if not any(isinstance(item, Hello) for item in answers):
            raise
        more = False
    return answers, more


def _read_records(data: bytes, answers: list[Answer]) -> bool:
    handshake = bytearray()
    position = 0
    while len(data) - position >= 5:
        kind, major = data[position], data[position + 1]
        size = int.from_bytes(data[position + 3 : position + 5], "big")
        if kind not in (_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _APPLICATION) or major != 3 or size > MAX_RECORD:
            raise BadRecordError("the answer is not TLS")
        if len(data) - position - 5 < size:
            break
        payload = data[position + 5 : position + 5 + size]
        position += 5 + size
        if kind == _HANDSHAKE:
            handshake += payload
        elif kind != _ALERT:
            # What comes after a change of ciphers cannot be read.
            _read_messages(handshake, answers)
            return False
        elif size != 2:
            raise BadRecordError("an alert of the wrong size")
        elif payload[0] != 1 or payload[1] == 0:
            # A warning (level 1) such as unrecognized_name goes before an ordinary ServerHello; this is none.
            _read_messages(handshake, answers)
            answers.append(Alert(payload[1]))
            return False
    if position == 0 and data and data[0] not in (_ALERT, _HANDSHAKE):
        raise BadRecordError("the answer is not TLS")
    _read_messages(handshake, answers)
    if len(handshake) > MAX_HANDSHAKE:
        raise BadRecordError(f"more than {MAX_HANDSHAKE // 1024} KB of handshake")
    return not any(isinstance(item, Ended) for item in answers)


def _read_messages(handshake: bytearray, found: list[Answer]) -> None:
    position = 0
    suite = None
    while len(handshake) - position >= 4:
        size = int.from_bytes(handshake[position + 1 : position + 4], "big")
        if size > MAX_HANDSHAKE:
            raise BadRecordError(f"a handshake message of {size} bytes")
        if len(handshake) - position - 4 < size:
            return
        kind, body = handshake[position], bytes(handshake[position + 4 : position + 4 + size])
        position += 4 + size
        if kind == _SERVER_HELLO:
            hello = _server_hello(body)
            suite = hello.suite
            found.append(hello)
            if hello.version == TLS13:
                # What follows is encrypted; there is nothing more to read.
                found.append(Ended())
                return
        elif kind == _SERVER_KEY_EXCHANGE and suite is not None:
            found.append(_key_exchange(body, suite_name(suite)))
        elif kind == _SERVER_HELLO_DONE:
            found.append(Ended())
            return
        elif suite is None:
            raise BadRecordError("a handshake that does not begin with ServerHello")


def _server_hello(body: bytes) -> Hello:
    if len(body) < 38:
        raise BadRecordError("a ServerHello that is too short")
    version = int.from_bytes(body[:2], "big")
    random = body[2:34]
    after = 35 + body[34]
    if len(body) < after + 3:
        raise BadRecordError("a ServerHello that is too short")
    suite = int.from_bytes(body[after : after + 2], "big")
    group = None
    for kind, value in _read_extensions(body[after + 3 :]):
        if kind == 43 and len(value) == 2:
            version = int.from_bytes(value, "big")
        elif kind == 51 and len(value) >= 2:
            group = int.from_bytes(value[:2], "big")
    return Hello(version, suite, random == _RETRY_RANDOM, group)


def _read_extensions(data: bytes) -> list[tuple[int, bytes]]:
    if not data:
        return []
    if len(data) < 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
        raise BadRecordError("extensions of the wrong size")
    found, position = [], 2
    while position < len(data):
        if len(data) - position < 4:
            raise BadRecordError("an extension that is cut off")
        kind = int.from_bytes(data[position : position + 2], "big")
        size = int.from_bytes(data[position + 2 : position + 4], "big")
        if len(data) - position - 4 < size:
            raise BadRecordError("an extension that is cut off")
        found.append((kind, data[position + 4 : position + 4 + size]))
        position += 4 + size
    return found


def _key_exchange(body: bytes, suite: str) -> Exchange:
    if "_DHE_" in suite or "_DH_anon_" in suite:
        size = int.from_bytes(body[:2], "big")
        prime = body[2 : 2 + size]
        if len(prime) != size or not size:
            raise BadRecordError("a key exchange that is cut off")
        return Exchange(dh_bits=int.from_bytes(prime, "big").bit_length())
    if ("_ECDHE_" in suite or "_ECDH_anon_" in suite) and len(body) >= 3 and body[0] == 3:
        return Exchange(group=int.from_bytes(body[1:3], "big"))
    return Exchange()


def _extensions(version: int, name: str | None, groups: Sequence[int], share: bytes | None) -> bytes:
    parts = []
    if name:
        try:
            host = name.encode("ascii") if name.isascii() else name.encode("idna")
        except UnicodeError as error:
            raise BadRecordError(f"{name!r} is no host name") from error
        parts.append((0, _long(b"\0" + _long(host))))
    parts.append((10, _long(b"".join(group.to_bytes(2, "big") for group in groups))))
    parts.append((11, b"\x01\x00"))
    if version >= TLS12:
        # Every pair of hash and signature, the broken ones too: what is asked is what the server would accept.
        pairs = (
            "0403 0503 0603 0807 0808 0809 080a 080b 0804 0805 0806 0401 0501 0601 0303 0301 0302 0402 0203 0201 0202"
        )
        parts.append((13, _long(bytes.fromhex(pairs))))
    if version == TLS13:
        parts.append((43, b"\x02\x03\x04"))
        shares = b"" if share is None else (29).to_bytes(2, "big") + _long(share)
        parts.append((51, _long(shares)))
        parts.append((45, b"\x01\x01"))
    return b"".join(kind.to_bytes(2, "big") + _long(value) for kind, value in parts)


def _short(data: bytes) -> bytes:
    return bytes((len(data),)) + data


def _long(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data
