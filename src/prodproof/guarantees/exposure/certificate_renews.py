"""TLS certificates are right (name, chain, not expired) and renew automatically.

Risk: On the day that a certificate runs out, every browser and app refuses your service, and it is rarely a day when
somebody is watching.
Verified: The chain that each TLS port serves is validated from outside, at every address: trust, name, dates, key and
signature. Less than a fifth of the lifetime left is a finding, whatever the lifetime. Renewal is proven by succession:
a certificate by the same issuer that was issued after an earlier one had been seen here, before that one ran out.
Until then it is unknown; transparency logs and staged renewals are not consulted.
Mend: Let an ACME client renew (`certbot renew` from a timer with a deploy hook that reloads the server, Caddy, Traefik,
cert-manager, AWS Certificate Manager); serve the full chain (nginx: `ssl_certificate fullchain.pem`). prodproof proves
the renewal itself when it sees the next certificate: keep its ledger between runs.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.tls import Certificate, SeenCertificate, ServedChain, TlsAddress, TlsEndpoint
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown
from prodproof.verdicts.example import NOON

LEAST_RSA, LEAST_EC = 2048, 224
BROKEN_HASHES = ("md5", "sha1")


@guarantee("exposure.certificate-renews", seeds="M-N8", proof="outside", severity="high")
def judge(fact: TlsEndpoint, at: datetime) -> Verdict:
    if fact.port == 25:
        return not_applicable("port 25: mail servers encrypt opportunistically and check no certificate")
    chains = [chain for item in fact.addresses for chain in item.chains]
    findings = {(finding.rule, finding.key): finding for chain in chains for finding in wrongs(chain, fact.host, at)}
    if findings:
        return broken(*findings.values())
    for item in fact.addresses:
        if unseen := item.unseen or item.chains_unseen:
            return unknown(unseen.why, f"{item.address}: {unseen.detail}")
    if not any(item.speaks_tls for item in fact.addresses):
        return not_applicable("does not speak TLS")
    if not chains:
        return unknown(Reason.INCOMPLETE, "no certificate was read")
    left = min(chain.certificates[0].not_after for chain in chains) - at
    unproven = [chain.certificates[0] for chain in chains if predecessor(chain.certificates[0], fact) is None]
    if unproven:
        return unknown(
            Reason.INSUFFICIENT_PROOF,
            f"right today, {_days(left)} left; no renewal was seen yet: "
            f"it is proven when a later run finds the successor of certificate {unproven[0].serial[-12:]}",
        )
    return holds(f"right, {_days(left)} left; renewed since it is watched")


def predecessor(leaf: Certificate, fact: TlsEndpoint) -> SeenCertificate | None:
    """The certificate that this one renewed: seen here before this one was issued, and then still valid."""
    for earlier in fact.seen_certificates:
        issued_since = earlier.first_seen < leaf.not_before and earlier.not_before < leaf.not_before
        in_time = leaf.not_before < earlier.not_after
        same_issuer = earlier.issuer_organization == leaf.issuer_organization
        if earlier.serial != leaf.serial and issued_since and in_time and same_issuer:
            return earlier
    return None


def wrongs(chain: ServedChain, host: str, at: datetime) -> list[Finding]:
    """What is wrong with a served chain for that host name at that time."""
    leaf = chain.certificates[0]
    found = []
    lifetime = leaf.not_after - leaf.not_before
    if at > leaf.not_after:
        found.append(Finding("expired", f"the certificate expired {_days(at - leaf.not_after)} ago", key=leaf.key))
    elif at < leaf.not_before:
        found.append(Finding("not-yet-valid", f"not valid before {leaf.not_before:%Y-%m-%d %H:%M} UTC", key=leaf.key))
    elif leaf.not_after - at < lifetime / 5:
        left = _days(leaf.not_after - at)
        message = f"the certificate has {left} left of {_days(lifetime)}: its renewal is overdue"
        found.append(Finding("renewal-overdue", message, key=leaf.key))
    dates_wrong = bool(found) and found[0].rule != "renewal-overdue"
    only_dates = dates_wrong and "expired" in (chain.trust_error or "")
    if chain.trust_error is not None and not only_dates:
        found.append(Finding("untrusted", _untrusted(chain), key=leaf.key))
    if not any(covers(name, host) for name in leaf.names):
        names = ", ".join(leaf.names[:3]) or "no name at all"
        found.append(Finding("wrong-name", f"the certificate is for {names}, not for {host}", key=leaf.key))
    if leaf.key_bits < {"RSA": LEAST_RSA, "EC": LEAST_EC}.get(leaf.key, 0):
        found.append(Finding("weak-key", f"its {leaf.key} key has only {leaf.key_bits} bits", key=leaf.key))
    # The signature of a root is not relied upon, so it alone may be old.
    for item in chain.certificates:
        if item.signature_hash in BROKEN_HASHES and item.subject != item.issuer:
            message = f"{item.subject or 'a certificate'} is signed with {item.signature_hash.upper()}"
            found.append(Finding("weak-signature", message, key=item.subject))
    return found


def covers(pattern: str, host: str) -> bool:
    """Whether a name of a certificate covers a host: RFC 6125, a wildcard stands for the whole leftmost label."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if not pattern.startswith("*."):
        return pattern == host
    first, dot, rest = host.partition(".")
    return bool(first and dot and "." in rest) and rest == pattern[2:]


