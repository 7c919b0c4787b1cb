"""What a TLS port offers: protocols, suites, groups and the certificates that it serves."""

from dataclasses import dataclass
from datetime import datetime

from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class ProtocolOffer:
    """One protocol version, asked for by itself."""

    version: str
    """`SSLv2`, `SSLv3`, `TLSv1.0`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`."""

    accepted: bool
    suites: tuple[str, ...] = ()
    """IANA names of all suites that the server accepts with it, in the order in which it chose them."""

    unseen: Unseen | None = None
    """Why it is not known whether it is accepted, or not with which suites."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One X.509 certificate, as far as it is judged."""

    subject: str
    issuer: str
    issuer_organization: str
    serial: str
    """Hexadecimal."""

    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]
    """DNS names and addresses of its subjectAltName; browsers look at nothing else."""

    key: str
    """`RSA`, `EC`, `Ed25519` ..."""

    key_bits: int
    signature_hash: str
    """`sha256`; empty where the algorithm has none of its own (Ed25519)."""

    sha256: str
    """Fingerprint, hexadecimal."""


@dataclass(frozen=True, kw_only=True)
class ServedChain:
    """The certificates that a server sent, leaf first, and whether they lead to a trusted root."""

    certificates: tuple[Certificate, ...]
    trust_error: str | None
    """What validation said, or None: trusted by the system's roots or the declared private ones. Names apart."""


@dataclass(frozen=True, kw_only=True)
class TlsAddress:
    """One address of the name, looked at by itself."""

    address: str
    speaks_tls: bool = True
    protocols: tuple[ProtocolOffer, ...] = ()
    groups: tuple[str, ...] = ()
    """Key exchange groups accepted with TLS 1.3, or chosen with TLS 1.2."""

    weak_groups: tuple[str, ...] = ()
    dh_bits: int | None = None
    """Size of the smallest prime seen in a finite-field key exchange of TLS 1.2 or older."""

    chains: tuple[ServedChain, ...] = ()
    """One for each kind of key (RSA, EC) that it has a certificate for."""

    chains_unseen: Unseen | None = None
    """Why there may be certificates that were not read."""

    unseen: Unseen | None = None
    """Set when nothing at all could be learned about this address."""


@dataclass(frozen=True, kw_only=True)
class SeenCertificate:
    """A leaf certificate that was once served here."""

    serial: str
    not_before: datetime
    not_after: datetime
    issuer_organization: str
    first_seen: datetime


@dataclass(frozen=True, kw_only=True)
class TlsEndpoint:
    """One TLS port under one name, at every address of the name."""

    host: str
    """The name (or address) that a client asks for."""

    port: int
    starttls: str | None
    """`postgres`, `smtp`, `imap`, `pop3`, `ftp`, or None where TLS begins at once."""

    addresses: tuple[TlsAddress, ...]
    seen_certificates: tuple[SeenCertificate, ...] = ()
    """The leaf certificates of this and earlier looks, oldest first: the fact carries its own history."""
