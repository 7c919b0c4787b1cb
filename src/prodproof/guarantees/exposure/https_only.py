"""Port 80 is closed, or sends every path to HTTPS on the same host at once, and never processes a method that changes
data.

Risk: Whatever is served over plain HTTP, including the login cookie that comes with it, can be read and changed by
everybody between your user and you.
Verified: Port 80 of each host (or the declared http:// entry point of the same host) is asked at each IPv4 and IPv6
address for several paths, with GET, HEAD, POST and DELETE; redirects are read by hand. ACME's challenge path is exempt.
Silence counts as closed only if this vantage reached another plain HTTP port.
Mend: In nginx: `server { listen 80; listen [::]:80; server_name shop.example; return 301 https://$host$request_uri; }`
and nothing else on port 80 but `location /.well-known/acme-challenge/`. Django behind a proxy: SECURE_SSL_REDIRECT =
True with SECURE_PROXY_SSL_HEADER. AWS load balancer: a redirect action on the port 80 listener. Redirect to the same
host first, to www or elsewhere only from there: only so the browser learns HSTS for the first host.
"""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.facts.plain_http import PlainAnswer, PlainDoor, PlainHttp
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

REFUSALS = frozenset({400, 403, 410, 421, 426, 505})
"""Statuses that refuse plain HTTP itself; 404, 401 and 405 are an application that reads the request."""

SAFE = ("GET", "HEAD")


@guarantee("exposure.https-only", seeds="M-N9 K-1 S-7", proof="outside", severity="high")
def judge(fact: PlainHttp, declared: EntryPoint) -> Verdict:
    found = {finding.key: finding for door in fact.doors for finding in _findings(door, fact)}
    if found:
        return broken(*found.values())
    for door in fact.doors:
        if why := _unseen(door, fact):
            return why
    redirects = any(door.door == "open" for door in fact.doors)
    where = f"port {fact.port}" if fact.port == 80 else f"plain HTTP (port {fact.port})"
    return holds(f"{where} sends every path to HTTPS" if redirects else f"{where} is closed")


def _findings(door: PlainDoor, fact: PlainHttp) -> Iterable[Finding]:
    for answer in door.answers:
        if answer.interposed or (fault := _fault(answer, fact.host)) is None:
            continue
        rule, message = fault
        yield Finding(rule, f"http://{fact.host} {message}", key=f"{rule} {answer.method} {answer.path}")


def _fault(answer: PlainAnswer, host: str) -> tuple[str, str] | None:
    asked = f"{answer.method} {answer.path}"
    if answer.leads_to is not None:
        target = urlsplit(answer.leads_to)
        if target.scheme != "https":
            return "redirect-not-https", f"sends {asked} to {answer.leads_to}, still plain HTTP"
        if (target.hostname or "").lower() != host:
            return "redirect-elsewhere", f"sends {asked} to another host ({target.hostname}) before HTTPS on its own"
        return None
    if answer.status in REFUSALS:
        return None
    if answer.method in SAFE:
        what = "serves content" if answer.status < 300 else f"answers {answer.status} instead of sending to HTTPS"
        return "plain-content", f"{what} over plain HTTP ({asked})"
    if answer.status < 300 or answer.status >= 500:
        return "plain-method", f"processes {asked} over plain HTTP (answers {answer.status})"
    return None


def _unseen(door: PlainDoor, fact: PlainHttp) -> Verdict | None:
    if door.door == "unreachable":
        return unknown(Reason.UNREACHABLE, f"this vantage has no way to {door.address}, port {fact.port}")
    if door.door == "silent" and not fact.control:
        return unknown(
            Reason.TIMED_OUT,
            f"port {fact.port} at {door.address} is silent, and this vantage reached no other plain HTTP port: "
            "declare an http:// entry point that must answer",
        )
    for asked, why, detail in door.lost:
        return unknown(why, f"{asked}: {detail}")
    for answer in door.answers:
        if answer.interposed:
            return unknown(Reason.DENIED, f"{answer.method} {answer.path} was answered by {answer.interposed}")
    return None


