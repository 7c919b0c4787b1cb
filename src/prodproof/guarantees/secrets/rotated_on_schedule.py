"""Credentials, tokens and certificates are rotated within their declared period, by schedule and not by hand where
the manager can.

Risk: The older a credential, the more copies of it there are.
Verified: Its manager is asked for the age of each declared secret's current version, for its expiry, and for the
rotation: its schedule, the last success, a version that never became the current one. Certificates and JSON Web Tokens
are asked themselves. The age is compared with `rotate_every`, the expiry with today. Managers that can rotate: AWS
Secrets Manager (what is or was set up there, and database secrets in AWS's own form), Vault's database engine. A
version of Vault's KV engine is put there by hand, and only its age counts. Environment variables and plain files have
no age that proves anything, the time of a file's last change included: unknown. So is a secret without `rotate_every`.
Mend: Declare a period for each secret, and let the manager rotate where it can.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Secret
from prodproof.facts.secret_age import SecretAge
from prodproof.facts.secrets import Rotation
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON

DAY = 86400
GRACE = timedelta(days=1)
"""After this a rotation that was due is late: the windows in which managers rotate are hours long."""


@guarantee("secrets.rotated-on-schedule", seeds="L-9 S-3", proof="inside", severity="medium")
def judge(age: SecretAge, declared: Secret, at: datetime) -> Verdict:
    """One declared secret."""
    if not age.found:
        return unknown(Reason.NOT_CONFIGURED, f"there is none in its store: {age.detail}")
    if findings := list(_findings(age, declared, at)):
        return broken(*findings)
    if declared.rotate_every is None:
        return unknown(Reason.NOT_DECLARED, "no period is declared for it: rotate_every")
    if age.unread is not None:
        return unknown(age.unread.why, f"whether it has an end of its own: {age.unread.detail}")
    if age.created is None and not _is_bounded(age):
        return unknown(
            Reason.INSUFFICIENT_PROOF, f"nothing there says when it was made ({age.reference.split(':')[0]}:)"
        )
    by = f", rotated by {age.rotation.by or 'its manager'}" if age.rotation is not None and age.rotation.enabled else ""
    ends = f", until {age.expires:%Y-%m-%d}" if age.expires else ""
    if age.created is None:
        return holds(f"a new one for each reader{ends}{by}")
    return holds(f"{_days(at - age.created)} old, to be replaced every {_period(declared.rotate_every)}{ends}{by}")


def _findings(age: SecretAge, declared: Secret, at: datetime) -> Iterator[Finding]:
    if age.expires is not None and age.expires <= at:
        yield Finding("expired", f"expired on {age.expires:%Y-%m-%d}", key="expired", mend="replace it now")
    if declared.expires is not None and declared.expires < at.date():
        yield Finding(
            "expired",
            f"was issued until {declared.expires}, which is over",
            key="issued-until",
            mend="replace it, and write down until when the new one holds",
        )
    period = declared.rotate_every
    if period is not None and age.created is not None and at - age.created > timedelta(seconds=period):
        old, allowed = _days(at - age.created), _period(period)
        yield Finding("too-old", f"its current version is {old} old; it is to be replaced every {allowed}", key="age")
    yield from _of_rotation(age, period, at)


def _of_rotation(age: SecretAge, period: int | None, at: datetime) -> Iterator[Finding]:
    rotation = age.rotation
    if age.rotatable and (rotation is None or not rotation.enabled):
        yield Finding(
            "by-hand",
            "its manager could rotate it, and its rotation is off",
            key="schedule",
            mend="turn the rotation on in the manager",
        )
    if age.pending is not None and at - age.pending > GRACE:
        yield Finding(
            "unfinished",
            f"the rotation of {age.pending:%Y-%m-%d} did not finish: its new version still waits",
            key="pending",
            mend="read the log of the rotation function, and let it run again",
        )
    if rotation is None or not rotation.enabled:
        return
    due = rotation.due
    if due is None and rotation.last is not None and rotation.period is not None:
        due = rotation.last + timedelta(seconds=rotation.period)
    if due is not None and at - due > GRACE:
        last = f"; the last one that succeeded was on {rotation.last:%Y-%m-%d}" if rotation.last else ""
        yield Finding("late", f"its rotation was due on {due:%Y-%m-%d}, and did not happen{last}", key="due")
    if period is not None and rotation.period is not None and rotation.period > period:
        theirs, ours = _period(rotation.period), _period(period)
        yield Finding("too-seldom", f"its manager rotates every {theirs}; every {ours} is declared", key="period")


def _is_bounded(age: SecretAge) -> bool:
    """A login that is made anew for each reader, and ends after a while."""
    return age.rotation is not None and age.rotation.enabled and age.rotation.period is not None


def _days(span: timedelta) -> str:
    return f"{span.days} day{'s' if span.days != 1 else ''}"


def _period(seconds: int) -> str:
    return _days(timedelta(seconds=seconds)) if seconds >= DAY else f"{seconds // 3600} h"


_DATABASE = Secret(name="database", ref="aws-sm:shop/database", rotate_every=90 * DAY)
_HAND = SecretAge(reference="vault:secret/shop/key#value", store="vault", found=True, created=NOON - timedelta(days=20))
_ROTATION = Rotation(
    enabled=True,
    period=30 * DAY,
    last=NOON - timedelta(days=20),
    due=NOON + timedelta(days=10),
    by="rotate-shop",
)
_AUTOMATIC = replace(_HAND, reference="aws-sm:shop/database", store="aws", rotation=_ROTATION, rotatable=True)
_CERTIFICATE = replace(
    _HAND, reference="file:client.pem", store="files", form="certificate", expires=NOON + timedelta(days=70)
)
_DYNAMIC = replace(
    _HAND,
    reference="vault-db:database/shop",
    created=None,
    rotation=Rotation(enabled=True, period=DAY, by="vault"),
    rotatable=True,
)

EXAMPLES = (
    Example("put into the manager 20 days ago", _HAND, holds, _DATABASE, says="20 days old"),
    Example(
        "due a day ago, to the second",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, due=NOON - GRACE)),
        holds,
        _DATABASE,
    ),
    Example("a version that waits since a day", replace(_AUTOMATIC, pending=NOON - GRACE), holds, _DATABASE),
    Example(
        "to be replaced every day",
        replace(_HAND, created=NOON - timedelta(hours=3)),
        holds,
        replace(_DATABASE, rotate_every=DAY),
        says="every 1 day",
    ),
    Example("rotated by the manager", _AUTOMATIC, holds, _DATABASE, says="rotated by rotate-shop"),
    Example(
        "400 days old, of 90",
        replace(_HAND, created=NOON - timedelta(days=400)),
        broken,
        _DATABASE,
        says="400 days old; it is to be replaced every 90 days",
    ),
    Example("on its last day", replace(_HAND, created=NOON - timedelta(days=90)), holds, _DATABASE),
    Example(
        "a minute after it",
        replace(_HAND, created=NOON - timedelta(days=90, minutes=1)),
        broken,
        _DATABASE,
    ),
    Example(
        "no period is declared",
        _HAND,
        unknown,
        replace(_DATABASE, rotate_every=None),
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "no period, and expired",
        replace(_CERTIFICATE, expires=NOON),
        broken,
        replace(_DATABASE, rotate_every=None),
        says="expired on 2026-06-01",
    ),
    Example(
        "an environment variable",
        replace(_HAND, reference="env:KEY", store="environment", created=None),
        unknown,
        _DATABASE,
        says="nothing there says when",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("a certificate that holds", _CERTIFICATE, holds, _DATABASE, says="until 2026-08-10"),
    Example(
        "issued for a time that is over",
        _HAND,
        broken,
        replace(_DATABASE, expires=date(2026, 5, 31)),
        says="issued until",
    ),
    Example("its last day", _HAND, holds, replace(_DATABASE, expires=date(2026, 6, 1))),
    Example(
        "the schedule is off",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, enabled=False)),
        broken,
        _DATABASE,
        says="its rotation is off",
    ),
    Example(
        "a database secret that nothing rotates",
        replace(_AUTOMATIC, rotation=None),
        broken,
        _DATABASE,
        says="could rotate it",
    ),
    Example(
        "the last rotation failed",
        replace(_AUTOMATIC, pending=NOON - timedelta(days=3)),
        broken,
        _DATABASE,
        says="did not finish",
    ),
    Example("a rotation that runs now", replace(_AUTOMATIC, pending=NOON - timedelta(hours=1)), holds, _DATABASE),
    Example(
        "the rotation is late",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, due=NOON - timedelta(days=2))),
        broken,
        _DATABASE,
        says="was due on 2026-05-30, and did not happen; the last one that succeeded was on 2026-05-12",
    ),
    Example(
        "late by its period, and it never succeeded there",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, due=None, last=NOON - timedelta(days=45))),
        broken,
        _DATABASE,
        says="was due on 2026-05-17",
    ),
    Example(
        "due since this morning",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, due=NOON - timedelta(hours=5))),
        holds,
        _DATABASE,
    ),
    Example(
        "rotated too seldom",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, period=120 * DAY, due=None)),
        broken,
        _DATABASE,
        says="rotates every 120 days; every 90 days is declared",
    ),
    Example(
        "a schedule, and it never ran yet",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, period=None, due=None, last=None)),
        holds,
        _DATABASE,
    ),
    Example(
        "a schedule without a period",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, period=None, due=None)),
        holds,
        _DATABASE,
    ),
    Example(
        "as often as declared",
        replace(_AUTOMATIC, rotation=replace(_ROTATION, period=90 * DAY)),
        holds,
        _DATABASE,
    ),
    Example(
        "rotated, and no period is declared",
        _AUTOMATIC,
        unknown,
        replace(_DATABASE, rotate_every=None),
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "it cannot be rotated there",
        replace(_HAND, rotation=replace(_ROTATION, enabled=False, due=NOON - timedelta(days=40))),
        holds,
        _DATABASE,
    ),
    Example(
        "made by a role that is off",
        replace(_DYNAMIC, rotatable=False, rotation=Rotation(enabled=False, period=DAY)),
        unknown,
        _DATABASE,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "made by a role without an end",
        replace(_DYNAMIC, rotation=Rotation(enabled=True, by="vault")),
        unknown,
        _DATABASE,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "a period of hours",
        replace(_HAND, created=NOON - timedelta(hours=5)),
        holds,
        replace(_DATABASE, rotate_every=8 * 3600),
        says="to be replaced every 8 h",
    ),
    Example("a login for each reader", _DYNAMIC, holds, _DATABASE, says="a new one for each reader"),
    Example(
        "the value may not be read",
        replace(_HAND, unread=Unseen(Reason.DENIED, "permission denied")),
        unknown,
        _DATABASE,
        reason=Reason.DENIED,
    ),
    Example(
        "it is not there",
        replace(_HAND, found=False, detail="there is none"),
        unknown,
        _DATABASE,
        says="there is none",
        reason=Reason.NOT_CONFIGURED,
    ),
)
