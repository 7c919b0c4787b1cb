# ruff: noqa: E501 (tables of tags)
"""Which tags are exact: what practitioners argue about."""

import pytest

from prodproof.facts.dependencies import Purpose
from prodproof.facts.references import ExternalReferences, Reference, ReferenceKind
from prodproof.guarantees.supply.versions_pinned import judge
from prodproof.verdicts import Kind


def kind(reference: ReferenceKind, name: str, version: str | None) -> Kind:
    item = Reference(kind=reference, name=name, written=name, version=version)
    return judge(ExternalReferences(path="x", form="x", purpose=Purpose.RUNTIME, references=(item,))).kind


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("python", "3.12.4"), ("python", "3.12.4-slim-bookworm"), ("postgres", "16.4"), ("postgres", "16.4-alpine3.20"),
        ("traefik", "v3.1.2"), ("debian", "bookworm-20240612"), ("debian", "12.5"), ("ubuntu", "jammy-20240530"),
        ("minio/minio", "RELEASE.2024-06-13T22-53-53Z"), ("ghcr.io/acme/shop", "sha-4f2a9c1"), ("acme/shop", "1f3e5d7c9b"),
        ("acme/shop", "build-1234"), ("acme/shop", "2024.06.1"), ("acme/shop", "20240612.3"), ("node", "22.1.0-alpine3.20"),
    ],
)  # fmt: skip
def test_exact_tags(name: str, tag: str) -> None:
    assert kind(ReferenceKind.IMAGE, name, tag) is Kind.HOLDS


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("python", None), ("python", "latest"), ("python", "3"), ("python", "3.12"), ("python", "3.12-slim"), ("python", "slim"),
        ("debian", "stable"), ("debian", "bookworm"), ("ubuntu", "24.04"), ("node", "lts"), ("node", "22-alpine3.20"),
        ("redis", "7.2-alpine"), ("postgres", "16"), ("postgres", "16-alpine"), ("acme/shop", "main"), ("acme/shop", "release"),
        ("nginx", "mainline-alpine"), ("acme/shop", "deadbeef"), ("acme/shop", "v2"), ("python", "3.13-rc"), ("node", "22-alpine3.20.1"),
    ],
)  # fmt: skip
def test_floating_tags(name: str, tag: str | None) -> None:
    assert kind(ReferenceKind.IMAGE, name, tag) is Kind.BROKEN


@pytest.mark.parametrize(
    ("reference", "version", "pinned"),
    [
        (ReferenceKind.ACTION, "v4.2.2", False), (ReferenceKind.ACTION, "11bd719", False), (ReferenceKind.ACTION, "a" * 40, True),
        (ReferenceKind.MODULE, "5.8.1", True), (ReferenceKind.MODULE, ">= 5.8.1", False), (ReferenceKind.MODULE, "v1.2.0", True),
        (ReferenceKind.MODULE, "main", False), (ReferenceKind.MODULE, "a" * 40, True), (ReferenceKind.MODULE, None, False),
        (ReferenceKind.HOOK, "24.4.2", True), (ReferenceKind.HOOK, "v1.0", True), (ReferenceKind.HOOK, "stable", False),
        (ReferenceKind.HOOK, None, False), (ReferenceKind.PACKAGE, "2.0.1", True), (ReferenceKind.PACKAGE, "2.*", False),
        (ReferenceKind.PACKAGE, "latest", False), (ReferenceKind.PACKAGE, None, False),
    ],
)  # fmt: skip
def test_other_references(reference: ReferenceKind, version: str | None, pinned: bool) -> None:
    assert (kind(reference, "x", version) is Kind.HOLDS) is pinned
