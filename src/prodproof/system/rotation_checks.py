"""What does not fit together in how a secret is rotated, and what of it needs trust."""

import ipaddress
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from prodproof.system.environments import environment_of
from prodproof.system.errors import inert
from prodproof.system.rotation_tables import RotationTable
from prodproof.system.schema import SystemTables

COMMANDS = ("create", "retire", "restore", "attempt", "used")
_NEEDED = {
    "postgres": ("admin", "users"),
    "redis": ("admin", "users"),
    "django-key": ("fallbacks_ref", "signing_url"),
    "tls": ("served_url", "create", "retire", "attempt"),
    "aws-access-key": ("admin", "users"),
    "vault-database": ("admin", "roles"),
    "command": ("create", "retire", "attempt", "used"),
}
_MAY = {
    "postgres": ("user_ref", "owner_role"),
    "redis": ("user_ref",),
    "django-key": (),
    "tls": ("restore",),
    "aws-access-key": ("user_ref",),
    "vault-database": ("user_ref", "lease_ref", "owner_role"),
    "command": ("restore",),
}
_OWN = (
    "admin", "users", "user_ref", "owner_role", "roles", "lease_ref", "fallbacks_ref", "signing_url", "served_url",
    *COMMANDS,
)  # fmt: skip
"""Keys that count for some kinds only."""

_WAYS = ("pick_up", "pick_up_url", "pick_up_pid_file")


def problems_of_rotation(rotation: RotationTable, environment: str | None, tables: SystemTables) -> Iterator[str]:
    """Everything that is wrong with one rotation, one line each."""
    kind = rotation.kind
    for key in _OWN:
        needed = key in _NEEDED[kind]
        if needed and not getattr(rotation, key):
            yield f"of the kind {kind} needs {key} = …"
        if getattr(rotation, key) and not needed and key not in _MAY[kind]:
            kinds = [other for other in _NEEDED if key in (*_NEEDED[other], *_MAY[other])]
            yield f"{key} counts only for the kind {' or '.join(kinds)}"
    if kind == "aws-access-key":
        if rotation.users and len(rotation.users) != 1:
            yield 'needs the one user whose keys they are: users = ["shop-uploads"]'
    elif rotation.users and len(set(rotation.users)) != 2:
        yield 'needs the two users that take turns: users = ["shop_a", "shop_b"]'
    if rotation.roles and not (
        len(set(rotation.roles)) == len(rotation.roles) <= 2
        and all(role.startswith("vault-db:") for role in rotation.roles)
    ):
        yield 'needs the role whose leases are replaced, or the two static roles: roles = ["vault-db:database/shop"]'
    if rotation.lease_ref and len(rotation.roles) > 1:
        yield "lease_ref counts only for one role: static roles have no leases"
    if bool(rotation.load_url) == bool(rotation.load_command):
        yield "needs one of load_url and load_command: what is asked meanwhile, so that failures are seen"
    if sum(bool(getattr(rotation, key)) for key in _WAYS) > 1:
        yield f"has several of {', '.join(_WAYS)}; leave one"
    for key in ("load_url", "pick_up_url", "signing_url", "served_url"):
        url = getattr(rotation, key)
        if url and not ours(url, environment, tables):
            yield f"{key} {inert(url)} lies below no [[entry_point]] of that environment that allows test-traffic"


def asks_of_rotation(rotation: RotationTable | None) -> Iterator[tuple[str, str]]:
    """What a rotation wants to be done: pairs of what and its text, as `system.trust.Ask` has them."""
    if rotation is None:
        return
    for reference in (rotation.admin, rotation.user_ref, rotation.lease_ref, rotation.fallbacks_ref,
                      rotation.writer, *rotation.roles):  # fmt: skip
        if reference:
            yield "reads secret", reference
    for key in ("load_command", "pick_up", *COMMANDS):
        command = getattr(rotation, key)
        if command:
            yield "runs", f"{key}: {shlex.join(command)}"
    for url in (rotation.load_url, rotation.pick_up_url, rotation.signing_url, rotation.served_url):
        if url:
            yield "sends traffic", f"to {url}"
    if rotation.pick_up_pid_file:
        yield "signals", f"{rotation.pick_up_signal} to the process in {rotation.pick_up_pid_file}"


def ours(url: str, environment: str | None, tables: SystemTables) -> bool:
    """Whether an address lies on this machine, or below a declared entry point that allows test traffic."""
    if _here(urlsplit(url).hostname or ""):
        return True
    return any(
        "test-traffic" in entry.allow
        and environment_of(entry, tables) == environment
        and (url == entry.url or url.startswith(entry.url.rstrip("/") + "/"))
        for entry in tables.entry_point
    )


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
