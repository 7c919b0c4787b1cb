"""Outsiders and insiders can reach the right person: security.txt, an incident contact, playbooks with owners.

Risk: Somebody finds your customers' data on the open internet and wants to warn you tonight; without an address that
works, you learn of it from the newspaper.
Verified: The file /.well-known/security.txt on the canonical host, as text/plain over trusted HTTPS, parsed (RFC 9116:
at least one Contact, one Expires that is not past); contacts are well-formed, and pages on declared hosts answer; at
least one declared runbook covers incidents, and each runbook that covers one has an owner and exists in a repository.
Mend: Publish a text file with `Contact: mailto:security@shop.example` and `Expires: 2027-01-01T00:00:00Z` at that path,
and put the date into your calendar or build. nginx: `location = /.well-known/security.txt { default_type text/plain;
}`. Declare [[runbook]] with path, owner and covers = ["incident", "leak", "breach"].
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from prodproof.facts import Reason
from prodproof.facts.contact import Contact, Playbook, Playbooks, SecurityTxt
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON

WELL_KNOWN = "/.well-known/security.txt"
INCIDENT = ("incident", "leak", "breach", "compromise", "intrusion", "outage", "security")


@guarantee("monitoring.incident-contact", seeds="K-6 L-8", proof="outside", severity="medium")
def judge(fact: SecurityTxt, at: datetime) -> Verdict:
    if fact.interposed:
        return unknown(Reason.DENIED, f"{fact.url} was answered by {fact.interposed}")
    if fact.left_to:
        return unknown(Reason.NOT_DECLARED, f"{fact.url} leads to {fact.left_to}, which is not a declared host")
    if fact.status >= 500:
        return unknown(Reason.INCOMPLETE, f"{fact.url} answers {fact.status}")
    if fact.truncated:
        return unknown(Reason.INCOMPLETE, f"{fact.url} could not be read to its end")
    if found := tuple(_faults(fact, at)):
        return broken(*found)
    until = min(date for date in fact.expires if date is not None)
    return holds(f"{fact.contacts[0].value}, until {until:%Y-%m-%d}")


def _faults(fact: SecurityTxt, at: datetime) -> Iterable[Finding]:
    if fact.status != 200:
        where = "only at /security.txt, where browsers and researchers look second" if fact.legacy else "missing"
        yield Finding("security-txt-missing", f"security.txt is {where} ({WELL_KNOWN} answers {fact.status})")
        return
    if fact.content_type != "text/plain":
        kind = fact.content_type or "no type"
        yield Finding("security-txt-type", f"{WELL_KNOWN} is {kind}, not text/plain: it is another page")
        return
    if not fact.contacts:
        yield Finding("security-txt-contact", "security.txt names no Contact")
    for contact in fact.contacts:
        if contact.problem:
            yield Finding("security-txt-contact", f"Contact {contact.value} {contact.problem}", key=contact.value)
    yield from _expiry(fact, at)
    path_and_host = {(urlsplit(url).hostname, urlsplit(url).path) for url in fact.canonical}
    if fact.canonical and (urlsplit(fact.url).hostname, urlsplit(fact.url).path) not in path_and_host:
        yield Finding("security-txt-canonical", f"security.txt says that it belongs elsewhere ({fact.canonical[0]})")


def _expiry(fact: SecurityTxt, at: datetime) -> Iterable[Finding]:
    if len(fact.expires) != 1 or fact.expires[0] is None:
        what = "no Expires" if not fact.expires else "no single valid Expires"
        yield Finding("security-txt-expires", f"security.txt has {what}, so nobody can tell whether it is current")
    elif fact.expires[0] <= at:
        yield Finding("security-txt-expired", f"security.txt expired on {fact.expires[0]:%Y-%m-%d}")


@judge.also
def judge_playbooks(fact: Playbooks) -> Verdict:
    about = tuple(item for item in fact.runbooks if _is_incident(item))
    if not about:
        return unknown(
            Reason.NOT_DECLARED, 'no runbook covers incidents: declare one under [[runbook]], covers = ["incident"]'
        )
    found = [
        Finding(f"playbook-{rule}", f"runbook {item.name} {words}", key=item.name)
        for item in about
        for rule, words, wrong in (
            ("owner", "has no owner", not item.owner),
            ("missing", f"does not exist ({item.path})", item.exists is False),
        )
        if wrong
    ]
    if found:
        return broken(*found)
    for item in about:
        if item.exists is None and "://" not in item.path:
            return unknown(Reason.INCOMPLETE, f"runbook {item.name}: not every repository could be read")
    return holds(f"{len(about)} incident runbooks with owners" if len(about) > 1 else f"runbook {about[0].name}")


def _is_incident(item: Playbook) -> bool:
    return any(word in covered.lower() for covered in item.covers for word in INCIDENT if "." not in covered)


GOOD = SecurityTxt(
    url=f"https://shop.example{WELL_KNOWN}",
    status=200,
    content_type="text/plain",
    contacts=(Contact("mailto:security@shop.example"),),
    expires=(NOON + timedelta(days=90),),
)
BOOK = Playbook("incident", "runbooks/incident.md", "ana", ("incident",), True)
EXAMPLES = (
    Example("a contact, not expired", GOOD, holds),
    Example("expired", replace(GOOD, expires=(NOON - timedelta(days=1),)), broken, says="expired"),
    Example("no Expires", replace(GOOD, expires=()), broken),
    Example("two Expires", replace(GOOD, expires=GOOD.expires * 2), broken),
    Example("no Contact", replace(GOOD, contacts=()), broken),
    Example("a bare address", replace(GOOD, contacts=(Contact("a@b.example", "has no scheme"),)), broken),
    Example("missing", replace(GOOD, status=404), broken, says="missing"),
    Example("a single-page application answers 200", replace(GOOD, content_type="text/html"), broken, says="text/html"),
    Example(
        "it belongs elsewhere", replace(GOOD, canonical=("https://other.example/.well-known/security.txt",)), broken
    ),
    Example("a firewall's page", replace(GOOD, status=403, interposed="a challenge"), unknown, reason=Reason.DENIED),
    Example("the site is down", replace(GOOD, status=500), unknown, reason=Reason.INCOMPLETE),
    Example("a playbook with an owner", Playbooks((BOOK,)), holds),
    Example("without an owner", Playbooks((replace(BOOK, owner=""),)), broken),
    Example("not in the repository", Playbooks((replace(BOOK, exists=False),)), broken),
    Example(
        "no playbook for incidents",
        Playbooks((replace(BOOK, covers=("DiskFull",)),)),
        unknown,
        reason=Reason.NOT_DECLARED,
    ),
    Example("on a host that nobody declared", replace(GOOD, left_to="x.example"), unknown, reason=Reason.NOT_DECLARED),
    Example("cut off", replace(GOOD, truncated=True), unknown, reason=Reason.INCOMPLETE),
    Example(
        "missing is one finding",
        replace(GOOD, status=404, content_type="text/html", contacts=()),
        broken,
        says="(/.well-known/security.txt answers 404)",
    ),
    Example(
        "it says where it belongs",
        replace(GOOD, canonical=("https://www.shop.example/.well-known/security.txt", GOOD.url)),
        holds,
    ),
    Example("it belongs to another path", replace(GOOD, canonical=("https://shop.example/security.txt",)), broken),
    Example("an Expires that is no date", replace(GOOD, expires=(None,)), broken, says="no single valid Expires"),
    Example("its last moment", replace(GOOD, expires=(NOON,)), broken, says="expired"),
    Example(
        "not every repository could be read",
        Playbooks((replace(BOOK, exists=None),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("a page of a wiki", Playbooks((replace(BOOK, exists=None, path="https://wiki.example/incident"),)), holds),
    *(
        Example(f"a playbook for a {word}", Playbooks((replace(BOOK, covers=(f"Data-{word}",)),)), holds)
        for word in ("leak", "breach", "compromise", "intrusion", "outage", "security")
    ),
    Example(
        "a playbook for a guarantee",
        Playbooks((replace(BOOK, covers=("monitoring.incident-contact",)),)),
        unknown,
        reason=Reason.NOT_DECLARED,
    ),
)