def _untrusted(chain: ServedChain) -> str:
    leaf, error = chain.certificates[0], chain.trust_error
    if leaf.subject == leaf.issuer:
        return "the certificate is self-signed"
    if len(chain.certificates) == 1 and error and "local issuer" in error:
        return (
            "the chain leads nowhere: the server sends its own certificate only, without the intermediate, "
            f"or {chain.certificates[0].issuer_organization or 'its issuer'} is not trusted"
        )
    return f"the chain is not trusted: {error}"


def _days(span: timedelta) -> str:
    if span < timedelta(hours=48):
        hours = int(span.total_seconds() // 3600)
        return f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{span.days} days"


_LEAF = Certificate(
    subject="CN=shop.example",
    issuer="CN=R12,O=Let's Encrypt,C=US",
    issuer_organization="Let's Encrypt",
    serial="4b1",
    not_before=NOON - timedelta(days=30),
    not_after=NOON + timedelta(days=60),
    names=("shop.example",),
    key="EC",
    key_bits=256,
    signature_hash="sha256",
    sha256="00",
)
_CHAIN = ServedChain(certificates=(_LEAF,), trust_error=None)
_EARLIER = SeenCertificate(
    serial="3a0",
    not_before=NOON - timedelta(days=90),
    not_after=NOON,
    issuer_organization="Let's Encrypt",
    first_seen=NOON - timedelta(days=80),
)
RENEWED = TlsEndpoint(
    host="shop.example",
    port=443,
    starttls=None,
    addresses=(TlsAddress(address="203.0.113.7", chains=(_CHAIN,)),),
    seen_certificates=(_EARLIER,),
)


def _leaf(**changes: Any) -> TlsEndpoint:
    leaf = replace(_LEAF, **changes)
    return _chain(certificates=(leaf,))


def _chain(**changes: Any) -> TlsEndpoint:
    chain = replace(_CHAIN, **changes)
    return replace(RENEWED, addresses=(replace(RENEWED.addresses[0], chains=(chain,)),))


def _history(**changes: Any) -> TlsEndpoint:
    earlier = replace(_EARLIER, **changes)
    return replace(RENEWED, seen_certificates=(earlier,))


def _address(**changes: Any) -> TlsEndpoint:
    return replace(RENEWED, addresses=(replace(RENEWED.addresses[0], **changes),))


def _old(error: str) -> TlsEndpoint:
    """Expired a day ago, and not trusted for the reason given."""
    leaf = replace(_LEAF, not_after=NOON - timedelta(days=1))
    return _chain(certificates=(leaf,), trust_error=error)


EXAMPLES = (
    Example("renewed while it was watched", RENEWED, holds),
    Example("a wildcard", _leaf(names=("*.shop.example", "shop.example")), holds),
    Example(
        "seen for the first time",
        replace(RENEWED, seen_certificates=()),
        unknown,
        says="no renewal was seen",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "the earlier one was by another issuer",
        _history(issuer_organization="Acme CA"),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("two servers with their own", _history(first_seen=NOON), unknown, reason=Reason.INSUFFICIENT_PROOF),
    Example(
        "renewed only after it had run out",
        _history(not_after=NOON - timedelta(days=31)),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "5 days left of 90", _leaf(not_before=NOON - timedelta(days=85), not_after=NOON + timedelta(days=5)), broken
    ),
    Example(
        "a day left of 6",
        _leaf(not_before=NOON - timedelta(days=5), not_after=NOON + timedelta(days=1)),
        broken,
        says="24 hours",
    ),
    Example("expired", _leaf(not_after=NOON - timedelta(days=3)), broken, says="expired 3 days ago"),
    Example("another name", _leaf(names=("other.example",)), broken, says="not for shop.example"),
    Example("a wildcard one level too high", _leaf(names=("*.example",)), broken),
    Example(
        "no intermediate", _chain(trust_error="unable to get local issuer certificate"), broken, says="intermediate"
    ),
    Example("RSA 1024", _leaf(key="RSA", key_bits=1024), broken, says="1024"),
    Example("SHA-1", _leaf(signature_hash="sha1"), broken, says="SHA1"),
    Example(
        "a certificate too large to read",
        replace(
            RENEWED,
            addresses=(
                TlsAddress(address="203.0.113.7", chains_unseen=Unseen(Reason.INCOMPLETE, "excessive message size")),
            ),
        ),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("a mail server", replace(_leaf(names=()), port=25), not_applicable),
    Example("a mail server's submission port", replace(_leaf(names=()), port=26), broken),
    Example(
        "an address that was not reached",
        _address(unseen=Unseen(Reason.UNREACHABLE, "no route")),
        unknown,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "the certificates could not be read",
        _address(chains_unseen=Unseen(Reason.TIMED_OUT, "silent")),
        unknown,
        reason=Reason.TIMED_OUT,
    ),
    Example("no TLS", _address(chains=(), speaks_tls=False), not_applicable),
    Example(
        "no TLS on one of two addresses",
        replace(RENEWED, addresses=(*RENEWED.addresses, TlsAddress(address="203.0.113.8", speaks_tls=False))),
        holds,
    ),
    Example("no certificate was read", _address(chains=()), unknown, reason=Reason.INCOMPLETE),
    Example(
        "both are of the same moment", _history(not_before=_LEAF.not_before), unknown, reason=Reason.INSUFFICIENT_PROOF
    ),
    Example(
        "the earlier one is the later one",
        _history(not_before=NOON - timedelta(days=20)),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "first seen when this one began",
        _history(first_seen=_LEAF.not_before),
        unknown,
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "renewed at the last moment", _history(not_after=_LEAF.not_before), unknown, reason=Reason.INSUFFICIENT_PROOF
    ),
    Example("the same one, seen before", _history(serial="4b1"), unknown, reason=Reason.INSUFFICIENT_PROOF),
    Example("its last moment", _leaf(not_after=NOON), broken, says="0 hours left"),
    Example("its first moment", _leaf(not_before=NOON), unknown, reason=Reason.INSUFFICIENT_PROOF),
    Example("from tomorrow", _leaf(not_before=NOON + timedelta(days=1)), broken, says="not valid before"),
    Example(
        "a fifth of its time is left",
        _leaf(not_before=NOON - timedelta(days=48), not_after=NOON + timedelta(days=12)),
        holds,
    ),
    Example(
        "expired, which is also why it is not trusted",
        _old("certificate has expired"),
        broken,
        says="expired 24 hours ago",
    ),
    Example(
        "expired, and not trusted either, for another name",
        replace(_old("unknown CA"), host="x.example"),
        broken,
        says="(and 2 more)",
    ),
    Example(
        "expired, for another name",
        replace(_old("certificate has expired"), host="x.example"),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "overdue, and an intermediate has expired",
        replace(
            _chain(
                certificates=(replace(_LEAF, not_after=NOON + timedelta(days=1)),), trust_error="an issuer has expired"
            ),
            host="x.example",
        ),
        broken,
        says="(and 2 more)",
    ),
    Example(
        "right, and an intermediate has expired",
        _chain(trust_error="an issuer has expired"),
        broken,
        says="not trusted",
    ),
    Example("an RSA key of 2048 bits", _leaf(key="RSA", key_bits=2048), holds),
    Example("an EC key of 224 bits", _leaf(key_bits=224), holds),
    Example("a key of another kind", _leaf(key="Ed25519", key_bits=0), holds),
    Example("signed with MD5", _leaf(signature_hash="md5"), broken, says="MD5"),
    Example(
        "a root signed with SHA-1",
        _chain(certificates=(_LEAF, replace(_LEAF, subject="CN=Root", issuer="CN=Root", signature_hash="sha1"))),
        holds,
    ),
    Example(
        "an issuer signed with SHA-1",
        _chain(certificates=(_LEAF, replace(_LEAF, subject="CN=R12", issuer="CN=Root", signature_hash="sha1"))),
        broken,
        says="CN=R12 is signed",
    ),
    Example("a wildcard for a name below", replace(_leaf(names=("*.shop.example",)), host="www.shop.example"), holds),
    Example(
        "a wildcard for another domain", replace(_leaf(names=("*.other.example",)), host="www.shop.example"), broken
    ),
    Example("a wildcard for two labels", replace(_leaf(names=("*.shop.example",)), host="a.b.shop.example"), broken),
    Example("a wildcard in the middle", replace(_leaf(names=("www.*.example",)), host="www.shop.example"), broken),
    Example("a wildcard for a top-level domain", replace(_leaf(names=("*.example",)), host="shop.example"), broken),
    Example("a host without its first label", replace(_leaf(names=("*.shop.example",)), host=".shop.example"), broken),
)
