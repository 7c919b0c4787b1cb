"""Production and staging/development share no secret.

Risk: A secret that staging shares is guarded by staging.
Verified: The fingerprints of all declared secrets of all environments, read from their managers, and of everything
secret in the settings and process of each declared Django application, of every environment, are compared under one key
per system, which is kept outside the ledger: component by component (the password inside a DATABASE_URL, not the URL).
Production is compared with each environment that is none; what one environment uses twice is no finding. Public and
empty values are left out. Without a key, with an environment of which nothing is declared, or with a secret or
application that could not be read, it is unknown, unless something shared was seen. No value leaves the process.
Mend: Issue every credential once per environment, and rotate those that were shared.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.secret_use import EnvironmentSecrets, KnownValue, SecretsByEnvironment
from prodproof.facts.traced import Unsearched
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("secrets.distinct-per-environment", seeds="M-S4 L-4", proof="inside", severity="high")
def judge(system: SecretsByEnvironment) -> Verdict:
    """The whole system; what is shared counts even where not everything could be read."""
    production = [item for item in system.environments if item.production]
    others = [item for item in system.environments if not item.production]
    if not production or not others:
        return unknown(Reason.NOT_DECLARED, "only one kind of environment is declared: there is nothing to compare")
    if findings := [finding for ours in production for other in others for finding in _shared(ours, other)]:
        return broken(*findings)
    for item in system.environments:
        if item.unread:
            first = item.unread[0]
            more = f" (and {len(item.unread) - 1} more)" if len(item.unread) > 1 else ""
            return unknown(first.why, f"{first.path} of {item.name} could not be compared: {first.detail}{more}")
        if not item.values:
            return unknown(Reason.NOT_DECLARED, f"no secret of {item.name} is declared or known: [[secret]]")
    counts = ", ".join(
        f"{len({value.fingerprint for value in item.values})} of {item.name}" for item in system.environments
    )
    return holds(f"no value is shared: {counts}")


def _shared(ours: EnvironmentSecrets, other: EnvironmentSecrets) -> Iterator[Finding]:
    """One finding for each value that both have, by the first name that each gives it."""
    here, there = _named(ours), _named(other)
    for fingerprint, name in there.items():
        if fingerprint in here:
            yield Finding(
                "shared",
                f"{other.name} shares a secret with {ours.name}: {name} there is {here[fingerprint]} here",
                key=f"{ours.name}: {here[fingerprint]}, {other.name}: {name}",
                mend=f"issue another one for {other.name}, and rotate the one of {ours.name}",
            )


def _named(environment: EnvironmentSecrets) -> dict[str, str]:
    # The first name stays: declared secrets come before what applications have.
    return {value.fingerprint: value.name for value in reversed(environment.values)}


_DATABASE = KnownValue(name="the secret database (password)", fingerprint="00112233445566778899aabbccddeeff")
_KEY = KnownValue(name="the secret secret-key", fingerprint="112233445566778899aabbccddeeff00")
_OURS = EnvironmentSecrets(name="production", production=True, values=(_DATABASE, _KEY))
_THEIR_DATABASE = KnownValue(name="the secret staging-database", fingerprint="2233445566778899aabbccddeeff0011")
_THEIR_KEY = KnownValue(name="the setting SECRET_KEY", fingerprint="33445566778899aabbccddeeff001122")
_THEIRS = EnvironmentSecrets(name="staging", production=False, values=(_THEIR_DATABASE, _THEIR_KEY))
_DISTINCT = SecretsByEnvironment(environments=(_OURS, _THEIRS))
_LOST = Unsearched(path="the secret staging-key", why=Reason.DENIED, detail="Vault refuses it")
_SAME = replace(_THEIR_DATABASE, fingerprint=_DATABASE.fingerprint)


def _staging(**changes: Any) -> SecretsByEnvironment:
    return SecretsByEnvironment(environments=(_OURS, replace(_THEIRS, **changes)))


EXAMPLES = (
    Example("nothing is shared", _DISTINCT, holds, says="2 of production, 2 of staging"),
    Example(
        "staging uses production's database password",
        _staging(values=(_SAME, _THEIR_KEY)),
        broken,
        says="the secret staging-database there is the secret database (password) here",
    ),
    Example(
        "shared, and something was not read",
        _staging(values=(_SAME,), unread=(_LOST,)),
        broken,
        says="staging shares",
    ),
    Example(
        "one that was not read",
        _staging(unread=(_LOST,)),
        unknown,
        says="the secret staging-key of staging could not be compared",
        reason=Reason.DENIED,
    ),
    Example(
        "of production one that was not read",
        SecretsByEnvironment(environments=(replace(_OURS, unread=(_LOST, _LOST)), _THEIRS)),
        unknown,
        says="(and 1 more)",
        reason=Reason.DENIED,
    ),
    Example(
        "nothing is known of staging",
        _staging(values=()),
        unknown,
        says="no secret of staging",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "only production is declared",
        SecretsByEnvironment(environments=(_OURS,)),
        unknown,
        says="only one kind",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "no production is declared",
        SecretsByEnvironment(environments=(_THEIRS,)),
        unknown,
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "one value with two names is one finding",
        _staging(values=(_SAME, replace(_SAME, name="the setting DATABASES.default.PASSWORD"), _THEIR_KEY)),
        broken,
        says="the secret staging-database there",
    ),
    Example(
        "two values are two findings",
        _staging(values=(_SAME, replace(_THEIR_KEY, fingerprint=_KEY.fingerprint))),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "two environments beside production may share",
        SecretsByEnvironment(environments=(_OURS, _THEIRS, replace(_THEIRS, name="development"))),
        holds,
    ),
    Example(
        "one environment may use a value twice",
        _staging(values=(*_THEIRS.values, replace(_THEIR_KEY, name="the variable SHOP_SECRET_KEY"))),
        holds,
        says="2 of staging",
    ),
)
