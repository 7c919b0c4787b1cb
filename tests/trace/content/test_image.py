"""Container images, as `docker save` and the OCI layout write them."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
import zstandard

from prodproof.trace.content import feed
from prodproof.trace.stream import Item
from tests.trace.content.archives import tar
from tests.trace.content.collecting import SECRET, Collected, collect


def _archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "config": {"Env": ["PATH=/bin", f"DB_PASSWORD={SECRET.decode()}"], "Labels": {"a.b": "c"}},
        "history": [{"created_by": "RUN curl -H 'Authorization: Bearer tok'"}],
        "rootfs": {"type": "layers", "diff_ids": []},
    }
).encode()
LAYERS = [
    tar(b"base", name="bin/sh"),
    tar(SECRET, name="app/.env"),
    tar(b"", name="app/.wh..env"),
]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def oci_files(layers: list[bytes]) -> dict[str, bytes]:
    blobs = {_digest(data): data for data in (*layers, CONFIG)}
    manifest = json.dumps(
        {
            "config": {"digest": f"sha256:{_digest(CONFIG)}"},
            "layers": [{"digest": f"sha256:{_digest(layer)}"} for layer in layers],
        }
    ).encode()
    index = json.dumps({"manifests": [{"digest": f"sha256:{_digest(manifest)}"}]}).encode()
    blobs[_digest(manifest)] = manifest
    return {
        **{f"blobs/sha256/{digest}": data for digest, data in blobs.items()},
        "index.json": index,
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
    }


def docker_saved() -> bytes:
    names = [f"{_digest(layer)}/layer.tar" for layer in LAYERS]
    manifest = [{"Config": f"{_digest(CONFIG)}.json", "RepoTags": ["shop:1"], "Layers": names}]
    return _archive(
        {
            **dict(zip(names, LAYERS)),
            f"{_digest(CONFIG)}.json": CONFIG,
            "manifest.json": json.dumps(manifest).encode(),
        }
    )


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=["plain", "gzip", "zstd"]
)
def test_layers_and_configuration_of_an_oci_archive(pack: type[bytes]) -> None:
    layers = [pack(layer) for layer in LAYERS]
    collected = collect(_archive(oci_files(layers)), "image.tar")
    assert collected.holding() == ["image.tar!config", f"image.tar!layer-2(sha256:{_digest(layers[1])[:12]})!app/.env"]
    assert collected.gaps == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_layers_and_configuration_of_docker_save(pack: type[bytes]) -> None:
    collected = collect(pack(docker_saved()), "image.tar.gz")
    assert collected.holding() == ["image.tar.gz!config", f"image.tar.gz!layer-2({_digest(LAYERS[1])[:12]})!app/.env"]


def test_the_configuration_is_told_in_lines() -> None:
    config = bytes(collect(docker_saved(), "i").items["i!config"]).decode()
    assert config.splitlines()[:4] == [
        "PATH=/bin",
        f"DB_PASSWORD={SECRET.decode()}",
        "a.b=c",
        "RUN curl -H 'Authorization: Bearer tok'",
    ]


def test_a_file_that_a_later_layer_deletes_is_still_found() -> None:
    collected = collect(docker_saved(), "i")
    assert any("app/.env" in path for path in collected.holding())


def test_an_image_on_disk_is_read_twice_from_its_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(gzip.compress(docker_saved()))
    collected = Collected()
    with path.open("rb", buffering=0) as file:
        feed(collected.sink, Item("i"), file, descriptor=file.fileno())
    collected.sink.flush()
    assert collected.holding() == ["i!config", f"i!layer-2({_digest(LAYERS[1])[:12]})!app/.env"]
    assert os.path.getsize(path) > 0


def test_manifests_that_lie_are_only_names() -> None:
    files = oci_files(LAYERS)
    for lie in (b"[" * 100_000, b"{}", b'{"manifests": 3}', b'{"manifests": [{"digest": "sha256:../../x"}]}', b"\xff"):
        files["index.json"] = lie
        collected = collect(_archive(files), "i")
        assert len(collected.holding()) == 2
