"""No old domain, test subdomain or DNS record points to something unverified.

Risk: A forgotten record that points to a deleted bucket or app lets a stranger put their own page under your name, with
a valid certificate, your users' trust and, often, their cookies.
Verified: Zone data (a zone file or a list of names) gives the names; without it the answer is unknown. Each is resolved
and visited: CNAMEs that lead nowhere, pages by which a provider says that a name is free (providers that check
ownership are no findings), delegations and mail servers that do not exist or do not serve, and names that lead to
addresses which nobody declared. Provider accounts and zone transfers are not read.
Mend: Delete the record before you delete what it points to (with Terraform, in one change); declare what is meant to
stay as an [[entry_point]] or [[host]], a provider's host name under the [[vendor]].
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, EntryPoint, Environment, Host, Vendor, Zone
from prodproof.facts.dns import Lookup, NameSeen, Takeover, TargetSeen, ZoneNames
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

FAILED = {
    Lookup.TIMED_OUT: (Reason.TIMED_OUT, "the name server did not answer"),
    Lookup.REFUSED: (Reason.DENIED, "the name server refused to answer"),
    Lookup.SERVER_FAILED: (Reason.UNREACHABLE, "the name server failed to answer"),
    Lookup.UNREACHABLE: (Reason.UNREACHABLE, "the name server cannot be reached from here"),
    Lookup.NOT_ALLOWED: (Reason.DENIED, "this machine does not allow questions to the name server"),
    Lookup.NOT_ASKED: (Reason.INCOMPLETE, "this machine could not ask the name server"),
    Lookup.BROKEN: (Reason.INCOMPLETE, "the answer is not valid, or leads in a circle"),
}


@guarantee("exposure.no-stale-dns", seeds="M-N5", proof="outside", severity="high")
def judge(fact: ZoneNames, declared: Declared) -> Verdict:
    known = _Known(fact, declared)
    findings = [finding for name in fact.names for finding in (*_dangling(name), *_undeclared(name, known))]
    if findings:
        return broken(*findings)
    for name in fact.names:
        if doubt := _doubt(name, known):
            return doubt
    return holds(f"{len(fact.names)} names of {fact.zone} lead to what is declared or known")


class _Known:
    """What the system file accounts for."""

    def __init__(self, fact: ZoneNames, declared: Declared) -> None:
        entries = (*declared.entry_points, *declared.all_entry_points)
        hosts = (*declared.hosts, *declared.all_hosts)
        self.names = {entry.authority.rpartition(":")[0] or entry.authority for entry in entries}
        self.names |= {entry.authority for entry in entries} | {host.name.lower().rstrip(".") for host in hosts}
        self.addresses = {address for host in hosts for address in host.addresses}
        self.vendors = tuple(host.lower().rstrip(".") for vendor in declared.vendors for host in vendor.hosts)
        for name in fact.names:
            if name.name in self.names:
                self.addresses |= set(name.addresses)
            # Mail and name servers are accounted for by the records that use them.
            for target in (*name.mail, *name.servers):
                self.names.add(target.name)

    def accounts_for(self, name: NameSeen) -> bool:
        """Whether somebody declared the name, its addresses, or the provider that it leads to."""
        if name.name in self.names or any(target in self.names for target in name.chain):
            return True
        if any(target == host or target.endswith("." + host) for target in name.chain for host in self.vendors):
            return True
        return bool(name.addresses) and set(name.addresses) <= self.addresses


def _dangling(name: NameSeen) -> list[Finding]:
    found = []
    safe = name.takeover is Takeover.NOT_VULNERABLE
    if name.chain and not safe:
        target = name.chain[-1]
        if name.lookup is Lookup.NO_NAME and name.claimable_by_nxdomain:
            message = f"points to {target}, which is free at {name.service}: anybody can take it"
            found.append(_finding("takeover", name, message))
        elif name.lookup is Lookup.NO_NAME:
            found.append(_finding("dangling-cname", name, f"points to {target}, which does not exist"))
        elif name.free:
            can = "anybody can take it" if name.takeover is Takeover.VULNERABLE else "somebody may be able to take it"
            message = f"points to {target}, which nobody has claimed at {name.service}: {can}"
            found.append(_finding("takeover", name, message))
    found += [
        _finding("mail-to-nowhere", name, f"its mail goes to {mail.name}, which does not exist")
        for mail in name.mail
        if mail.lookup in (Lookup.NO_NAME, Lookup.NO_DATA)
    ]
    for server in name.servers:
        if server.lookup in (Lookup.NO_NAME, Lookup.NO_DATA):
            message = f"is delegated to {server.name}, which does not exist: whoever registers it owns the name"
            found.append(_finding("delegation-to-nowhere", name, message))
        elif server.serves in (Lookup.REFUSED, Lookup.SERVER_FAILED, Lookup.NO_NAME):
            message = f"is delegated to {server.name}, which does not serve it"
            found.append(_finding("lame-delegation", name, message))
    return found


def _undeclared(name: NameSeen, known: _Known) -> list[Finding]:
    technical = any(label.startswith("_") for label in name.name.split("."))
    if name.lookup is not Lookup.FOUND or technical or name.free or known.accounts_for(name):
        return []
    if name.takeover is Takeover.NOT_VULNERABLE:
        return []
    where = name.chain[-1] if name.chain else name.addresses[0] if name.addresses else "an address"
    if name.answers:
        message = f"answers ({name.answer}), at {where}, and nobody declared it"
    else:
        message = f"points to {where}, which nobody declared"
    return [_finding("undeclared-name", name, message)]


def _doubt(name: NameSeen, known: _Known) -> Verdict | None:
    for lookup in (name.lookup, *(target.lookup for target in (*name.mail, *name.servers))):
        if lookup in FAILED:
            reason, text = FAILED[lookup]
            return unknown(reason, f"{name.name}: {text}")
    for target in name.servers:
        if target.serves in FAILED:
            reason, text = FAILED[target.serves]
            return unknown(reason, f"{name.name}: {text} ({target.name})")
    risky = name.takeover in (Takeover.VULNERABLE, Takeover.EDGE)
    if risky and name.lookup is Lookup.FOUND and name.visit_unseen is not None:
        return unknown(name.visit_unseen.why, f"{name.name}: {name.visit_unseen.detail}")
    return None


def _finding(rule: str, name: NameSeen, message: str) -> Finding:
    return Finding(rule, f"{name.name} {message}", key=name.name)


_WWW = NameSeen(name="www.shop.example", lookup=Lookup.FOUND, addresses=("203.0.113.7",), answers=True, answer="200")
_APEX = NameSeen(
    name="shop.example",
    lookup=Lookup.FOUND,
    addresses=("203.0.113.7",),
    mail=(TargetSeen(name="mail.shop.example", lookup=Lookup.FOUND, addresses=("203.0.113.8",)),),
    servers=(TargetSeen(name="ns1.dns.example", lookup=Lookup.FOUND, addresses=("192.0.2.53",), serves=Lookup.FOUND),),
    answers=True,
    answer="200",
)
_MAIL = NameSeen(name="mail.shop.example", lookup=Lookup.FOUND, addresses=("203.0.113.8",), answers=False)
_ZONE = ZoneNames(zone="shop.example", source="shop.example.zone", names=(_APEX, _MAIL, _WWW))
_SHOP = Declared(
    system="shop",
    environment=Environment(name="production"),
    entry_points=(EntryPoint(url="https://shop.example", purpose="the shop", owner="ana"),),
    hosts=(Host(name="web1", addresses=("203.0.113.7",)),),
    vendors=(Vendor(name="Help desk", hosts=("helpdesk.example",)),),
    zones=(Zone(name="shop.example", file="shop.example.zone"),),
)


def _more(**changes: Any) -> ZoneNames:
    assets = NameSeen(
        name="assets.shop.example",
        lookup=Lookup.FOUND,
        chain=("shop-assets.s3.amazonaws.com",),
        addresses=("198.51.100.1",),
        service="AWS S3",
        takeover=Takeover.VULNERABLE,
        answers=True,
        answer="404 over http",
    )
    return replace(_ZONE, names=(*_ZONE.names, replace(assets, **changes)))


def _plain(**changes: Any) -> ZoneNames:
    """One name more, that leads to no service which gives names away."""
    return _more(service="", takeover=None, **changes)


def _apex(**changes: Any) -> ZoneNames:
    return replace(_ZONE, names=(replace(_APEX, **changes), _MAIL, _WWW))


def _served(**changes: Any) -> ZoneNames:
    """The zone, whose name server answers otherwise."""
    return _apex(servers=(replace(_APEX.servers[0], **changes),))


_AT_AWS = replace(_SHOP, vendors=(Vendor(name="AWS", hosts=("amazonaws.com",)),))

EXAMPLES = (
    Example("everything is declared", _ZONE, holds, _SHOP),
    Example("a CNAME to a deleted bucket", _more(free=True), broken, _SHOP, says="anybody can take it"),
    Example(
        "a CNAME to an app that can be registered",
        _more(
            lookup=Lookup.NO_NAME,
            chain=("old.azurewebsites.net",),
            addresses=(),
            service="Microsoft Azure",
            claimable_by_nxdomain=True,
            answers=None,
        ),
        broken,
        _SHOP,
        says="free at Microsoft Azure",
    ),
    Example(
        "a CNAME to nowhere",
        _plain(lookup=Lookup.NO_NAME, chain=("gone.example",), addresses=(), answers=None),
        broken,
        _SHOP,
        says="does not exist",
    ),
    Example(
        "a service at which nothing can be taken",
        _more(service="AWS CloudFront", takeover=Takeover.NOT_VULNERABLE, lookup=Lookup.NO_NAME, addresses=()),
        holds,
        _SHOP,
    ),
    Example("a declared vendor", _plain(chain=("shop.helpdesk.example",)), holds, _SHOP),
    Example(
        "a test server that nobody declared",
        _plain(name="test.shop.example", chain=()),
        broken,
        _SHOP,
        says="nobody declared",
    ),
    Example(
        "a validation record",
        _more(name="_a1.shop.example", chain=("_b2.acm-validations.aws",), lookup=Lookup.NO_DATA, addresses=()),
        holds,
        _SHOP,
    ),
    Example(
        "mail to nowhere",
        _apex(mail=(TargetSeen(name="mx.gone.example", lookup=Lookup.NO_NAME),)),
        broken,
        _SHOP,
        says="mail goes to mx.gone.example",
    ),
    Example(
        "a name server that can be registered",
        _apex(servers=(TargetSeen(name="ns.gone.example", lookup=Lookup.NO_NAME),)),
        broken,
        _SHOP,
        says="whoever registers it",
    ),
    Example(
        "a name server that does not serve it", _served(serves=Lookup.REFUSED), broken, _SHOP, says="does not serve it"
    ),
    Example("SERVFAIL", _apex(lookup=Lookup.SERVER_FAILED, addresses=()), unknown, _SHOP, reason=Reason.UNREACHABLE),
    Example("a circle of CNAMEs", _plain(lookup=Lookup.BROKEN), unknown, _SHOP, reason=Reason.INCOMPLETE),
    Example(
        "a bucket that could not be asked",
        _more(name="www.shop.example", answers=False, visit_unseen=Unseen(Reason.TIMED_OUT, "no answer")),
        unknown,
        _AT_AWS,
        reason=Reason.TIMED_OUT,
    ),
    Example("the name server timed out", _apex(lookup=Lookup.TIMED_OUT), unknown, _SHOP, reason=Reason.TIMED_OUT),
    Example(
        "no route to the name server",
        _apex(lookup=Lookup.UNREACHABLE, addresses=()),
        unknown,
        _SHOP,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "no route to a server of a delegation",
        _served(serves=Lookup.UNREACHABLE),
        unknown,
        _SHOP,
        reason=Reason.UNREACHABLE,
    ),
    Example("the name server refused", _apex(lookup=Lookup.REFUSED), unknown, _SHOP, reason=Reason.DENIED),
    Example(
        "a mail server could not be looked up",
        _apex(mail=(TargetSeen(name="mail.shop.example", lookup=Lookup.TIMED_OUT),)),
        unknown,
        _SHOP,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "a name server could not be looked up",
        _served(lookup=Lookup.TIMED_OUT),
        unknown,
        _SHOP,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "a name server did not say whether it serves",
        _served(serves=Lookup.TIMED_OUT),
        unknown,
        _SHOP,
        reason=Reason.TIMED_OUT,
    ),
    Example("a name server answers nonsense", _served(serves=Lookup.BROKEN), unknown, _SHOP, reason=Reason.INCOMPLETE),
    Example("a name server fails for the zone", _served(serves=Lookup.SERVER_FAILED), broken, _SHOP),
    Example("a name server knows no such zone", _served(serves=Lookup.NO_NAME), broken, _SHOP),
    Example("a name server without an address", _served(lookup=Lookup.NO_DATA), broken, _SHOP),
    Example(
        "mail to a name without an address",
        _apex(mail=(TargetSeen(name="mx.gone.example", lookup=Lookup.NO_DATA),)),
        broken,
        _SHOP,
        says="its mail goes to",
    ),
    Example(
        "an entry point on a port of its own",
        _plain(name="admin.shop.example", chain=(), addresses=("198.51.100.1",)),
        holds,
        replace(_SHOP, all_entry_points=(EntryPoint(url="https://admin.shop.example:8443"),)),
    ),
    Example("a name of a declared address", _plain(chain=(), addresses=("203.0.113.7",)), holds, _SHOP),
    Example(
        "a name of two addresses, one declared",
        _plain(chain=(), addresses=("203.0.113.7", "198.51.100.9")),
        broken,
        _SHOP,
    ),
    Example("a name whose address is gone", _plain(chain=(), addresses=()), broken, _SHOP),
    Example(
        "a declared host by its name",
        _plain(name="web2.shop.example", chain=()),
        holds,
        replace(_SHOP, all_hosts=(Host(name="Web2.shop.example."),)),
    ),
    Example("the address of a declared entry point", _ZONE, holds, replace(_SHOP, hosts=())),
    Example("an alias of a declared name", _plain(chain=("shop.example",), addresses=("203.0.113.99",)), holds, _SHOP),
    Example("an alias of a vendor's own name", _plain(chain=("helpdesk.example",)), holds, _SHOP),
    Example("an alias that only ends like a vendor", _plain(chain=("myhelpdesk.example",)), broken, _SHOP),
    Example("the name of a name server", _plain(name="ns1.dns.example", chain=()), holds, _SHOP),
    Example("a name that begins with an underscore", _plain(name="_dmarc.shop.example"), holds, _SHOP),
    Example("a name that ends with one", _plain(name="dmarc_.shop.example"), broken, _SHOP),
    Example(
        "a service at which nothing can be taken, and it answers",
        _more(service="AWS CloudFront", takeover=Takeover.NOT_VULNERABLE),
        holds,
        _SHOP,
    ),
    Example(
        "an app that could be registered, but is there",
        _more(chain=("shop.helpdesk.example",), claimable_by_nxdomain=True),
        holds,
        _SHOP,
    ),
    Example(
        "an edge case that could not be asked",
        _more(name="www.shop.example", takeover=Takeover.EDGE, visit_unseen=Unseen(Reason.TIMED_OUT, "no answer")),
        unknown,
        _AT_AWS,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "a name that could not be visited, nothing can be taken there",
        _more(name="www.shop.example", takeover=None, visit_unseen=Unseen(Reason.TIMED_OUT, "no answer")),
        holds,
        _AT_AWS,
    ),
    Example(
        "a name without data that was not visited",
        _more(name="www.shop.example", lookup=Lookup.NO_DATA, visit_unseen=Unseen(Reason.TIMED_OUT, "no answer")),
        holds,
        _AT_AWS,
    ),
    Example("the name server may not be asked", _apex(lookup=Lookup.NOT_ALLOWED), unknown, _SHOP, reason=Reason.DENIED),
    Example("the name server was not asked", _apex(lookup=Lookup.NOT_ASKED), unknown, _SHOP, reason=Reason.INCOMPLETE),
    Example("a zone of one declared address", replace(_ZONE, names=(_WWW,)), holds, _SHOP),
    Example("a technical name below another", _plain(name="a._x.shop.example"), holds, _SHOP),
    Example(
        "a declared host without an address",
        _plain(name="web2.shop.example", chain=(), addresses=()),
        holds,
        replace(_SHOP, all_hosts=(Host(name="web2.shop.example"),)),
    ),
)
