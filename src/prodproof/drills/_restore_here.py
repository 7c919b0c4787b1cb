"""Whether the machine that a restore runs on is one of production's own: then its files are gone with production."""

import asyncio
import ipaddress
import socket
from pathlib import Path

import psycopg

from prodproof.drills._restore_state import opened_dsn
from prodproof.drills.drill import Scene
from prodproof.facts import Unseen
from prodproof.facts.declared import DataStore
from prodproof.reach.address import addresses_of


def production_here(store: DataStore, scene: Scene) -> str | None:
    """What of production this machine is.

    A data store that is reached by a socket, or by an address of this machine (127.0.0.1 among them), lies on it; so
    does one whose declared source is there. A declared host is this machine if one of its addresses is, other than
    those by which every machine calls itself.

    Returns:
        In words; empty where all that is declared lies elsewhere; None where nothing says where production is.
    """
    looked = False
    if store.restore.source is not None:
        looked = True
        if (Path(scene.declared.root or ".") / store.restore.source).exists():
            return f"what holds {store.name} itself"
    dsn = opened_dsn(store, scene)
    hosts = None if isinstance(dsn, Unseen) else _hosts(dsn.reveal())
    if hosts is not None:
        looked = True
        if any(host.startswith("/") or any(map(_is_ours, _addresses(host, scene))) for host in hosts):
            return f"the server of {store.name}"
    for known in scene.declared.hosts:
        looked = True
        named = known.addresses or _addresses(known.name, scene)
        if any(_is_ours(item) and not ipaddress.ip_address(item).is_loopback for item in named):
            return f"the host {known.name}"
    return "" if looked else None


def _hosts(dsn: str) -> tuple[str, ...] | None:
    """The servers of a connection string; none named is a socket of this machine."""
    try:
        given = psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        return None
    text = str(given.get("hostaddr") or given.get("host") or "")
    return tuple(part for part in text.split(",") if part) or ("/",)


def _addresses(host: str, scene: Scene) -> tuple[str, ...]:
    found = asyncio.run(addresses_of(host, scene.world.settings))
    return () if isinstance(found, Unseen) else found


def _is_ours(address: str) -> bool:
    """Whether an address is one of this machine's: only then can a socket be bound to it."""
    try:
        version = ipaddress.ip_address(address).version
        with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as tried:
            tried.bind((address, 0))
    except (OSError, ValueError):
        return False
    return True
