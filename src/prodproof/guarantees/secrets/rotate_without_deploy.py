"""Every production credential can be rotated quickly, without an emergency deployment and without downtime.

Risk: If a rotation needs a release and three people, nobody rotates, not even after a leak.
Verified: The drill `rotate` is carried out for each secret that is not public: a known-wrong credential must be
refused; a new one is made, may do the same, is stored; the application is told (by a program, an address or a signal
that the team declares) and must use it; nobody may use the old one any more; it is retired, refused, and has no session
left. Meanwhile requests are made, at least as many as declared, and none may fail; if some were throttled (429) it is
unknown whether they would have. All of it must be within the objective that is declared now. A secret that nothing says
how to rotate is unknown, and so is a drill that was interrupted. What the declared program does is not looked at: one
that deploys anew in time passes, too.
Mend: Let the application read credentials at use or on reload, keep two valid during the change, and practise it
while a probe counts failed requests.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.declared import RotationKind, Secret, SecretRotation
from prodproof.facts.rotations import LoadSeen, RotationTested
from prodproof.guarantees._spans import span
from prodproof.guarantees.secrets import _rotated as rotated
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee(
    "secrets.rotate-without-deploy",
    seeds="M-S5 S-3 M-text",
    proof="drill",
    severity="high",
    nothing="no secret is declared that could be rotated",
)
def judge(fact: RotationTested, declared: Secret | None) -> Verdict:
    """One secret, rotated. Public ones are declared and never rotated: not every secret must have been."""
    within = declared.rotation.within if declared and declared.rotation else None
    wrong = (*rotated.wrong(fact), *_slow(fact, within))
    if found := list(rotated.findings(wrong, fact.failure, fact.left, fact.location)):
        return broken(*found)
    if unseen := rotated.unseen(fact):
        return unseen
    if within is None:
        return unknown(Reason.NOT_DECLARED, "no objective says how long it may take: within of [secret.rotation]")
    assert fact.load is not None and fact.took is not None
    return holds(
        f"{fact.old} to {fact.new} in {span(fact.took)}, told by {fact.picked_up_by}; {fact.load.requests} requests "
        "meanwhile, none failed"
    )


def _slow(fact: RotationTested, within: float | None) -> Iterator[Finding]:
    if within is not None and fact.took is not None and fact.took > within:
        says = f"it took {span(fact.took)}, and may take {span(within)}"
        yield Finding("slow", says, fact.location, key="objective")


_LOAD = LoadSeen(requests=1000, failed=0, rate=50.0, seconds=20.0, wanted=1000, wanted_rate=50.0, whole=True)
ROTATED = RotationTested(
    kind="postgres",
    old="shop_a",
    new="shop_b",
    wrong_refused=True,
    new_accepted=True,
    missing=(),
    stored=True,
    picked_up_by="signal",
    used=True,
    lived_on=0,
    came_back=False,
    old_refused=True,
    sessions_left=0,
    load=_LOAD,
    took=60.0,
    location=Location("prodproof.toml"),
)
"""Under load, and nothing went wrong."""

_SECRET = Secret(name="database", ref="env:DATABASE", rotation=SecretRotation(kind=RotationKind.POSTGRES, within=60.0))


def _seen(name: str, value: bool | None) -> RotationTested:
    changes: dict[str, Any] = {name: value}
    return replace(ROTATED, **changes)


_STOPPED = Unseen(Reason.UNREACHABLE, "control: the database does not answer")

EXAMPLES = (
    Example(
        "rotated in time under load",
        ROTATED,
        holds,
        _SECRET,
        says="shop_a to shop_b in 1 min, told by signal; 1000 requests",
    ),
    Example(
        "the application reads it at its start only",
        replace(ROTATED, used=False, failure="used: nobody used the new one", came_back=None, old_refused=None),
        broken,
        says="without a new start or deployment",
    ),
    Example(
        "requests were dropped", replace(ROTATED, load=replace(_LOAD, failed=3)), broken, says="3 of 1000 requests"
    ),
    Example(
        "dropped, and undone by itself",
        replace(ROTATED, load=None, failure="undone by itself, for it was not steady: load: 3 of 40 requests failed"),
        broken,
        says="not steady: load",
    ),
    Example(
        "the table belongs to its user",
        replace(ROTATED, problems=("public.order belongs to shop_a",), failure="control: public.order"),
        broken,
        says="public.order belongs to shop_a",
    ),
    Example("two things stand in its way", replace(ROTATED, problems=("a", "b")), broken, says="a (and 1 more)"),
    Example(
        "trust in pg_hba", replace(ROTATED, wrong_refused=False), broken, says="a known-wrong credential is accepted"
    ),
    Example(
        "it may do less", replace(ROTATED, missing=("SELECT on public.order",)), broken, says="SELECT on public.order"
    ),
    Example(
        "a pooler keeps the old one", replace(ROTATED, still_used=("pgbouncer",)), broken, says="used by pgbouncer"
    ),
    Example("somebody unknown keeps it", replace(ROTATED, still_used=()), broken, says="the old one is still used"),
    Example("a worker comes back with it", replace(ROTATED, came_back=True), broken, says="came back with the old one"),
    Example("both are valid", replace(ROTATED, old_refused=False), broken, says="is still accepted"),
    Example("a session lives on", replace(ROTATED, sessions_left=1), broken, says="1 sessions of the retired one"),
    Example(
        "a second too long", replace(ROTATED, took=61.0), broken, _SECRET, says="took 1 min 1 s, and may take 1 min"
    ),
    Example(
        "two things went wrong",
        replace(ROTATED, old_refused=False, sessions_left=1, failure="retire: both are valid"),
        broken,
        says="is still accepted (and 1 more)",
    ),
    Example("left behind", replace(ROTATED, left=("note: it is kept",)), broken, says="could not be put back: note"),
    Example("a failure without more", replace(ROTATED, failure="store: denied"), broken, says="store: denied"),
    Example(
        "it could not begin",
        RotationTested(kind="postgres", old="", stopped=_STOPPED),
        unknown,
        says="does not answer",
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "in the time of the day of the drill, and that is too long today",
        replace(ROTATED, objective=600.0, took=61.0),
        broken,
        _SECRET,
        says="may take 1 min",
    ),
    Example(
        "no objective",
        ROTATED,
        unknown,
        replace(_SECRET, rotation=SecretRotation(kind=RotationKind.POSTGRES)),
        says="within of",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "nothing says any more how it is rotated",
        ROTATED,
        unknown,
        replace(_SECRET, rotation=None),
        reason=Reason.NOT_DECLARED,
    ),
    Example("the secret is not declared any more", ROTATED, unknown, reason=Reason.NOT_DECLARED),
    Example(
        "too long, and interrupted",
        replace(ROTATED, took=None),
        unknown,
        _SECRET,
        says="not timed",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "interrupted under load",
        replace(ROTATED, load=replace(_LOAD, whole=False)),
        unknown,
        says="not all requests",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "too few requests",
        replace(ROTATED, load=replace(_LOAD, requests=999)),
        unknown,
        says="only 999 of 1000",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a few were throttled",
        replace(ROTATED, load=replace(_LOAD, throttled=3)),
        unknown,
        says="3 requests were throttled",
        reason=Reason.INCOMPLETE,
    ),
    Example("more requests", replace(ROTATED, load=replace(_LOAD, requests=1001)), holds, _SECRET),
    *(
        Example(f"not seen: {name}", _seen(name, None), unknown, says=says, reason=Reason.INCOMPLETE)
        for name, says in (
            ("wrong_refused", "whether a wrong credential"),
            ("new_accepted", "whether the new one is accepted"),
            ("missing", "may do the same"),
            ("stored", "store holds it"),
            ("picked_up_by", "was told"),
            ("used", "whether it is used"),
            ("came_back", "came back"),
            ("old_refused", "old one is refused"),
            ("sessions_left", "sessions of it"),
            ("load", "requests meanwhile"),
        )
    ),
    *(
        Example(f"not so: {name}", _seen(name, False), unknown, says=says, reason=Reason.INCOMPLETE)
        for name, says in (("new_accepted", "whether the new one is accepted"), ("stored", "store holds it"))
    ),
)
