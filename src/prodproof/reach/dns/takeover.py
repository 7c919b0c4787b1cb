"""Which services leave names open to be claimed by anybody, and how their pages say so."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from prodproof.facts.dns import Takeover


@dataclass(frozen=True)
class Service:
    """A provider that names are pointed at with CNAME records."""

    name: str
    suffixes: tuple[str, ...]
    fingerprints: tuple[str, ...]
    nxdomain: bool
    status: Takeover


@cache
def services() -> tuple[Service, ...]:
    """Every known service."""
    text = files("prodproof.reach.dns").joinpath("_takeover.toml").read_text("utf-8")
    return tuple(
        Service(
            name=item["name"],
            suffixes=tuple(item["suffixes"]),
            fingerprints=tuple(item.get("fingerprints", ())),
            nxdomain=item.get("nxdomain", False),
            status=Takeover(item["status"]),
        )
        for item in tomllib.loads(text)["service"]
    )


def service_of(chain: tuple[str, ...]) -> Service | None:
    """The service that a chain of CNAME targets leads to; where several fit, the one with the longest suffix."""
    best: tuple[int, Service] | None = None
    for service in services():
        for suffix in service.suffixes:
            if any(_under(name, suffix) for name in chain) and (best is None or len(suffix) > best[0]):
                best = (len(suffix), service)
    return best[1] if best else None


def _under(name: str, suffix: str) -> bool:
    labels, wanted = name.lower().rstrip(".").split("."), suffix.split(".")
    if len(labels) < len(wanted):
        return False
    return all(_label(have, want) for have, want in zip(labels[-len(wanted) :], wanted, strict=True))


def _label(have: str, want: str) -> bool:
    return have.startswith(want[:-1]) if want.endswith("*") else have == want
