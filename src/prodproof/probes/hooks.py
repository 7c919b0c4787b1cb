"""Which pre-commit hooks a repository has, and whether they stop a secret that was made up for them."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace

from prodproof.facts import Proof, Reason, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.hooks import HookConfiguration, HookFiles, HookTrial
from prodproof.probes.probe import probe
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.hooks.clone import clone_of
from prodproof.reach.hooks.configurations import configurations, whole
from prodproof.reach.hooks.trial import Attempt
from prodproof.reach.world import World
from prodproof.trace.patterns import cache_folder, recent
from prodproof.trace.patterns.canary import made_up, rule_of

KINDS = ("aws-access-key-id", "github-personal-access-token", "stripe-secret-key", "private-key")
"""Rules whose secrets every scanner should know."""

GIVEN = 32 * 1024 * 1024
"""Bytes of what our own hook has worked out before."""

ALL_TRIES = 240.0
"""Seconds for the tries of all configurations."""


@probe(HookFiles, per=Repository, proof=Proof.INSIDE)
def files(repository: Repository, world: World) -> Survey[HookFiles]:
    """One observation for each repository: its hook configurations."""
    reader = _whole(world.repositories[repository.path])
    if isinstance(reader, Unseen):
        return lost(HookFiles, reader.why, reader.detail)
    found = configurations(reader)
    unread = tuple(item for item in found if isinstance(item, Unseen))
    seen = HookFiles(configurations=tuple(item for item in found if isinstance(item, HookConfiguration)))
    return Survey(HookFiles, (world.inside(repository.subject, seen, reader.commit),), (*reader.gaps, *unread))


@probe(HookTrial, per=Repository, proof=Proof.ACTIVE, time_limit=ALL_TRIES + 150, needs_trust=True, tools=("git",))
def trial(repository: Repository, world: World) -> Survey[HookTrial]:
    """One observation for each repository: what its hooks did with secrets that were made up."""
    reader = _whole(world.repositories[repository.path])
    if isinstance(reader, Unseen):
        return lost(HookTrial, reader.why, reader.detail)
    seen = _tried(reader, world)
    observation = world.inside(repository.subject, seen, reader.commit)
    return Survey(HookTrial, (replace(observation, proof=Proof.ACTIVE),))


def canaries() -> Mapping[str, bytes]:
    """One file with a made-up secret for each kind, by what it is for people. They open nothing, and none is kept."""
    rules = [rule_of(id) for id in KINDS]
    return {rule.what: made_up(rule) for rule in rules}


def _tried(reader: RepositoryReader, world: World) -> HookTrial | Unseen:
    found = configurations(reader)
    known = [item for item in found if isinstance(item, HookConfiguration)]
    if not known:
        return next(
            (item for item in found if isinstance(item, Unseen)),
            Unseen(Reason.NOT_CONFIGURED, "there are no hooks that could be tried"),
        )
    deadline = time.monotonic() + ALL_TRIES
    contents = canaries()
    name = f"note-{secrets.token_hex(6)}.txt"
    with clone_of(reader) as clone:
        if isinstance(clone, Unseen):
            return clone
        # Our own hook works its rules out for seconds where it finds nothing that it worked out before.
        clone.give(recent(GIVEN), cache_folder().name)
        tried = tuple(Attempt(clone, item, name, world.tools, deadline).carry_out(contents) for item in known)
    return HookTrial(tried=tried, kinds=tuple(contents))


def _whole(reader: RepositoryReader | Unseen) -> RepositoryReader | Unseen:
    return reader if isinstance(reader, Unseen) else whole(reader)
