"""Searches for the declared secrets and for all that looks like one, as facts."""

import hashlib
import hmac
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Secret as DeclaredSecret
from prodproof.facts.declared import SecretRule
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.reach.secrets.components import components_of
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.world import World
from prodproof.trace.cache import Cache
from prodproof.trace.finding import Finding
from prodproof.trace.patterns import (
    PatternMatcher,
    Rule,
    cache_folder,
    load_pack,
    own_rules,
    rule_set_digest,
    without_doubles,
)
from prodproof.trace.patterns.allow import not_allowed
from prodproof.trace.search import Search, first_of_each
from prodproof.trace.stream import Matcher, Source
from prodproof.trace.values import NotSearchableError, ValueMatcher, Wanted

SEARCH_TIME = 840.0
"""Seconds after which a search is ended; what was not read by then is said."""

DYNAMIC = frozenset({"vault-db"})
"""References to logins that are made for each reader: there is no value that could stand anywhere."""

_MAKING = threading.Lock()


@dataclass(frozen=True)
class Known:
    """The values that are searched for, and the declared secrets that are not among them."""

    wanted: tuple[Wanted, ...]
    unresolved: tuple[Unsearched, ...]


def known_values(world: World, secrets: Sequence[DeclaredSecret] | None = None) -> Known:
    """The values of declared secrets, component by component (the password inside a URL, not the URL).

    Public ones are left out. Without trust nothing is resolved, and each one is `not-permitted`.

    Args:
        secrets: the environment's, if None.
    """
    declared = world.declared
    wanted: list[Wanted] = []
    unresolved: list[Unsearched] = []
    with Stores(declared) as stores:
        for secret in declared.secrets if secrets is None else secrets:
            if secret.public or secret.kind in DYNAMIC:
                continue
            value = stores.read(secret)
            if isinstance(value, Unseen):
                unresolved.append(Unsearched(path=secret.name, why=value.why, detail=value.detail))
                continue
            parts = [
                Wanted(f"{secret.name} ({part.name})" if part.name else secret.name, part.value)
                for part in components_of(value)
            ]
            searchable = [part for part in parts if _is_searchable(part)]
            wanted += searchable
            if len(searchable) < len(parts) or not parts:
                detail = "it is too short: finding it, or not, would mean nothing"
                unresolved.append(Unsearched(path=secret.name, why=Reason.INCOMPLETE, detail=detail))
    return Known(tuple(wanted), tuple(unresolved))


def known_everywhere(world: World) -> Known:
    """The values of every environment's secrets; of those that could not be had, only this environment's are told, for
    a look at production does not depend on what staging's manager says.
    """
    known = known_values(world, world.declared.all_secrets)
    own = {secret.name for secret in world.declared.secrets}
    return replace(known, unresolved=tuple(item for item in known.unresolved if item.path in own))


def kept_searches(world: World, known: Known | None = None, *, patterns: bool = True) -> Cache | None:
    """Where it is kept what such a search has read before; for sources that can make use of it.

    None where there is no fingerprint key, so that nothing would fit the next time.
    """
    key = world.settings.fingerprint_key
    if not key:
        return None
    digest = hmac.new(key, b"searched for\0", hashlib.sha256)
    if patterns:
        digest.update(rule_set_digest(_rules(world.declared.secret_rules)).encode())
    # Keyed, since a plain digest would let anybody who guesses a value check it.
    told = sorted(hmac.new(key, item.octets(), hashlib.sha256).digest() for item in known.wanted) if known else []
    digest.update(b"\0".join((b"", *told)))
    return Cache.of_user(digest.hexdigest())


def trace(world: World, sources: Sequence[Source], *, known: Known | None = None, patterns: bool = True) -> Traced:
    """Search sources.

    Args:
        known: exact values to search for, too.
        patterns: search for all that looks like a secret.
    """
    # Fingerprints are never made without a key; one that nobody keeps only tells the findings of this search apart.
    declared, key = world.declared, world.settings.fingerprint_key or os.urandom(32)
    matchers: list[Matcher] = []
    rules = _rules(declared.secret_rules) if patterns else ()
    if rules:
        matchers.append(_matcher(rules, key))
    if known is not None and known.wanted:
        matchers.append(ValueMatcher(known.wanted, key))
    base = Traced(
        rules=len(rules),
        values=len(known.wanted) if known else 0,
        unresolved=known.unresolved if known else (),
    )
    if not matchers or not sources:
        return base
    search = Search(sources, matchers)
    timer = threading.Timer(SEARCH_TIME, search.stop)
    timer.daemon = True
    timer.start()
    try:
        outcome = search.run()
    finally:
        timer.cancel()
    found = tuple(first_of_each(outcome.findings))
    kept = not_allowed(found, declared.secrets_allowed, world.now.date())
    return replace(
        base,
        seen=tuple(_seen(item) for item in kept),
        more=outcome.more,
        unsearched=tuple(
            Unsearched(path=gap.path or gap.place, why=gap.why, detail=gap.detail) for gap in outcome.gaps
        ),
        bytes_read=outcome.bytes_read,
        allowed=len(found) - len(kept),
    )


@lru_cache(maxsize=4)
def _rules(own: tuple[SecretRule, ...]) -> tuple[Rule, ...]:
    return without_doubles((*load_pack(), *own_rules(own)))


def _matcher(rules: tuple[Rule, ...], key: bytes) -> PatternMatcher:
    # Every search of a run has the same rules, and making their matcher takes longer than many a search: those that
    # begin at the same time wait for the first one's.
    with _MAKING:
        return _made(rules, key)


@lru_cache(maxsize=2)
def _made(rules: tuple[Rule, ...], key: bytes) -> PatternMatcher:
    return PatternMatcher(rules, key, cache_folder())


def _is_searchable(wanted: Wanted) -> bool:
    try:
        return bool(wanted.octets())
    except NotSearchableError:
        return False


def _seen(item: Finding) -> SecretSeen:
    return SecretSeen(
        what=item.kind,
        rule=item.rule,
        path=item.path,
        finding=item.id,
        fingerprint=item.fingerprint,
        line=item.line,
        encoding=item.encoding,
        commit=item.commit,
        date=item.date,
        context=item.context,
    )
