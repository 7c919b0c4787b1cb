"""Tells which files of a folder are the layers of container images (OCI image layout, unpacked `docker save`)."""

import os
from pathlib import Path

from prodproof.trace.content.image import LARGEST, Role, roles

MARKS = ("oci-layout", "manifest.json")
"""A folder with one of them may be an image."""


def roles_in(root: Path, folder: str) -> dict[str, Role]:
    """What the files of an image's folder are, by their path within the root; empty if it is no image.

    Args:
        root: the folder that is searched.
        folder: the path within it of the one that may be an image.
    """
    prefix = f"{folder}/" if folder else ""

    def document(name: str) -> bytes | None:
        return _small(root / prefix / name)

    outer = f"{folder}!" if folder else ""
    return {
        f"{prefix}{name}": Role(f"{outer}{role.label}", role.config)
        for name, role in roles(document).items()
        if name and ".." not in name.split("/") and not name.startswith("/")
    }


def _small(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        return os.read(descriptor, LARGEST + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)