SHOP = EntryPoint(url="https://shop.example")


def _sent(method: str = "GET", path: str = "/", to: str | None = "https://shop.example/") -> PlainAnswer:
    return PlainAnswer(method, path, 301, to)


GOOD = PlainHttp(
    "shop.example",
    80,
    (PlainDoor("192.0.2.1", "open", (_sent(), _sent(path="(random)"), _sent("HEAD"), _sent("POST", "(random)"))),),
)


def _plus(answer: PlainAnswer) -> PlainHttp:
    door = GOOD.doors[0]
    return replace(GOOD, doors=(replace(door, answers=(*door.answers, answer)),))


def _door(door: str, control: bool = False) -> PlainHttp:
    return PlainHttp("shop.example", 80, (PlainDoor("192.0.2.1", door),), control)


EXAMPLES = (
    Example("every path to HTTPS", GOOD, holds, SHOP),
    Example("closed", _door("refused"), holds, SHOP, says="closed"),
    Example("content over port 80", _plus(PlainAnswer("GET", "/shop", 200)), broken, SHOP, says="serves content"),
    Example("one path is not sent on", _plus(PlainAnswer("GET", "(random)", 404)), broken, SHOP, says="404"),
    Example("to www first", _plus(_sent(to="https://www.shop.example/")), broken, SHOP, says="another host"),
    Example("to HTTP first", _plus(_sent(to="http://shop.example/home")), broken, SHOP, says="still plain"),
    Example("a POST is processed", _plus(PlainAnswer("POST", "(random)", 200)), broken, SHOP, says="POST"),
    Example("a POST is refused", _plus(PlainAnswer("POST", "(random)", 405)), holds, SHOP),
    Example("an API that refuses plain HTTP", _plus(PlainAnswer("GET", "/api", 426)), holds, SHOP),
    Example(
        "a second address serves content",
        replace(GOOD, doors=(*GOOD.doors, PlainDoor("2001:db8::1", "open", (PlainAnswer("GET", "/", 200),)))),
        broken,
        SHOP,
    ),
    Example(
        "silence, and nothing shows that one would get through", _door("silent"), unknown, SHOP, reason=Reason.TIMED_OUT
    ),
    Example("silence, and another port 80 answered", _door("silent", control=True), holds, SHOP),
    Example("an address without a way", _door("unreachable"), unknown, SHOP, reason=Reason.UNREACHABLE),
    Example(
        "a firewall's page",
        _plus(PlainAnswer("GET", "/", 403, None, "a challenge")),
        unknown,
        SHOP,
        reason=Reason.DENIED,
    ),
    *(
        Example(f"it answers {status}", _plus(PlainAnswer("GET", "/api", status)), holds, SHOP)
        for status in (400, 403, 410, 421, 505)
    ),
    Example("HEAD is answered", _plus(PlainAnswer("HEAD", "/", 405)), broken, SHOP, says="HEAD"),
    Example(
        "a firewall's page instead of content",
        _plus(PlainAnswer("GET", "/", 200, None, "a challenge")),
        unknown,
        SHOP,
        reason=Reason.DENIED,
    ),
    Example("sent to no host at all", _plus(_sent(to="https:///x")), broken, SHOP, says="another host"),
    Example("a POST that fails", _plus(PlainAnswer("POST", "(random)", 500)), broken, SHOP, says="POST"),
    Example("a POST that is told to choose", _plus(PlainAnswer("POST", "(random)", 300)), holds, SHOP),
    Example(
        "one path gave no answer",
        replace(GOOD, doors=(replace(GOOD.doors[0], lost=(("GET /x", Reason.TIMED_OUT, "no answer"),)),)),
        unknown,
        SHOP,
        reason=Reason.TIMED_OUT,
    ),
)
