"""How a probe is written down, and where the plan finds it."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import (
    Artifact,
    Backup,
    DataStore,
    Declared,
    DjangoApp,
    EntryPoint,
    Host,
    Log,
    Permission,
    Repository,
    Secret,
    SecretManager,
    Zone,
)
from prodproof.reach.world import World

Answer = Survey[Any] | tuple[Survey[Any], ...]
Observe = Callable[[Any, World], Answer | Awaitable[Answer]]

UNDECLARED = {
    Repository: Unseen(Reason.NOT_DECLARED, "no repository is declared"),
    EntryPoint: Unseen(Reason.NOT_DECLARED, "no entry point is declared for this environment"),
    Host: Unseen(Reason.NOT_DECLARED, "no host is declared for this environment"),
    DataStore: Unseen(Reason.NOT_DECLARED, "no data store is declared for this environment"),
    Zone: Unseen(Reason.NOT_CONFIGURED, "no zone data: name a zone file or a list of names under [[zone]]"),
    DjangoApp: Unseen(Reason.NOT_CONFIGURED, "no [[django]] command is declared, so effective settings are not read"),
    Secret: Unseen(Reason.NOT_DECLARED, "no secret is declared for this environment"),
    SecretManager: Unseen(Reason.NOT_DECLARED, "no secret manager is declared for this environment"),
    Log: Unseen(Reason.NOT_DECLARED, "no log is declared for this environment"),
    Backup: Unseen(Reason.NOT_DECLARED, "no backup is declared for this environment"),
    Artifact: Unseen(Reason.NOT_DECLARED, "no artifact is declared: the builds are not known"),
}
"""What a survey says when there is nothing of the declared type that a probe runs over."""


@dataclass(frozen=True)
class Probe:
    """A way to observe something, and what it needs."""

    name: str
    """Its module in `probes/`, dotted; what the plan prints."""

    facts: tuple[type[Any], ...]
    per: type[Any]
    """It runs once for each declared thing of this type, or once for the whole `Declared`."""

    proof: Proof
    observe: Observe
    time_limit: float
    """Seconds after which it counts as timed-out."""

    visitor: bool = False
    """Does only what any visitor's browser does, so that `verify URL` may run it."""

    permission: Permission | None = None
    """What the target must allow, beside trust and proof of ownership."""

    needs_trust: bool = False
    """Runs something of the repository or resolves secret references."""

    tools: tuple[str, ...] = ()
    """Programs without which it does not run at all."""

    optional_tools: tuple[str, ...] = ()
    """Programs that it runs where they are installed; without one it answers for less."""

    by_commit: bool = False
    """Its answer depends on the repository's commit and on the builds of its tools alone, so an earlier answer for a
    clean commit is reused."""

    reuse_for: timedelta | None = None
    """An earlier answer not older than this is reused, its age printed."""

    after: tuple[type[Any], ...] = ()
    """Types of fact that it asks `world.previous` for: the probes that observe them go first in a run."""

    @property
    def undeclared(self) -> Unseen | None:
        """What it says when nothing of type `per` is declared."""
        return UNDECLARED.get(self.per)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.observe)


def probe(
    *facts: type[Any],
    per: type[Any],
    proof: Proof,
    time_limit: float = 30.0,
    visitor: bool = False,
    permission: Permission | None = None,
    needs_trust: bool = False,
    tools: tuple[str, ...] = (),
    optional_tools: tuple[str, ...] = (),
    by_commit: bool = False,
    reuse_for: timedelta | None = None,
    after: tuple[type[Any], ...] = (),
) -> Callable[[Observe], Probe]:
    """Declare a probe: `observe(about, world) -> Survey`, or a tuple of surveys, one per type in `facts`.

    A plain function runs in a thread; an `async def` on the event loop, where it must not block. Whatever it raises
    becomes `Unseen(crashed)`; what it cannot reach it says as `Unseen` itself, with the true reason.
    See `Probe` for the arguments.
    """

    def decorate(observe: Observe) -> Probe:
        return Probe(
            name=observe.__module__.removeprefix("prodproof.probes."),
            facts=facts,
            per=per,
            proof=proof,
            observe=observe,
            time_limit=time_limit,
            visitor=visitor,
            permission=permission,
            needs_trust=needs_trust,
            tools=tools,
            optional_tools=optional_tools,
            by_commit=by_commit,
            reuse_for=reuse_for,
            after=after,
        )

    return decorate


@cache
def registered() -> tuple[Probe, ...]:
    """Every probe in this folder (and its sub-folders), sorted by name. Two probes for one fact type are an error."""
    import prodproof.probes as room

    found: dict[str, Probe] = {}
    owner: dict[type[Any], str] = {}
    for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if info.name.rpartition(".")[2].startswith("_"):
            continue
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, Probe) and value.name == info.name.removeprefix("prodproof.probes."):
                key = f"{value.name}:{value.facts[0].__name__}"
                found[key] = value
                for fact in value.facts:
                    if owner.setdefault(fact, key) != key:
                        raise TypeError(f"{fact.__name__} is observed by both {owner[fact]} and {key}")
    return tuple(found[key] for key in sorted(found))


def targets(probe: Probe, declared: Declared) -> tuple[Any, ...]:
    """The declared things that a probe runs over; empty when there are none."""
    if probe.per is Declared:
        return (declared,)
    by_type: dict[type[Any], tuple[Any, ...]] = {
        Repository: declared.repositories,
        EntryPoint: declared.entry_points,
        Host: declared.hosts,
        DataStore: declared.data_stores,
        Zone: declared.zones,
        DjangoApp: declared.django,
        Secret: declared.secrets,
        SecretManager: declared.secret_managers,
        Log: declared.logs,
        Backup: declared.backups,
        Artifact: declared.artifacts,
    }
    return by_type[probe.per]
