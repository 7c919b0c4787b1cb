"""An authority that issues and revokes certificates, and the programs of a team that uses it.

    python -m tests.servers.authority FOLDER create|retire|restore|attempt

It keeps its key in the folder, and the numbers that it revoked. `attempt` accepts what it issued and did not revoke.
"""

import hashlib
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prodproof.reach.marked import MARK

COMMANDS = ("create", "retire", "restore", "attempt")
HOST = "localhost"


def commands(folder: Path) -> dict[str, tuple[str, ...]]:
    """The programs, as a system file has them."""
    place = f"PYTHONPATH={Path(__file__).parent.parent.parent}"
    words = ("env", place, sys.executable, "-m", "tests.servers.authority", str(folder))
    return {name: (*words, name) for name in COMMANDS}


class Authority:
    """One authority, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not (folder / "ca.pem").exists():
            self._found()

    def issue(self, number: int) -> str:
        """Key and certificate with that number, the same each time; PEM."""
        key = ec.derive_private_key(number + 1, ec.SECP256R1())
        builder = self._builder(HOST, key.public_key(), number)
        names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        own, certificate = self._own()
        signed = (
            builder.issuer_name(certificate.subject).add_extension(names, critical=False).sign(own, hashes.SHA256())
        )
        return (_private(key) + signed.public_bytes(serialization.Encoding.PEM)).decode()

    def revoked(self) -> set[str]:
        """The numbers of what was revoked."""
        file = self._folder / "revoked"
        return set(file.read_text().split()) if file.exists() else set()

    def revoke(self, number: int, revoked: bool = True) -> None:
        """Revoke what has a number, or take that back."""
        numbers = self.revoked() | {str(number)} if revoked else self.revoked() - {str(number)}
        (self._folder / "revoked").write_text("\n".join(numbers))

    def accepts(self, leaf: x509.Certificate) -> bool:
        """Whether it issued a certificate, and did not revoke it."""
        try:
            leaf.verify_directly_issued_by(self._own()[1])
        except (ValueError, TypeError, InvalidSignature):
            return False
        return str(leaf.serial_number) not in self.revoked()

    def _own(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = serialization.load_pem_private_key((self._folder / "ca.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key, x509.load_pem_x509_certificate((self._folder / "ca.pem").read_bytes())

    def _found(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder("Authority of the tests", key.public_key(), x509.random_serial_number())
        builder = builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")]))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        (self._folder / "ca.key").write_bytes(_private(key))
        (self._folder / "ca.pem").write_bytes(
            builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def _builder(self, name: str, key: ec.EllipticCurvePublicKey, number: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        builder = builder.public_key(key).serial_number(number).not_valid_before(now - timedelta(hours=1))
        return builder.not_valid_after(now + timedelta(days=30))


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def main() -> int:
    """One of the programs."""
    folder, given = Path(sys.argv[1]), sys.stdin.read()
    authority = Authority(folder)
    if sys.argv[2] == "create":
        # The same mark makes the same number; what was issued for it is kept, for signatures differ each time.
        number = int.from_bytes(hashlib.sha256(os.environ[MARK].encode()).digest()[:8])
        file = folder / f"issued-{number}"
        if not file.exists():
            file.write_text(authority.issue(number))
        print(file.read_text())
        return 0
    leaf = x509.load_pem_x509_certificate(given[given.index("-----BEGIN CERTIFICATE") :].encode())
    if sys.argv[2] == "attempt":
        return 0 if authority.accepts(leaf) else 1
    authority.revoke(leaf.serial_number, sys.argv[2] == "retire")
    return 0


if __name__ == "__main__":
    sys.exit(main())
