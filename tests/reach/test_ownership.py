"""Who a target belongs to."""

import asyncio
from collections.abc import Sequence

from prodproof.facts import Reason, Unseen
from prodproof.reach.dns.takeover import service_of, services
from prodproof.reach.ownership import unproven

TOKEN = "prodproof-4f1b"


async def nothing(name: str) -> Sequence[str] | Unseen:
    return ()


def test_loopback_is_owned() -> None:
    assert asyncio.run(unproven("lab", ("127.0.0.5", "::1"), None, nothing)) is None
    mixed = asyncio.run(unproven("lab", ("127.0.0.5", "192.0.2.1"), None, nothing))
    assert isinstance(mixed, Unseen)
    assert asyncio.run(unproven("lab", (), None, nothing)) is not None


def test_a_record_proves_it() -> None:
    asked = []

    async def texts(name: str) -> Sequence[str] | Unseen:
        asked.append(name)
        return ("v=spf1 -all", f'"{TOKEN}"')

    assert asyncio.run(unproven("shop.example", ("192.0.2.1",), TOKEN, texts)) is None
    assert asked == ["_prodproof.shop.example"]


def test_a_file_proves_it() -> None:
    async def fetch(path: str) -> bytes | Unseen:
        assert path == "/.well-known/prodproof.txt"
        return f"# ours\n{TOKEN}\n".encode()

    assert asyncio.run(unproven("shop.example", ("192.0.2.1",), TOKEN, nothing, fetch)) is None


def test_near_misses_do_not() -> None:
    async def texts(name: str) -> Sequence[str] | Unseen:
        return (TOKEN + "x", "")

    async def fetch(path: str) -> bytes | Unseen:
        return b"<html>not found " + TOKEN.encode() + b"</html>\xff" + bytes(9000)

    async def failing(name: str) -> Sequence[str] | Unseen:
        return Unseen(Reason.TIMED_OUT, "no answer")

    for look_up in (texts, failing):
        refused = asyncio.run(unproven("shop.example", ("192.0.2.1",), TOKEN, look_up, fetch))
        assert isinstance(refused, Unseen)
        assert refused.why is Reason.NOT_PERMITTED
    for token in (None, ""):
        assert asyncio.run(unproven("shop.example", ("192.0.2.1",), token, texts)) is not None


def test_services_are_told_by_the_end_of_a_chain() -> None:
    for name, service in (
        ("assets.s3.amazonaws.com", "AWS S3"),
        ("assets.s3-website-eu-west-1.amazonaws.com", "AWS S3"),
        ("assets.s3.eu-central-1.amazonaws.com", "AWS S3"),
        ("lb-1.eu-west-1.elb.amazonaws.com", "AWS load balancer"),
        ("shop.github.io", "GitHub Pages"),
        ("old.azurewebsites.net", "Microsoft Azure"),
    ):
        found = service_of((name,))
        assert found is not None, name
        assert found.name == service
    assert service_of(("shop.example", "nots3.amazonaws.com.evil.example")) is None
    assert service_of(("evilgithub.io",)) is None


def test_each_service_can_be_told() -> None:
    assert len({item.name for item in services()}) == len(services())
    for item in services():
        assert item.suffixes, item.name
        assert item.status.value == "not-vulnerable" or item.fingerprints or item.nxdomain, item.name
