"""The key of a TLS server, with its certificates in one PEM file: made and revoked by the team's own programs.

Which one is served is seen by handshakes: a server that reads a new file serves both for a while.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import SecretRotation
from prodproof.reach.http.client import HttpClient
from prodproof.reach.rotation.command import CommandCredential
from prodproof.reach.rotation.credential import Use
from prodproof.reach.rotation.material import Material
from prodproof.reach.secret import Secret
from prodproof.reach.stream import explain

SECONDS = 10.0
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class TlsKey(CommandCredential):
    """A private key with its certificate chain.

    Args:
        rotation: the programs, and what serves it.
        reference: of the PEM file.
        root: where programs are run.
        mark: in their environment.
        key: of the system's fingerprints.
        client: knows where the server may be asked.
    """

    kind = "tls"
    look_seconds = 0.1

    def __init__(
        self, rotation: SecretRotation, reference: str, root: Path, mark: str, key: bytes, client: HttpClient
    ) -> None:
        super().__init__(rotation, reference, root, mark, key)
        self._client = client
        self._served: dict[bytes, int] = {}

    def name(self, material: Material) -> str:
        leaf = self._leaf(material)
        return "no certificate" if leaf is None else f"serial {leaf.serial_number:x}"

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        leaf, shown = self._leaf(old), self._handshake()
        if isinstance(shown, Unseen):
            return shown
        if leaf is None:
            return ["the secret holds no certificate that can be read, beside its key"]
        if shown != leaf.public_bytes(serialization.Encoding.DER):
            return [f"{self._rotation.served_url} serves another certificate than the store holds"]
        return ()

    def wrong(self, material: Material) -> Material:
        """The same name, signed by nobody but itself."""
        leaf, key = self._leaf(material), ec.generate_private_key(ec.SECP256R1())
        subject = leaf.subject if leaf is not None else x509.Name([])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        text = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Material({self._reference: Secret((private + text).decode().strip())})

    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        one, other = self._leaf(old), self._leaf(new)
        if one is None or other is None:
            return ["a certificate that can be read"]
        found = [f"the name {name}" for name in sorted(_names(one) - _names(other))]
        if one.public_key() == other.public_key():
            found.append("a key of its own: it has the old one's")
        return found

    def use(self, material: Material) -> Use | Unseen:
        leaf, shown = self._leaf(material), self._handshake()
        if isinstance(shown, Unseen):
            return shown
        mine = b"" if leaf is None else leaf.public_bytes(serialization.Encoding.DER)
        self._served[mine] = self._served.get(mine, 0) + (shown == mine)
        return Use(frozenset(), self._served[mine])

    def _leaf(self, material: Material) -> x509.Certificate | None:
        found = _CERTIFICATE.search(material.values[self._reference].reveal())
        try:
            return x509.load_pem_x509_certificate(found[0].encode()) if found else None
        except (ValueError, UnsupportedAlgorithm):
            return None

    def _handshake(self) -> bytes | Unseen:
        """The certificate that is served now (DER)."""
        parts = urlsplit(self._rotation.served_url or "")
        host = parts.hostname or ""
        addresses = asyncio.run(self._client.addresses(host))
        if isinstance(addresses, Unseen):
            return addresses
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # which one it is is asked here; whether it is good, by `attempt`
        try:
            with (
                socket.create_connection((addresses[0], parts.port or 443), SECONDS) as connection,
                context.wrap_socket(connection, server_hostname=host) as tls,
            ):
                return tls.getpeercert(binary_form=True) or b""
        except OSError as error:
            seen = explain(error)
            return Unseen(seen.why, f"{host}: {seen.detail}")
        except IndexError:
            return Unseen(Reason.UNREACHABLE, f"{host} has no address")


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return set()
    return {str(name.value) for name in names}
