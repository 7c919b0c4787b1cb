"""Each secret opens only the resource it is for, with the least permissions, for a bounded time.

Risk: A reporting job's key that may also delete is a deleting key that lies in a reporting job.
Verified: Of each [[secret]] that allows it (allow = ["login"]), what it can do and until when is read from the
service and compared with `may`, and one act outside it is tried and must be refused. PostgreSQL: a login, in one
transaction that is rolled back; attributes, memberships, grants on every table of its database (through any role that
it may become), ownership, default privileges, functions that run as somebody else, VALID UNTIL; the act deletes no
row, or makes a table. Vault: a login, its capabilities at every stored path and at the paths of Vault itself, its
end; the act reads a secret that does not exist beside the purpose. AWS: the policies of the key's user or role with
groups and boundary, evaluated by IAM's rules (conditions are taken to let through), and an act that only looks. The
time is bounded by the service, or by `rotate_every` or `expires`. What other services let a secret do is not read:
while there is such a secret, this can be found broken, and never holds. Other databases of a server, policies of AWS
resources and service control policies are not looked at. Our own proof has a real PostgreSQL, a simulator of Vault,
and moto for AWS.
Mend: Give each credential one resource and the fewest actions, bound its lifetime, and try the act that must be
refused.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Power, Secret
from prodproof.facts.secret_scope import Holding, SecretScope, Trial
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

SHOWN = 4
_WORDS = {
    "SUPERUSER": "is a superuser",
    "CREATEROLE": "may make and change roles",
    "CREATEDB": "may make databases",
    "REPLICATION": "may copy the whole server (replication)",
    "BYPASSRLS": "sees past row-level security",
    "root": "is root: it may do everything",
}


@guarantee("secrets.scoped", seeds="M-S6 S-2 H-4", proof="active", severity="high", verifiable=False)
def judge(scope: SecretScope, declared: Secret) -> Verdict:
    """One declared secret."""
    if findings := [*_of_powers(scope), *_of_holdings(scope), *_of_trial(scope), *_of_time(scope, declared)]:
        return broken(*findings)
    if scope.gaps:
        return unknown(scope.gaps[0].why, scope.gaps[0].detail)
    if isinstance(scope.trial, Unseen):
        return unknown(scope.trial.why, scope.trial.detail)
    if scope.expires is None and declared.expires is None and declared.rotate_every is None:
        return unknown(Reason.NOT_DECLARED, "it never ends, and neither `rotate_every` nor `expires` is declared")
    return holds(f"{scope.identity}: {scope.within} things, all declared; {scope.trial.act} was refused")


def _of_powers(scope: SecretScope) -> Iterator[Finding]:
    for power in scope.powers:
        yield Finding("power", f"{scope.identity} {_WORDS.get(power, f'has {power}')}", key=power)


def _of_holdings(scope: SecretScope) -> Iterator[Finding]:
    """One finding for each set of actions, however many things it is about."""
    groups: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}
    for item in scope.holdings:
        groups.setdefault((item.kind, item.actions, item.conditional), []).append(item.name)
    for (kind, actions, conditional), names in groups.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        condition = ", a condition decides" if conditional else ""
        what = "on" if kind in ("table", "path", "resource") else f"on {kind}"
        places = f"{', '.join(names[:SHOWN])}{more}"
        message = f"{scope.identity} may {', '.join(actions)} {what} {places}{condition}: that is not declared"
        yield Finding("beyond", message, key=f"{kind} {','.join(actions)}", mend="take it away, or declare it in `may`")
    if scope.more:
        yield Finding("more", f"and {scope.more} things more", key="more")


def _of_trial(scope: SecretScope) -> Iterator[Finding]:
    if isinstance(scope.trial, Trial) and not scope.trial.refused:
        yield Finding("not-refused", f"{scope.identity}: {scope.trial.act} was not refused", key="trial")


def _of_time(scope: SecretScope, declared: Secret) -> Iterator[Finding]:
    if declared.expires is None or scope.service == "aws":
        # Keys of AWS have no end; that somebody deletes one in time is another matter.
        return
    last = datetime.combine(declared.expires, time.max, UTC)
    if scope.expires is None:
        message = f"{scope.identity} has no end at its service; it was issued until {declared.expires}"
        yield Finding(
            "no-end", message, key="no-end", mend="ALTER ROLE ... VALID UNTIL, or a token with a time to live"
        )
    elif scope.expires > last + timedelta(days=1):
        message = f"{scope.identity} works until {scope.expires:%Y-%m-%d}; it was issued until {declared.expires}"
        yield Finding("late-end", message, key="late-end")


_REPORTING = Secret(
    name="reporting",
    ref="vault:secret/shop/reporting#dsn",
    may=(Power(service="postgres", actions=("SELECT",), resources=("orders",)),),
    rotate_every=90 * 86400,
)
_SCOPE = SecretScope(
    service="postgres",
    identity="reporting",
    holdings=(),
    within=1,
    trial=Trial(act="deleting no row of orders", refused=True),
)
_WRITES = replace(_SCOPE, holdings=(Holding(kind="table", name="orders", actions=("INSERT", "UPDATE")),))
_UNTIL = datetime(2026, 12, 31, tzinfo=UTC)

EXAMPLES = (
    Example("it may read what it reports on", _SCOPE, holds, _REPORTING, says="deleting no row of orders was refused"),
    Example(
        "it may write", _WRITES, broken, _REPORTING, says="reporting may INSERT, UPDATE on orders: that is not declared"
    ),
    Example(
        "it may read six other tables",
        replace(
            _SCOPE,
            holdings=tuple(Holding(kind="table", name=f"t{number}", actions=("SELECT",)) for number in range(6)),
            more=2,
        ),
        broken,
        _REPORTING,
        says="may SELECT on t0, t1, t2, t3 and 2 more: that is not declared (and 1 more)",
    ),
    Example(
        "tables that are yet to come",
        replace(_SCOPE, holdings=(Holding(kind="future tables of", name="owner", actions=("SELECT",)),)),
        broken,
        _REPORTING,
        says="may SELECT on future tables of owner",
    ),
    Example(
        "a superuser",
        replace(_SCOPE, powers=("SUPERUSER",), trial=Unseen(Reason.NOT_CONFIGURED, "a superuser is refused nothing")),
        broken,
        _REPORTING,
        says="reporting is a superuser",
    ),
    Example("an attribute of another name", replace(_SCOPE, powers=("ADMIN",)), broken, _REPORTING, says="has ADMIN"),
    Example(
        "the act was not refused",
        replace(_SCOPE, trial=Trial(act="making a table", refused=False)),
        broken,
        _REPORTING,
        says="making a table was not refused",
    ),
    Example(
        "nothing could be tried",
        replace(_SCOPE, trial=Unseen(Reason.NOT_DECLARED, "nothing is left to be refused")),
        unknown,
        _REPORTING,
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "nothing bounds its time",
        _SCOPE,
        unknown,
        replace(_REPORTING, rotate_every=None),
        says="it never ends",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "its service bounds its time", replace(_SCOPE, expires=_UNTIL), holds, replace(_REPORTING, rotate_every=None)
    ),
    Example(
        "no end where one is declared",
        _SCOPE,
        broken,
        replace(_REPORTING, expires=date(2026, 12, 31)),
        says="has no end at its service; it was issued until 2026-12-31",
    ),
    Example(
        "the end that is declared",
        replace(_SCOPE, expires=_UNTIL),
        holds,
        replace(_REPORTING, expires=date(2026, 12, 31)),
    ),
    Example(
        "the last moment that any time zone leaves it",
        replace(_SCOPE, expires=datetime.combine(date(2027, 1, 1), time.max, UTC)),
        holds,
        replace(_REPORTING, expires=date(2026, 12, 31)),
    ),
    Example(
        "the end is later than declared",
        replace(_SCOPE, expires=_UNTIL),
        broken,
        replace(_REPORTING, expires=date(2026, 12, 1)),
        says="works until 2026-12-31",
    ),
    Example(
        "issued for a time, and nothing else bounds it",
        replace(_SCOPE, service="aws"),
        holds,
        replace(_REPORTING, rotate_every=None, expires=date(2026, 12, 31)),
    ),
    Example(
        "it ends in the night after its last day",
        replace(_SCOPE, expires=datetime(2027, 1, 1, 12, tzinfo=UTC)),
        holds,
        replace(_REPORTING, expires=date(2026, 12, 31)),
    ),
    Example(
        "it ends a day too late",
        replace(_SCOPE, expires=datetime(2027, 1, 1, tzinfo=UTC)),
        broken,
        replace(_REPORTING, expires=date(2026, 12, 30)),
    ),
    Example(
        "a key of AWS, issued for a time",
        replace(_SCOPE, service="aws"),
        holds,
        replace(_REPORTING, expires=date(2026, 12, 31)),
    ),
    Example(
        "a condition decides",
        replace(
            _SCOPE,
            service="aws",
            holdings=(Holding(kind="resource", name="*", actions=("s3:PutObject",), conditional=True),),
        ),
        broken,
        _REPORTING,
        says="may s3:PutObject on *, a condition decides: that is not declared",
    ),
    Example(
        "not all of it could be read",
        replace(_SCOPE, gaps=(Unseen(Reason.INCOMPLETE, "more than 20000 tables"),)),
        unknown,
        _REPORTING,
        reason=Reason.INCOMPLETE,
    ),
)
