"""The container image of the shop, as the pipeline built it: an OCI archive in the repository's ignored `dist/`.

Source: https://github.com/opencontainers/image-spec (image-layout.md, manifest.md, config.md, layer.md).
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from prodproof.facts.declared import Artifact
from prodproof.range.component import Component
from prodproof.range.components.repo import Repo

NAME = "dist/harbour.tar"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_LEFT_OUT = {".git", ".venv", "dist", "node_modules", "posture", ".prodproof", "__pycache__"}
_SYSTEM = {
    "etc/os-release": b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    "etc/passwd": b"root:x:0:0:root:/root:/bin/bash\nshop:x:10001:10001::/home/shop:/bin/sh\n",
}

Layer = Mapping[str, bytes]
"""Contents by path; `.wh.NAME` deletes what an earlier layer brought."""


class Image(Component):
    """Two layers: what stands for the base image, and the shop's code."""

    name = "image"
    after = ("repo", "declaration")
    seen_by = frozenset({Artifact})

    @property
    def file(self) -> Path:
        """The archive."""
        return self.range.part(Repo).directory / NAME

    def configure(self) -> None:
        self.build()

    def watched(self) -> Iterable[Path]:
        return (self.file.parent,)

    def reload(self) -> None:
        """Nothing runs here."""

    def build(self, variables: Mapping[str, str] | None = None, more: Iterable[Layer] = ()) -> None:
        """Write the archive.

        Args:
            variables: environment of the image, beside PATH.
            more: layers above the shop's code.
        """
        layers = [_layer(layer) for layer in (_SYSTEM, self._code(), *more)]
        environment = {"PATH": "/venv/bin:/usr/bin:/bin", **(variables or {})}
        config = _document(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {
                    "User": "10001",
                    "Env": [f"{name}={value}" for name, value in environment.items()],
                    "Cmd": ["/venv/bin/gunicorn", "harbour.wsgi"],
                },
                "rootfs": {"type": "layers", "diff_ids": [_digest(gzip.decompress(layer)) for layer in layers]},
            }
        )
        manifest = _document(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": _described("application/vnd.oci.image.config.v1+json", config),
                "layers": [_described(_LAYER, layer) for layer in layers],
            }
        )
        index = {
            "schemaVersion": 2,
            "manifests": [_described("application/vnd.oci.image.manifest.v1+json", manifest)],
        }
        members = {"oci-layout": _document({"imageLayoutVersion": "1.0.0"}), "index.json": _document(index)}
        members |= {f"blobs/sha256/{_digest(blob)[7:]}": blob for blob in (*layers, config, manifest)}
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_bytes(_tar(members))

    def vanish(self) -> None:
        """Take the archive away."""
        self.file.unlink()

    def _code(self) -> Layer:
        root = self.range.part(Repo).directory
        files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
        inside = ((path.relative_to(root), path) for path in files)
        return {
            f"app/{name.as_posix()}": path.read_bytes()
            for name, path in inside
            if _LEFT_OUT.isdisjoint(name.parts) and not name.name.startswith(".env")
        }


def _document(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _described(kind: str, blob: bytes) -> Mapping[str, object]:
    return {"mediaType": kind, "digest": _digest(blob), "size": len(blob)}


def _layer(content: Layer) -> bytes:
    return gzip.compress(_tar(content), compresslevel=1, mtime=0)


def _tar(content: Layer) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


COMPONENT = Image
