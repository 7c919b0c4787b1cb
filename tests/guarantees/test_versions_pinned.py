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
        ("acme/shop", "release-v1.12.10"), ("acme/shop", "rel.v1.2.3"), ("postgis/postgis", "pg-16.4-x"), ("postgis", "pg-v16.14"), ("postgis", "pg16x-3.4"),
        ("almalinux", "9.4"), ("rockylinux", "9.3"), ("oraclelinux", "8.9"), ("adminer", "4.8"), ("library/debian", "12.5"),
        ("acme/shop", "20240612"), ("acme/shop", "2024-06-12"), ("acme/shop", "main_4f2a9c1"), ("acme/shop", "4f2a9c1"),
        ("acme/shop", "b123"), ("acme/shop", "main-r4567"), ("acme/shop", "v123"), ("acme/shop", "build123"), ("acme/shop", "main_-123"), ("acme/shop", "123"),
        ("acme/shop", "a1" * 32), ("acme/shop", "ab.1abcdef"), ("acme/shop", "1111111a"), ("acme/shop", "v10.20.30"),
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
        ("acme/shop", "beta123x"), ("acme/shop", "next123"), ("acme/shop", "main-12"), ("acme/shop", "main.123"), ("acme/shop", "12345678x"),
        ("acme/shop", "x4f2a9c1"), ("acme/shop", "4f2a9c1-slim"), ("acme/shop", "release.1.2"),  ("acme/shop", "rel-1..3"),
        ("acme/shop", "rel-.2.3"), ("postgis", "pg-16"), ("postgis", "pg-16."), ("postgis", "pg-.4"), ("postgis", "pg-16.4.x"),  ("postgis", "pg-x.x"), ("acme/shop", "rel-x.y.z"),
        ("acme/shop", "rel.1.x.2"), ("acme/shop", "rel-1.2."),
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
        (ReferenceKind.PACKAGE, "latest", False), (ReferenceKind.PACKAGE, None, False), (ReferenceKind.PACKAGE, "1.x", False),
        (ReferenceKind.ACTION, "a1" * 32, True), (ReferenceKind.ACTION, "A" * 40, False), (ReferenceKind.ACTION, "24.4.2", False),
        (ReferenceKind.MODULE, "= 5.8.1", True), (ReferenceKind.MODULE, "=5.8.1", True), (ReferenceKind.MODULE, "= v15.18.11-rc.1", True), (ReferenceKind.MODULE, "= 5.8", False),
        (ReferenceKind.MODULE, "= 5.8.1-", False), (ReferenceKind.MODULE, "= .8.1", False), (ReferenceKind.MODULE, "= 5..1", False), (ReferenceKind.MODULE, "= 5.8.", False),
        (ReferenceKind.MODULE, "=  15.18.11", True), (ReferenceKind.MODULE, "= x.y.z", False), (ReferenceKind.MODULE, "= 5.8.1-!!", False),
        (ReferenceKind.MODULE, "modules/vpc-v1.2.3", True), (ReferenceKind.MODULE, "vpc@v11.12.13+build", True), (ReferenceKind.MODULE, "1.2.3.4", True), (ReferenceKind.MODULE, "1.2.3rc1", True),
        (ReferenceKind.MODULE, "1.2.3-!", False), (ReferenceKind.MODULE, "1.2", False), (ReferenceKind.MODULE, ".2.3", False), (ReferenceKind.MODULE, "x.y.z", False), (ReferenceKind.MODULE, "1..3", False),
        (ReferenceKind.MODULE, "1.2.", False), (ReferenceKind.MODULE, "1.2.3-", False), (ReferenceKind.MODULE, "vpc1.2.3", False), (ReferenceKind.MODULE, "-1.2.3", True),
        (ReferenceKind.MODULE, "2024.06", True), (ReferenceKind.MODULE, "v2024-06-12", True), (ReferenceKind.MODULE, "rel/2024.6.12.1", True), (ReferenceKind.MODULE, "2024", False),
        (ReferenceKind.MODULE, "2024.x", False), (ReferenceKind.MODULE, "2024.", False), (ReferenceKind.MODULE, "20xx.1", False), (ReferenceKind.MODULE, "x2024.06", False), (ReferenceKind.MODULE, "2024x06", False),
        (ReferenceKind.MODULE, "2024.06.x", False), (ReferenceKind.MODULE, "2024.06.", False), (ReferenceKind.MODULE, "2024.06x12", False), (ReferenceKind.MODULE, "/2024.06", True),
        (ReferenceKind.HOOK, "v1.0.0rc1", True), (ReferenceKind.HOOK, "1.0-rc.1", True), (ReferenceKind.HOOK, "1.0-", False), (ReferenceKind.HOOK, "1.0-!", False), (ReferenceKind.HOOK, "rel-v1.20.30", True),
        (ReferenceKind.HOOK, "a/1.2", True), (ReferenceKind.HOOK, "a1.2", False), (ReferenceKind.HOOK, "rel-1.", False), (ReferenceKind.HOOK, "rel-.1", False), (ReferenceKind.HOOK, "rel-x.y", False),
        (ReferenceKind.HOOK, "rel-1.2.", False), (ReferenceKind.HOOK, "rel-1.2.x", False),
        (ReferenceKind.HOOK, "20240612", True), (ReferenceKind.HOOK, "v202406.12", True), (ReferenceKind.HOOK, "2024", False), (ReferenceKind.HOOK, "20240612.", False), (ReferenceKind.HOOK, "20xxyyzz", False),
        (ReferenceKind.HOOK, "20240612.x", False), (ReferenceKind.HOOK, "12.34.56", True), (ReferenceKind.HOOK, "v.1", False), (ReferenceKind.HOOK, "1.", False), (ReferenceKind.HOOK, "x.1", False), (ReferenceKind.HOOK, "-1.2", True),
        (ReferenceKind.PROVIDER, "5.0.0", False),
    ],
)  # fmt: skip
def test_other_references(reference: ReferenceKind, version: str | None, pinned: bool) -> None:
    assert (kind(reference, "x", version) is Kind.HOLDS) is pinned
