"""Every public entry point (domain, port, endpoint) is deliberate: declared with a purpose and an owner, and
reviewed.

Risk: The old test host that nobody remembers still holds last year's code and this year's data, and nobody patches
what nobody owns.
Verified: What answers from outside is compared with the system file, both ways: names in the declared hosts'
certificates and in the zones (as last read) that answer and are not declared; declared entry points without purpose or
owner, and those where nothing answers although another one does. Ports are exposure.internal-services-unreachable's.
Mend: Declare it: [[entry_point]] with url, purpose and owner, reviewed with the file. Or take it down: the server
block, the DNS record and the name in the certificate.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import Declared, EntryPoint
from prodproof.facts.entry import EntryPointSeen, Response
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP


@guarantee("exposure.entry-points-declared", seeds="M-N1", proof="outside", severity="medium")
def judge(fact: EntryPointSeen, declared: Declared) -> Verdict:
    points = (*declared.entry_points, *declared.all_entry_points)
    point = next((item for item in points if item.url == fact.url), None)
    if point is None:
        return _undeclared(fact)
    missing = [name for name in ("purpose", "owner") if not getattr(point, name)]
    if missing and (declared.inferred or declared.visitor):
        return unknown(Reason.NOT_DECLARED, "nobody has declared it yet with a purpose and an owner")
    if missing:
        return broken(Finding("entry-point-unowned", f"{fact.url} has no {' and no '.join(missing)}", key=fact.url))
    return _silent(fact) or holds(f"{point.purpose} ({point.owner})")


def _undeclared(fact: EntryPointSeen) -> Verdict:
    if fact.response is Response.ANSWERS:
        status = f" {fact.status}" if fact.status else ""
        return broken(
            Finding(
                "entry-point-undeclared",
                f"{fact.url} answers{status} and is not declared; its name is in {fact.source}",
                key=fact.url,
            )
        )
    if fact.response in (Response.REFUSED, Response.NO_NAME):
        return holds("does not answer")
    reason = Reason.TIMED_OUT if fact.response is Response.SILENT else Reason.UNREACHABLE
    return unknown(reason, f"{fact.detail}; its name is in {fact.source}")


def _silent(fact: EntryPointSeen) -> Verdict | None:
    if fact.response is Response.ANSWERS:
        return None
    if fact.response in (Response.REFUSED, Response.NO_NAME) and fact.control:
        what = "its name does not resolve" if fact.response is Response.NO_NAME else "nothing answers there"
        return broken(Finding("entry-point-silent", f"{fact.url} is declared, and {what}", key=fact.url))
    return unknown(Reason.TIMED_OUT if fact.response is Response.SILENT else Reason.UNREACHABLE, fact.detail)


ENTRY = EntryPoint(url="https://shop.example", purpose="the shop", owner="ana")
DECLARED = replace(SHOP, entry_points=(ENTRY,))
GOOD = EntryPointSeen(
    url="https://shop.example", source="declared", response=Response.ANSWERS, status=200, control=True
)
STRANGE = replace(GOOD, url="https://old.shop.example", source="the certificate of shop.example")
EXAMPLES = (
    Example("declared, owned, answering", GOOD, holds, DECLARED),
    Example("an undeclared name that answers", STRANGE, broken, DECLARED, says="not declared"),
    Example("a name in the certificate that is gone", replace(STRANGE, response=Response.NO_NAME), holds, DECLARED),
    Example(
        "a name that is silent", replace(STRANGE, response=Response.SILENT), unknown, DECLARED, reason=Reason.TIMED_OUT
    ),
    Example("nobody owns it", GOOD, broken, replace(DECLARED, entry_points=(replace(ENTRY, owner=""),)), says="owner"),
    Example(
        "a typed URL is not declared",
        GOOD,
        unknown,
        replace(DECLARED, visitor=True, entry_points=(EntryPoint(url=GOOD.url),)),
        reason=Reason.NOT_DECLARED,
    ),
    Example("declared and silent", replace(GOOD, response=Response.REFUSED), broken, DECLARED, says="nothing answers"),
    Example(
        "nothing at all answers from here",
        replace(GOOD, response=Response.REFUSED, control=False),
        unknown,
        DECLARED,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "nobody says what it is for",
        GOOD,
        broken,
        replace(DECLARED, entry_points=(replace(ENTRY, purpose=""),)),
        says="purpose",
    ),
    Example(
        "no system file",
        GOOD,
        unknown,
        replace(DECLARED, inferred=True, entry_points=(EntryPoint(url=GOOD.url),)),
        reason=Reason.NOT_DECLARED,
    ),
    Example("no system file, but it is known", GOOD, holds, replace(DECLARED, inferred=True)),
    Example("a name in the certificate that refuses", replace(STRANGE, response=Response.REFUSED), holds, DECLARED),
    Example(
        "a name in the certificate, and no route there",
        replace(STRANGE, response=Response.OTHER),
        unknown,
        DECLARED,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "declared, and its name is gone",
        replace(GOOD, response=Response.NO_NAME),
        broken,
        DECLARED,
        says="does not resolve",
    ),
    Example(
        "declared and silent, for whatever reason",
        replace(GOOD, response=Response.SILENT),
        unknown,
        DECLARED,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "declared, and no route there",
        replace(GOOD, response=Response.OTHER),
        unknown,
        DECLARED,
        reason=Reason.UNREACHABLE,
    ),
)
