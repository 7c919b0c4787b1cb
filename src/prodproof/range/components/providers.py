"""Third parties that names of the zone lead to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prodproof.facts.declared import Zone
from prodproof.range.component import Command, Component
from prodproof.range.servers import program

BUCKET = "assets.quay.example"
"""Of another customer."""


class Providers(Component):
    """An object store, and whatever else answers at the providers' address."""

    name = "providers"
    seen_by = frozenset({Zone})

    def configure(self) -> None:
        bucket = self.etc / "buckets" / BUCKET
        bucket.mkdir(parents=True)
        (bucket / "index.txt").write_text("somebody else's pictures\n")
        certificate = self.etc / "certificate.pem"
        certificate.touch(mode=0o600)
        certificate.write_bytes(_self_signed(f"{BUCKET}.s3.eu-central-1.amazonaws.com"))

    def commands(self) -> Sequence[Command]:
        places = self.range.places
        words = program("providers", places.providers, str(places.http), str(places.https), str(self.etc))
        return (Command("providers", words),)

    def trouble(self) -> str | None:
        places = self.range.places
        closed = [port for port in (places.http, places.https) if not self.range.listens(places.providers, port)]
        return f"does not listen on {', '.join(map(str, closed))}" if closed else None

    def reload(self) -> None:
        """The folder is read anew at every request."""


def _self_signed(name: str) -> bytes:
    """A certificate with its key (PEM). Who looks for stale records reads answers whoever signed for them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + secret


COMPONENT = Providers
