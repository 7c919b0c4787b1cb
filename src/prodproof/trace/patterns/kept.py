"""What is worked out from the rules once and kept for the next start, in the user's cache directory.

Nothing in it is secret, and nothing depends on its being there: what is damaged is worked out again.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

MAX_FILE = 256 * 1024 * 1024
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """The program's folder in the user's cache directory (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "prodproof"


def read(file: Path) -> bytes | None:
    """What was kept under a name; None if there is nothing, or nothing sound."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
    except OSError:
        return None
    body = data[_DIGEST:]
    return body if len(data) <= MAX_FILE and hashlib.sha256(body).digest() == data[:_DIGEST] else None


def write(file: Path, body: bytes) -> None:
    """Keep something, wholly or not at all. Where nothing can be written, the next start works it out again."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".rules-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(hashlib.sha256(body).digest() + body)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
