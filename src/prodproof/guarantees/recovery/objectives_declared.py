"""RTO and RPO are declared for every data store and for each scenario: service restart, logical corruption, loss of
the host.

Risk: Without an agreed objective every backup is good enough until the day it is not.
Verified: The system file: each [[data_store]] but caches has `rto` and `rpo`, and each has a [[data_store.scenario]] of
each kind with both of them, `service-restart` with `rto` alone. What lies in a file (SQLite) is not started anew; files
and buckets have one way back, and caches are only started anew. Each store that the application uses, by its settings,
its source or its infrastructure files, is declared.
Mend: Write rto and rpo for each data store into the system file, with whoever owns the business risk.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import DataStore, Declared, Scenario, ScenarioKind
from prodproof.facts.stores_in_use import StoreInUse, StoresInUse
from prodproof.guarantees.recovery._stores import shown, undeclared, ways_of_losing
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP


@guarantee("recovery.objectives-declared", seeds="M-B2 M-text", proof="inside", severity="medium")
def judge(fact: StoresInUse, declared: Declared) -> Verdict:
    """The system."""
    findings = [
        Finding(
            "undeclared",
            f"{shown(store)} is not declared, and so has no objectives",
            store.location,
            key=f"{store.kind}:{store.name}",
            mend='declare it as [[data_store]]; of the kind "cache" if it can be made anew',
        )
        for store in undeclared(fact.found, declared.data_stores)
    ]
    findings += [finding for store in declared.data_stores for finding in _missing(store)]
    if findings:
        return broken(*findings)
    if not declared.data_stores:
        return unknown(Reason.NOT_DECLARED, "no data store is declared, and none was found")
    return holds(", ".join(store.name for store in declared.data_stores))


def _missing(store: DataStore) -> Iterator[Finding]:
    for key in _unset(("rto", store.rto), ("rpo", store.rpo)) if store.lasting else ():
        yield Finding("no-objective", f"{store.name} has no {key}", store.location, key=f"{store.name}:{key}")
    for kind in ways_of_losing(store.kind):
        if not any(scenario.kind is kind for scenario in store.scenarios):
            message = f"{store.name} has no scenario of the kind {kind.value}"
            yield Finding("no-scenario", message, store.location, key=f"{store.name}:{kind.value}")
    for scenario in store.scenarios:
        # What is only started anew loses nothing.
        lost = () if scenario.kind is ScenarioKind.SERVICE_RESTART else (("rpo", scenario.rpo),)
        for key in _unset(("rto", scenario.rto), *lost):
            message = f'{store.name} has no {key} for "{scenario.name}"'
            yield Finding("no-objective", message, store.location, key=f"{store.name}/{scenario.name}:{key}")


def _unset(*objectives: tuple[str, int | None]) -> list[str]:
    return [key for key, value in objectives if value is None]


_RESTART, _CORRUPTION, _LOSS = (Scenario(name=kind.value, kind=kind, rto=3600, rpo=300) for kind in ScenarioKind)
_DATABASE = DataStore(name="database", kind="postgres", rto=3600, rpo=300, scenarios=(_RESTART, _CORRUPTION, _LOSS))
_UPLOADS = DataStore(name="uploads", kind="folder", rto=3600, rpo=300, scenarios=(_LOSS,))
_SESSIONS = DataStore(name="sessions", kind="cache", scenarios=(_RESTART,))
_FACT = StoresInUse(
    found=(StoreInUse(kind="postgres", name="default"), StoreInUse(kind="files", name="MEDIA_ROOT", place="/srv/media"))
)


def _shop(*stores: DataStore) -> Declared:
    return replace(SHOP, data_stores=stores)


EXAMPLES = (
    Example("a database and files", _FACT, holds, _shop(_DATABASE, _UPLOADS), says="database, uploads"),
    Example(
        "a database without an RTO", _FACT, broken, _shop(replace(_DATABASE, rto=None), _UPLOADS), says="has no rto"
    ),
    Example(
        "a database without an RPO", _FACT, broken, _shop(replace(_DATABASE, rpo=None), _UPLOADS), says="has no rpo"
    ),
    Example("nothing may be lost", _FACT, holds, _shop(replace(_DATABASE, rpo=0), _UPLOADS)),
    Example(
        "nobody thought of a restart",
        _FACT,
        broken,
        _shop(replace(_DATABASE, scenarios=(_CORRUPTION, _LOSS)), _UPLOADS),
        says="database has no scenario of the kind service-restart",
    ),
    Example(
        "nobody thought of a deleted table",
        _FACT,
        broken,
        _shop(replace(_DATABASE, scenarios=(_RESTART, _LOSS)), _UPLOADS),
        says="logical-corruption",
    ),
    Example(
        "nobody thought of losing all files",
        _FACT,
        broken,
        _shop(_DATABASE, replace(_UPLOADS, scenarios=(_CORRUPTION,))),
        says="uploads has no scenario of the kind total-loss",
    ),
    Example(
        "a bucket is not started anew",
        _FACT,
        holds,
        _shop(_DATABASE, replace(_UPLOADS, kind="s3")),
    ),
    Example(
        "a scenario without an objective",
        _FACT,
        broken,
        _shop(replace(_DATABASE, scenarios=(_RESTART, _CORRUPTION, replace(_LOSS, rto=None))), _UPLOADS),
        says='database has no rto for "total-loss"',
    ),
    Example(
        "a scenario of no kind, without an objective",
        _FACT,
        broken,
        _shop(replace(_DATABASE, scenarios=(_RESTART, _CORRUPTION, _LOSS, Scenario(name="a typo", rto=60))), _UPLOADS),
        says='database has no rpo for "a typo"',
    ),
    Example(
        "nothing is lost when it is started anew",
        _FACT,
        holds,
        _shop(replace(_DATABASE, scenarios=(replace(_RESTART, rpo=None), _CORRUPTION, _LOSS)), _UPLOADS),
    ),
    Example(
        "a restart without an RTO",
        _FACT,
        broken,
        _shop(replace(_DATABASE, scenarios=(replace(_RESTART, rto=None), _CORRUPTION, _LOSS)), _UPLOADS),
        says='database has no rto for "service-restart"',
    ),
    Example(
        "a loss without an RPO",
        _FACT,
        broken,
        _shop(replace(_DATABASE, scenarios=(_RESTART, _CORRUPTION, replace(_LOSS, rpo=None))), _UPLOADS),
        says='database has no rpo for "total-loss"',
    ),
    Example("a cache", _FACT, holds, _shop(_DATABASE, _UPLOADS, _SESSIONS)),
    Example("only a cache", StoresInUse(), holds, _shop(_SESSIONS), says="sessions"),
    Example(
        "nobody thought of starting the cache anew",
        StoresInUse(),
        broken,
        _shop(replace(_SESSIONS, scenarios=(_LOSS,))),
        says="sessions has no scenario of the kind service-restart",
    ),
    Example(
        "a file of SQLite",
        StoresInUse(),
        holds,
        _shop(replace(_DATABASE, kind="sqlite3", scenarios=(_CORRUPTION, _LOSS))),
    ),
    Example(
        "a file of SQLite, and nobody thought of a deleted table",
        StoresInUse(),
        broken,
        _shop(replace(_DATABASE, kind="sqlite3", scenarios=(_LOSS,))),
    ),
    Example(
        "a file of SQLite, and nobody thought of losing it",
        StoresInUse(),
        broken,
        _shop(replace(_DATABASE, kind="sqlite3", scenarios=(_CORRUPTION,))),
    ),
    Example(
        "nobody thought of losing the bucket",
        StoresInUse(),
        broken,
        _shop(replace(_UPLOADS, kind="s3", scenarios=())),
    ),
    Example(
        "files that are not declared",
        _FACT,
        broken,
        _shop(_DATABASE),
        says="MEDIA_ROOT (files at /srv/media) is not declared",
    ),
    Example("none is declared, and none found", StoresInUse(), unknown, reason=Reason.NOT_DECLARED),
)
