"""Certificates as a server sends them, from a real handshake, and what validation says about them."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID, NameOID

from prodproof.facts import Reason, Unseen
from prodproof.facts.tls import Certificate, ServedChain
from prodproof.reach.stream import LostError, Stream
from prodproof.reach.tls.starttls import NoUpgradeError
from prodproof.reach.world import Settings

MAX_CERTIFICATES = 12
_LEGACY_SERVER_CONNECT = 0x4
_SUITES = {"RSA": "aRSA:@SECLEVEL=0", "ECDSA": "aECDSA:@SECLEVEL=0"}
_EXPIRED = (9, 10)
Open = Callable[[], Awaitable[Stream]]


class UnreadableError(ValueError):
    """A certificate that cannot be parsed."""


async def chains_of(
    open_stream: Open, name: str | None, settings: Settings, kinds: Sequence[str]
) -> tuple[tuple[ServedChain, ...], Unseen | None]:
    """The served chains of a TLS port.

    Args:
        open_stream: opens a fresh connection, at the point where TLS begins.
        name: for Server Name Indication.
        kinds: `RSA` and `ECDSA`, for each of which TLS 1.2 has a suite; with both, each is asked for by itself.

    Returns:
        The chains, and why there may be more that were not read.
    """
    found: list[ServedChain] = []
    for kind in kinds if len(kinds) > 1 else (None,):
        try:
            chain = await _chain(open_stream, name, settings, kind)
        except (LostError, NoUpgradeError) as error:
            why = error.unseen if isinstance(error, LostError) else Unseen(Reason.UNREACHABLE, str(error))
            return tuple(found), why
        except ssl.SSLError as error:
            text = (error.reason or "handshake failed").replace("_", " ").lower()
            return tuple(found), Unseen(Reason.INCOMPLETE, f"the certificate could not be read: {text}")
        except UnreadableError as error:
            return tuple(found), Unseen(Reason.INCOMPLETE, str(error))
        if chain not in found:
            found.append(chain)
    return tuple(found), None


async def _chain(open_stream: Open, name: str | None, settings: Settings, kind: str | None) -> ServedChain:
    trusting = _context(settings, kind, verify=True)
    try:
        raw, error = await _handshake(open_stream, name, trusting), None
    except ssl.SSLCertVerificationError as refused:
        error = refused.verify_message or "not trusted"
        if refused.verify_code in _EXPIRED:
            error = f"a certificate of the chain: {error}"
        raw = await _handshake(open_stream, name, _context(settings, kind, verify=False))
    if not raw:
        raise UnreadableError("the server sent no certificate")
    return ServedChain(certificates=tuple(read_certificate(item) for item in raw), trust_error=error)


def _context(settings: Settings, kind: str | None, verify: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options |= _LEGACY_SERVER_CONNECT
    context.set_ciphers(_SUITES[kind] if kind else "ALL:@SECLEVEL=0")
    if kind:
        # Only up to TLS 1.2 does the suite say what kind of certificate is asked for.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.verify_mode = ssl.CERT_NONE
        return context
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if settings.ca_file is not None:
        context.load_verify_locations(cafile=settings.ca_file)
    return context


async def _handshake(open_stream: Open, name: str | None, context: ssl.SSLContext) -> list[bytes]:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    async with await open_stream() as stream:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                if outgoing.pending:
                    await stream.send(outgoing.read())
                data = await stream.receive()
                if data:
                    incoming.write(data)
                else:
                    incoming.write_eof()
                continue
            return _peer_certificates(tls)


def _peer_certificates(tls: ssl.SSLObject) -> list[bytes]:
    """DER of what the peer sent, leaf first; `get_unverified_chain` is public from Python 3.13 on."""
    source: Any = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    read = getattr(source, "get_unverified_chain", None)
    if read is None:
        leaf = tls.getpeercert(binary_form=True)
        return [leaf] if leaf else []
    served = (read() or ())[:MAX_CERTIFICATES]
    return [item if isinstance(item, bytes) else ssl.PEM_cert_to_DER_cert(item.public_bytes()) for item in served]


def read_certificate(der: bytes) -> Certificate:
    """Read what is judged of a certificate. Raises UnreadableError for any bytes that are not one."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        kind, bits = _key(certificate)
        return Certificate(
            subject=certificate.subject.rfc4514_string()[:500],
            issuer=certificate.issuer.rfc4514_string()[:500],
            issuer_organization=_organization(certificate.issuer)[:200],
            serial=f"{certificate.serial_number:x}",
            not_before=certificate.not_valid_before_utc.astimezone(UTC),
            not_after=certificate.not_valid_after_utc.astimezone(UTC),
            names=_names(certificate),
            key=kind,
            key_bits=bits,
            signature_hash=_hash(certificate),
            sha256=certificate.fingerprint(SHA256()).hex(),
        )
    except Exception as error:  # the parser of a foreign certificate fails in many ways; each means the same here
        raise UnreadableError(f"a certificate that cannot be parsed: {type(error).__name__}") from error


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return ()
    assert isinstance(extension, x509.SubjectAlternativeName)
    names = extension.get_values_for_type(x509.DNSName)
    addresses = extension.get_values_for_type(x509.IPAddress)
    return tuple(sorted({name.lower() for name in names} | {str(address) for address in addresses}))


def _organization(name: x509.Name) -> str:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return ""


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    return type(key).__name__, getattr(key, "key_size", 0)


def _hash(certificate: x509.Certificate) -> str:
    algorithm = certificate.signature_hash_algorithm
    return algorithm.name if algorithm else ""
