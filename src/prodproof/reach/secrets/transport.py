"""How a store is talked to, seen from one handshake."""

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import Transport
from prodproof.reach.stream import explain, is_loopback


def transport_of(url: str, ca: Path | None, timeout: float) -> Transport | Unseen:
    """One TLS handshake with a store, its certificate checked; nothing is asked.

    Args:
        url: the store's address.
        ca: a private CA (PEM) that is trusted instead of the system's.
        timeout: seconds.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme != "https":
        return Transport(encrypted=False, detail="plain HTTP")
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError):
        return Unseen(Reason.NOT_CONFIGURED, f"the CA file {ca} cannot be read")
    try:
        return _handshake(context, host, port, timeout)
    except ssl.SSLCertVerificationError as error:
        refused = str(error.verify_message or error.reason or "not valid")
    except (OSError, UnicodeError) as error:
        return failed(error, host)
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    try:
        seen = _handshake(unchecked, host, port, timeout)
    except (OSError, UnicodeError) as error:
        return failed(error, host)
    return Transport(encrypted=True, version=seen.version, trusted=False, detail=refused[:120])


def failed(error: BaseException, host: str) -> Unseen:
    """Why a connection failed, its true reason."""
    if isinstance(error, ssl.SSLError):
        return Unseen(Reason.UNREACHABLE, f"{host}: the TLS handshake failed")
    if isinstance(error, OSError):
        unseen = explain(error)
        return Unseen(unseen.why, f"{host}: {unseen.detail}")
    return Unseen(Reason.UNREACHABLE, f"{host}: the connection failed")


def in_clear(url: str) -> bool:
    """Whether a credential that is sent there could be read on the way."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme != "https" and host != "localhost" and not is_loopback(host)


def _handshake(context: ssl.SSLContext, host: str, port: int, timeout: float) -> Transport:
    with (
        socket.create_connection((host, port), timeout) as connection,
        context.wrap_socket(connection, server_hostname=host) as tls,
    ):
        return Transport(encrypted=True, version=tls.version() or "", trusted=context.verify_mode == ssl.CERT_REQUIRED)
