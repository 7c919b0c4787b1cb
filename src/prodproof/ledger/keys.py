"""Keys that live outside repository, state and ledger: one signs, the other fingerprints."""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prodproof.ledger.errors import LedgerError, NotALedgerError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
_PUBLIC = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Signer:
    """Signs for one system."""

    public: str
    """The Ed25519 public key (RFC 8032), 64 hexadecimal digits."""

    path: Path
    _private: "Ed25519PrivateKey"

    def sign(self, message: bytes) -> str:
        """An Ed25519 signature, 128 hexadecimal digits."""
        return self._private.sign(message).hex()


def key_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Where keys lie: PRODPROOF_KEY_DIR, else `prodproof/keys` in the user's configuration directory."""
    if named := environ.get("PRODPROOF_KEY_DIR"):
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base and os.path.isabs(base) else Path.home() / ".config") / "prodproof" / "keys"


def signer(system: str, environ: Mapping[str, str] = os.environ) -> Signer:
    """The signing key of a system, made on first use. Raises LedgerError when it cannot be read or is not private."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    path = key_directory(environ) / f"{file_name(system)}.key"
    private = Ed25519PrivateKey.from_private_bytes(_read_or_make(path))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return Signer(public, path, private)


def known_public_key(system: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The public half of this machine's signing key, or None when it has none; makes nothing."""
    path = key_directory(environ) / f"{file_name(system)}.key"
    return signer(system, environ).public if path.exists() else None


def fingerprint_key(system: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """The HMAC key of a system's fingerprints, made on first use; 32 bytes, never the signing key.

    Without it nobody can test guesses of a secret against a stored fingerprint.
    """
    return _read_or_make(key_directory(environ) / f"{file_name(system)}.fingerprint")


def read_public_key(text: str) -> str:
    """A public key as 64 hexadecimal digits, or the path of a file that holds them. Raises NotALedgerError."""
    candidate = text.strip().lower()
    if not _PUBLIC.fullmatch(candidate):
        try:
            with open(text, "rb") as file:
                candidate = file.read(200).decode("ascii", "replace").strip().lower()
        except (OSError, ValueError):
            raise NotALedgerError(f"{text!r} is neither 64 hexadecimal digits nor a file that holds them") from None
        if not _PUBLIC.fullmatch(candidate):
            raise NotALedgerError(f"{text}: not a public key; it should hold 64 hexadecimal digits")
    return candidate


def verify_signature(public: str, signature: str, message: bytes) -> bool:
    """Whether an Ed25519 signature is right; malformed keys and signatures are wrong ones."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def file_name(system: str) -> str:
    """A system's name as a file name: escaped so that two systems never share a file and none leaves its directory."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: "".join(f"%{byte:02x}" for byte in match[0].encode()), system)


def _read_or_make(path: Path) -> bytes:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(200)
    except OSError as error:
        raise LedgerError(
            f"{path}: the key cannot be used ({error.strerror}); name another place in PRODPROOF_KEY_DIR"
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise LedgerError(f"{path}: other users can reach this key; run: chmod 600 '{path}'")
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise LedgerError(f"{path}: not a key of prodproof (64 hexadecimal digits); restore it, or move it away")
    return key


def _make(path: Path) -> None:
    # Written whole under another name first: a process that is killed, or runs beside us, never leaves half a key.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # somebody was first; theirs is the key
    finally:
        draft.unlink(missing_ok=True)
