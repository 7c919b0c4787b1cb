"""The paths of a Vault at which it matters what somebody may do.

Source: Vault's HTTP API documentation, "KV secrets engine - version 2", "System backend", "Identity", "Token".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from secrets import token_hex

from prodproof.facts.secrets import ListedSecret

_VALUE = frozenset({"create", "read", "update", "patch", "delete", "recover"})
_CHANGES = _VALUE - {"read"}
_WRITES = frozenset({"create", "update", "patch", "delete"})


@dataclass(frozen=True)
class Place:
    """A path to ask for."""

    path: str
    """As policies have it."""

    name: str
    """As references have it, and as it is called in findings."""

    counted: frozenset[str]
    """Capabilities that count there."""

    future: bool = False
    """It was made up, and stands for whatever comes to lie in `name`."""


SYSTEM = (
    Place("sys/policies/acl/prodproof", "sys/policies/acl", _WRITES),
    Place("sys/policy/prodproof", "sys/policy", _WRITES),
    Place("sys/auth/prodproof", "sys/auth", _WRITES),
    Place("sys/mounts/prodproof", "sys/mounts", _WRITES),
    Place("sys/remount", "sys/remount", _WRITES),
    Place("sys/audit/prodproof", "sys/audit", _WRITES),
    Place("sys/raw/prodproof", "sys/raw", _WRITES | {"read"}),
    Place("sys/storage/raft/snapshot", "sys/storage/raft/snapshot", _WRITES | {"read"}),
    Place("sys/seal", "sys/seal", _WRITES),
    Place("sys/rekey/init", "sys/rekey", _WRITES),
    Place("sys/generate-root/attempt", "sys/generate-root", _WRITES),
    Place("auth/token/create-orphan", "auth/token/create-orphan", _WRITES),
    Place("identity/entity/prodproof", "identity/entity", _WRITES),
    Place("identity/entity/name/prodproof", "identity/entity", _WRITES),
    Place("identity/group/prodproof", "identity/group", _WRITES),
)
"""Who may write these may do everything, or make traces vanish."""


def places_of(stored: Sequence[ListedSecret]) -> Iterator[Place]:
    """Every stored secret, a made-up one in each engine, and the paths of Vault itself."""
    mounts: dict[str, str] = {}
    for item in stored:
        yield Place(item.path, item.name, _VALUE)
        mount, kind = _mount(item)
        mounts[mount] = kind
        if kind == "data/":
            for other in ("metadata/", "delete/", "undelete/", "destroy/"):
                yield Place(f"{mount}{other}{item.name[len(mount) :]}", item.name, _CHANGES)
    made_up = f"prodproof-{token_hex(4)}"
    for mount, kind in sorted(mounts.items()):
        yield Place(f"{mount}{kind}{made_up}/none", mount, _VALUE, future=True)
    yield from SYSTEM


def _mount(item: ListedSecret) -> tuple[str, str]:
    """The mount of a listed secret, and what stands behind it in paths: `data/` for version 2 of KV."""
    parts = item.name.split("/")
    for count in range(1, len(parts)):
        mount, rest = "/".join(parts[:count]) + "/", "/".join(parts[count:])
        for kind in ("data/", "creds/", "static-creds/"):
            if item.path == f"{mount}{kind}{rest}":
                return mount, kind
    return f"{parts[0]}/", ""
