"""Backups run automatically, often enough for the declared recovery point objective.

Risk: You believe that you lose an hour at worst; the last complete copy is from yesterday.
Verified: For every [[data_store]], the restore points of all its backups: the longest time from the start of one to the
moment at which the next was whole, in the last 30 days (or as long as they are kept), and from the start of the newest
until now, against `rpo`. Those that lie `offsite` must do alone for the total loss, whose scenario may have an `rpo` of
its own. Where a tool does not say when a copy was begun, `takes_at_most` of the store's [restore] counts. Older copies
that were thinned out say nothing, one alone is no proof. Where copies come too seldom, PostgreSQL's continuous
archiving is enough: `archive_timeout`, segments that wait, and whether what is archived really lies beside the copies,
or how far Barman is behind that takes the log as it is written; it needs `dsn` and a role with pg_monitor. A store of
the kind "cache" needs none. The lag as a row experiences it is measured by the drill `point-in-time`.
Mend: Run backups more often than the objective and ship WAL continuously; measure by the worst gap, not by the newest
file.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Scenario, ScenarioKind
from prodproof.facts.store_backups import Archiving, BackupMoments, Moment, StoreBackups, UnlistedBackup
from prodproof.guarantees._spans import span
from prodproof.guarantees.recovery._archived_log import EXAMPLES as LOG_EXAMPLES
from prodproof.guarantees.recovery._archived_log import MINUTES, REFUSED, by_log
from prodproof.guarantees.recovery._intervals import gaps_of, point_of, without_thinned
from prodproof.verdicts import Example, Finding, Kind, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON
from prodproof.verdicts.verdict import fold

_MONTH = timedelta(days=30)
_HOUR = timedelta(hours=1)


@guarantee("recovery.backups-meet-rpo", seeds="M-B1 H-7", proof="inside", severity="critical")
def judge(fact: StoreBackups, declared: DataStore) -> Verdict:
    """One declared data store."""
    if not declared.lasting:
        return holds("a cache: what is in it can be made anew")
    if not fact.backups and not fact.unlisted:
        return broken(Finding("no-backup", "no [[backup]] is declared to hold copies of it", key="none"))
    if declared.rpo is None:
        return unknown(Reason.NOT_DECLARED, "no recovery point objective is declared: rpo of [[data_store]]")
    verdicts = [_of(fact, declared, declared.rpo)]
    lost = [scenario.rpo for scenario in declared.scenarios if scenario.kind is ScenarioKind.TOTAL_LOSS]
    away = replace(
        fact,
        backups=tuple(item for item in fact.backups if item.offsite),
        unlisted=tuple(item for item in fact.unlisted if item.offsite),
    )
    if away.backups or away.unlisted:
        # When the host is lost, only these are left.
        told = [rpo for rpo in lost if rpo is not None]
        verdicts.append(_elsewhere(_of(away, declared, min(told, default=declared.rpo))))
    kind = fold(tuple(verdict.kind for verdict in verdicts))
    leading = [verdict for verdict in verdicts if verdict.kind is kind]
    if kind is Kind.BROKEN:
        return broken(*(finding for verdict in leading for finding in verdict.findings))
    return leading[0] if kind is Kind.UNKNOWN else holds("; ".join(verdict.message for verdict in leading))


def _elsewhere(verdict: Verdict) -> Verdict:
    """A verdict about the copies that lie apart from production."""
    message = f"off-site: {verdict.message}"
    findings = (
        replace(item, message=f"off-site: {item.message}", key=f"off-site {item.key}") for item in verdict.findings
    )
    return replace(verdict, message=message, findings=tuple(findings))


def _of(fact: StoreBackups, declared: DataStore, objective: int) -> Verdict:
    """Whether these copies, or the log beside them, come often enough: one way is enough."""
    rpo = timedelta(seconds=objective)
    logged = [item for item in fact.backups if item.log_until]
    ways = (
        list(by_log(fact.archiving, logged, rpo, fact.looked))
        if logged and isinstance(fact.archiving, Archiving)
        else []
    )
    ways.append(_by_copies(fact, rpo, timedelta(seconds=declared.restore.takes_at_most)))
    if enough := next((way for way in ways if way.kind is Kind.HOLDS), None):
        return enough
    if logged and isinstance(fact.archiving, Unseen):
        return unknown(fact.archiving.why, fact.archiving.detail)
    if fact.unlisted:
        first = fact.unlisted[0]
        return unknown(first.unseen.why, f"{first.backup}: {first.unseen.detail}")
    return ways[0]


def _by_copies(fact: StoreBackups, rpo: timedelta, takes: timedelta) -> Verdict:
    moments = [moment for item in fact.backups for moment in item.moments]
    if not moments:
        return broken(Finding("empty", "there is no restore point of it", key="empty", mend="make a copy now"))
    points = [point for moment in moments if (point := point_of(moment, takes))]
    if len(points) < len(moments):
        return unknown(Reason.INCOMPLETE, "when some of its copies were made is not known")
    points.sort(key=lambda point: point.whole)
    allowed = f"{span(rpo)} may be lost"
    since = fact.looked - max(point.begun[1] for point in points)
    if since > rpo:
        return broken(Finding("too-old", f"the newest copy was begun {span(since)} ago; {allowed}", key="newest"))
    kept = min(timedelta(seconds=fact.keep), _MONTH) if fact.keep is not None else _MONTH
    gaps = [gap for gap in gaps_of(points) if fact.looked - gap.until <= kept]
    counted = without_thinned(gaps, rpo)
    if not counted:
        return unknown(Reason.INSUFFICIENT_PROOF, "there is one copy only: nothing shows yet that they are made often")
    worst = max(counted, key=lambda gap: gap.least)
    if worst.least > rpo:
        message = f"{span(worst.least)} passed until a copy was whole on {worst.until:%Y-%m-%d at %H:%M}; {allowed}"
        return broken(Finding("too-seldom", message, key="interval"))
    most = max(*(gap.most for gap in counted), fact.looked - max(point.begun[0] for point in points))
    if most > rpo:
        detail = f"up to {span(most)} may lie between copies: their tool does not say when they were begun and whole"
        return unknown(Reason.INSUFFICIENT_PROOF, f"{detail} ({allowed}); takes_at_most of [data_store.restore]")
    return holds(f"at most {span(most)} lay between copies, of {span(rpo)}")


def _copy(hours: float, takes: float = 0.5) -> Moment:
    """Whole so many hours before noon."""
    whole = NOON - hours * _HOUR
    return Moment(started=whole - takes * _HOUR, completed=whole)


def _daily(days: int, *, but: int = -1, newest: float = 10, every: float = 24, **changes: Any) -> tuple[Moment, ...]:
    """One a day but on one of them; the newest so many hours ago."""
    return tuple(replace(_copy(newest + every * day), **changes) for day in range(days) if day != but)


_STORE = DataStore(name="database", kind="postgres", rto=4 * 3600, rpo=25 * 3600)
_NIGHTLY = BackupMoments(backup="nightly", kind="borg", moments=_daily(31))
_FACT = StoreBackups(looked=NOON, backups=(_NIGHTLY,), keep=60 * 86400)
_TOTAL = Scenario(name="the region is lost", kind=ScenarioKind.TOTAL_LOSS, rpo=50 * 3600)
_UNLISTED = UnlistedBackup(backup="bucket", offsite=False, unseen=Unseen(Reason.UNREACHABLE, "no answer"))


def _made(*moments: Moment, **changes: Any) -> StoreBackups:
    return replace(_FACT, backups=(replace(_NIGHTLY, moments=moments),), **changes)


def _hours_ago(*hours: float) -> StoreBackups:
    return _made(*map(_copy, hours))


_MISSED = _made(*_daily(20, but=10))
_THINNED = _hours_ago(10, 34, 58, 226, 394)
_NO_BEGINNING, _NO_END = _made(*_daily(9, started=None)), _made(*_daily(9, completed=None))
_HALF_OFFSITE = replace(_FACT, backups=(_NIGHTLY, replace(_NIGHTLY, offsite=True, moments=_NIGHTLY.moments[::2])))
_TAKES = replace(_STORE.restore, takes_at_most=1800)

EXAMPLES = (
    Example("every night", _FACT, holds, _STORE, says="at most 1 d 30 min lay between copies, of 1 d 1 h"),
    Example("as long as is allowed", _FACT, holds, replace(_STORE, rpo=24 * 3600 + 1800)),
    Example(
        "a second longer than is allowed",
        _FACT,
        broken,
        replace(_STORE, rpo=24 * 3600 + 1799),
        says="1 d 30 min passed until a copy was whole on 2026-05-03 at 02:00; 1 d 29 min may be lost",
    ),
    Example(
        "a newest copy older than the objective",
        _made(*_daily(9, newest=30)),
        broken,
        _STORE,
        says="the newest copy was begun 1 d 6 h ago; 1 d 1 h may be lost",
    ),
    Example("begun just as long ago as is allowed", _hours_ago(24.5, 48), holds, _STORE),
    Example(
        "a night without one, ten days ago",
        _MISSED,
        broken,
        _STORE,
        says="2 d 30 min passed until a copy was whole on 2026-05-23 at 02:00",
    ),
    Example("a night without one, longer ago than copies are kept", replace(_MISSED, keep=5 * 86400), holds, _STORE),
    Example("the last night of what counts was without one", replace(_MISSED, keep=9 * 86400 + 36000), broken, _STORE),
    Example("a night without one, longer than a month ago", _made(*_daily(40, but=31)), holds, _STORE),
    Example("nothing says for how long they are kept", replace(_MISSED, keep=None), broken, _STORE),
    Example("older ones are thinned out to one a week", _THINNED, holds, _STORE, says="at most 1 d 30 min"),
    Example(
        "thinned out, and the newest come just as often as is allowed",
        _THINNED,
        holds,
        replace(_STORE, rpo=24 * 3600 + 1800),
    ),
    Example(
        "a week without any, and one in time before",
        _hours_ago(10, 34, 58, 226, 250, 418),
        broken,
        replace(_STORE, rpo=24 * 3600 + 1800),
    ),
    Example("one a week, but for the newest", _hours_ago(10, 34, 202, 370), broken, _STORE, says="7 d 30 min passed"),
    Example("the oldest one is alone", _hours_ago(10, 34, 58, 226), broken, _STORE, says="7 d 30 min passed"),
    Example(
        "a week without any, and daily before",
        _hours_ago(10, 34, 58, 226, 250, 346),
        broken,
        _STORE,
        says="7 d 30 min passed until a copy was whole on 2026-05-30",
    ),
    Example(
        "each takes four hours",
        _made(*(_copy(10 + 24 * day, takes=4) for day in range(9))),
        broken,
        _STORE,
        says="1 d 4 h passed",
    ),
    Example("one copy only", _hours_ago(10), unknown, _STORE, says="one copy", reason=Reason.INSUFFICIENT_PROOF),
    Example("there is none", _made(), broken, _STORE, says="no restore point of it"),
    Example("no backup is declared", replace(_FACT, backups=()), broken, _STORE, says="no [[backup]]"),
    Example("no objective, and no backup", replace(_FACT, backups=()), broken, replace(_STORE, rpo=None)),
    Example("no objective", _FACT, unknown, replace(_STORE, rpo=None), says="rpo", reason=Reason.NOT_DECLARED),
    Example("a cache", replace(_FACT, backups=()), holds, replace(_STORE, kind="cache", rpo=None), says="a cache"),
    Example(
        "nothing says when they were begun",
        _NO_BEGINNING,
        unknown,
        _STORE,
        says="up to 2 d may lie between copies",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "nothing says when they were begun, but for how long they take",
        _NO_BEGINNING,
        holds,
        replace(_STORE, restore=_TAKES),
        says="at most 1 d 30 min",
    ),
    Example(
        "nothing says when they were begun, and it is too seldom however they were made",
        _NO_BEGINNING,
        broken,
        replace(_STORE, rpo=23 * 3600),
        says="1 d passed",
    ),
    Example(
        "nothing says when they were whole", _NO_END, holds, replace(_STORE, restore=_TAKES), says="at most 1 d 30 min"
    ),
    Example(
        "nothing says when they were whole, nor for how long they take",
        _NO_END,
        unknown,
        _STORE,
        says="up to 2 d",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "the newest may have been begun long before it was whole",
        _made(_copy(24), _copy(25), _copy(26), replace(_copy(24), started=None)),
        holds,
        replace(_STORE, restore=replace(_STORE.restore, takes_at_most=7200)),
        says="at most 1 d 30 min",
    ),
    Example(
        "it may be older than is allowed by now",
        _made(*(replace(_copy(24 + hour), started=None) for hour in range(9))),
        unknown,
        replace(_STORE, restore=replace(_STORE.restore, takes_at_most=7200)),
        says="up to 1 d 2 h",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "nothing says when one was made",
        _made(*_NIGHTLY.moments, Moment()),
        unknown,
        _STORE,
        says="when some of its copies were made",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "two backups, at noon and at midnight",
        replace(
            _FACT,
            backups=tuple(replace(_NIGHTLY, backup=str(start), moments=_daily(9, newest=start)) for start in (0, 12)),
        ),
        holds,
        replace(_STORE, rpo=13 * 3600),
        says="at most 12 h 30 min",
    ),
    Example(
        "often here, and seldom off-site",
        replace(_FACT, backups=(_NIGHTLY, replace(_NIGHTLY, offsite=True, moments=_daily(9, every=48)))),
        broken,
        _STORE,
        says="off-site: 2 d 30 min passed",
    ),
    Example(
        "often here, and off-site as often as is said for the total loss",
        _HALF_OFFSITE,
        holds,
        replace(_STORE, scenarios=(_TOTAL,)),
        says="at most 1 d 30 min lay between copies, of 1 d 1 h; off-site: at most 2 d",
    ),
    Example(
        "another scenario allows more",
        _HALF_OFFSITE,
        broken,
        replace(_STORE, scenarios=(replace(_TOTAL, kind=ScenarioKind.SERVICE_RESTART), replace(_TOTAL, rpo=None))),
    ),
    Example(
        "the strictest of two total losses",
        _HALF_OFFSITE,
        broken,
        replace(_STORE, scenarios=(_TOTAL, replace(_TOTAL, rpo=90_000))),
    ),
    Example(
        "seldom here and seldom off-site",
        replace(_FACT, backups=(replace(_NIGHTLY, offsite=True),)),
        broken,
        replace(_STORE, rpo=3600),
        says="(and 1 more)",
    ),
    Example("another one cannot be listed", replace(_FACT, unlisted=(_UNLISTED,)), holds, _STORE),
    Example(
        "the only one cannot be listed",
        replace(_FACT, backups=(), unlisted=(_UNLISTED,)),
        unknown,
        _STORE,
        says="bucket: no answer",
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "too seldom, and another one cannot be listed",
        replace(_FACT, unlisted=(_UNLISTED,)),
        unknown,
        replace(_STORE, rpo=3600),
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "too seldom, and the one off-site cannot be listed",
        replace(_FACT, unlisted=(replace(_UNLISTED, offsite=True),)),
        unknown,
        _STORE,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "too seldom off-site, and the one here cannot be listed",
        replace(_FACT, backups=(replace(_NIGHTLY, offsite=True),), unlisted=(_UNLISTED,)),
        broken,
        replace(_STORE, rpo=3600),
    ),
    *LOG_EXAMPLES,
    Example("the server cannot be asked, and copies are enough", replace(_FACT, archiving=REFUSED), holds, _STORE),
    Example(
        "the server cannot be asked, and no copy has a log",
        replace(_FACT, archiving=REFUSED),
        broken,
        MINUTES,
        says="the newest copy",
    ),
)
