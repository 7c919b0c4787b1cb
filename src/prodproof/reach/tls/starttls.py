"""The few words before TLS begins on ports that upgrade: PostgreSQL, SMTP, IMAP, POP3, FTP."""

from prodproof.facts import Reason
from prodproof.reach.stream import LostError, Stream

MAX_LINES = 64

BY_PORT = {5432: "postgres", 25: "smtp", 587: "smtp", 2525: "smtp", 143: "imap", 110: "pop3", 21: "ftp"}
"""What is tried on a port before TLS itself, by the port's usual use."""


class NoUpgradeError(Exception):
    """The server speaks its protocol but offers no TLS, or speaks another one."""


async def upgrade(stream: Stream, protocol: str) -> None:
    """Bring a fresh connection to where TLS begins.

    Args:
        protocol: a value of `BY_PORT`.

    Raises:
        NoUpgradeError: TLS is not offered here.
        LostError: the connection failed.
        ValueError: an unknown protocol.
    """
    if protocol == "postgres":
        # SSLRequest of the PostgreSQL frontend/backend protocol 3.
        await stream.send(bytes.fromhex("0000000804d2162f"))
        answer = await stream.receive(1)
        if answer != b"S":
            raise NoUpgradeError("PostgreSQL without TLS" if answer == b"N" else "does not speak PostgreSQL")
    elif protocol == "smtp":
        await _reply(stream, b"220")
        await stream.send(b"EHLO prodproof.invalid\r\n")
        if not any(line[4:].strip().upper() == b"STARTTLS" for line in await _reply(stream, b"250")):
            raise NoUpgradeError("SMTP without STARTTLS")
        await stream.send(b"STARTTLS\r\n")
        await _reply(stream, b"220")
    elif protocol == "ftp":
        await _reply(stream, b"220")
        await stream.send(b"AUTH TLS\r\n")
        await _reply(stream, b"234")
    elif protocol == "imap":
        if not (await stream.line()).upper().startswith((b"* OK", b"* PREAUTH")):
            raise NoUpgradeError("does not speak IMAP")
        await stream.send(b"a1 STARTTLS\r\n")
        await _tagged(stream)
    elif protocol == "pop3":
        if not (await stream.line()).startswith(b"+OK"):
            raise NoUpgradeError("does not speak POP3")
        await stream.send(b"STLS\r\n")
        if not (await stream.line()).startswith(b"+OK"):
            raise NoUpgradeError("POP3 without TLS")
    else:
        raise ValueError(f"no such upgrade: {protocol}")


async def _reply(stream: Stream, code: bytes) -> list[bytes]:
    # RFC 5321 4.2.1: every line but the last has a hyphen after the code.
    lines = []
    for _ in range(MAX_LINES):
        line = await stream.line()
        lines.append(line)
        if line[3:4] != b"-":
            if line[:3] == b"421":
                raise LostError(Reason.DENIED, "the server refuses more connections for now (421)")
            if line[:3] != code:
                raise NoUpgradeError("TLS is not offered here")
            return lines
    raise LostError(Reason.INCOMPLETE, f"more than {MAX_LINES} lines of greeting")


async def _tagged(stream: Stream) -> None:
    for _ in range(MAX_LINES):
        line = (await stream.line()).upper()
        if line.startswith(b"A1 "):
            if not line.startswith(b"A1 OK"):
                raise NoUpgradeError("IMAP without STARTTLS")
            return
    raise LostError(Reason.INCOMPLETE, f"more than {MAX_LINES} lines of greeting")
