"""A private certificate authority."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "Harbour Lab CA"
_YEAR = timedelta(days=365)


class Authority:
    """Makes server certificates that are trusted by whoever trusts `ca_file`.

    Args:
        directory: where its key and certificate lie, and what it issues. An authority that lies there goes on.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.ca_file = directory / "ca.pem"
        key_file = directory / "ca.key"
        if key_file.exists():
            key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self._key = key
            self._certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())
            self._certificate = self._of_its_own()
            self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
            _write_secret(key_file, _pem(self._key))

    def issue(
        self, *names: str, days: int = 60, age: int = 10, file: str = "server.pem", texts: tuple[str, ...] = ()
    ) -> Path:
        """A certificate for host names and addresses, with its key, in one PEM file (mode 0600).

        Args:
            names: host names and addresses; the first is the common name, too.
            days: from now until it expires.
            age: days since it was issued.
            file: name of the file in the authority's folder.
            texts: addresses that stand there as names, too: pgBackRest looks for them among the names alone.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        meant = [*map(_general_name, names), *map(x509.DNSName, texts)]
        authority_key = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=age))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName(meant), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_key), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        path = self._directory / file
        _write_secret(path, certificate.public_bytes(serialization.Encoding.PEM) + _pem(key))
        return path

    def _of_its_own(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
        now = datetime.now(UTC)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            # Older than what it issues, for that may be made to look months old.
            .not_valid_before(now - _YEAR)
            .not_valid_after(now + _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
