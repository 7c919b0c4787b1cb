"""Whether the machine that a restore runs on is one of production's own: then its files are gone with production."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

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
        In words; empty where all that is declared lies elsewhere; None where nothing says where production is, or where
        something of it could not be looked up.
    """
    looked: list[bool | None] = []
    if store.restore.source is not None:
        looked.append((Path(scene.declared.root or ".") / store.restore.source).exists())
        if looked[-1]:
            return f"what holds {store.name} itself"
    if store.dsn is not None:
        dsn = opened_dsn(store, scene)
        hosts = None if isinstance(dsn, Unseen) else _hosts(dsn.reveal())
        looked += [None] if hosts is None else [host.startswith("/") or _one_is_ours((host,), scene) for host in hosts]
        if True in looked:
            return f"the server of {store.name}"
    for known in scene.declared.hosts:
        looked.append(_one_is_ours(known.addresses or (known.name,), scene, loopback=False))
        if looked[-1]:
            return f"the host {known.name}"
    return "" if looked and None not in looked else None


def _hosts(dsn: str) -> tuple[str, ...] | None:
    """The servers of a connection string; a socket of this machine is a path. None: it cannot be read."""
    try:
        if dsn.startswith(("mysql", "mariadb")):
            parts = urlsplit(dsn)
            return ("/",) if "unix_socket" in parse_qs(parts.query) else (parts.hostname or "/",)
        given = psycopg.conninfo.conninfo_to_dict(dsn)
    except (psycopg.Error, ValueError):
        return None
    text = str(given.get("hostaddr") or given.get("host") or "")
    return tuple(part for part in text.split(",") if part) or ("/",)


def _one_is_ours(names: Iterable[str], scene: Scene, *, loopback: bool = True) -> bool | None:
    """Whether one of these names or addresses is this machine's; None where none was, and one does not resolve."""
    unseen = False
    for name in names:
        found = asyncio.run(addresses_of(name, scene.world.settings))
        if isinstance(found, Unseen):
            unseen = True
        elif any(_is_ours(item) and (loopback or not ipaddress.ip_address(item).is_loopback) for item in found):
            return True
    return None if unseen else False


def _is_ours(address: str) -> bool:
    """Whether an address is one of this machine's: only then can a socket be bound to it."""
    try:
        version = ipaddress.ip_address(address).version
        with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as tried:
            tried.bind((address, 0))
    except (OSError, ValueError):
        return False
    return True
