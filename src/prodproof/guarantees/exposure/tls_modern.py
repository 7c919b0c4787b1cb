"""Only TLS 1.2 and newer, with forward-secret authenticated ciphers, on every TLS port.

Risk: Somebody who records the traffic, or sits between your users and you, can read or change what they send, because
the server still agrees to encryption that is known to be breakable.
Verified: Each protocol version and cipher suite is offered by itself from outside, at every address of each HTTPS entry
point, declared public port and port that a scan found open (STARTTLS included), and compared with version 5.7 of
Mozilla's intermediate profile; other suites with the same properties (forward secret, authenticated encryption with a
full tag) pass. Groups under 112 bits and Diffie-Hellman primes under 2048 bits are findings. Opportunistic TLS on port
25 is exempt.
Mend: In nginx: `ssl_protocols TLSv1.2 TLSv1.3;` and the suites of https://ssl-config.mozilla.org, profile intermediate,
in `ssl_ciphers` (they begin with ECDHE- and end in GCM-SHA256, GCM-SHA384 or POLY1305; no AES-SHA, no RC4, no DES). AWS
load balancer: policy ELBSecurityPolicy-TLS13-1-2-Res-2021-06. PostgreSQL: `ssl_min_protocol_version = TLSv1.2` and the
same list in `ssl_ciphers`.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.tls import ProtocolOffer, TlsAddress, TlsEndpoint
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown

PROFILE = "Mozilla intermediate 5.7"
MODERN = ("TLSv1.2", "TLSv1.3")
SMALLEST_PRIME = 2048


@guarantee("exposure.tls-modern", seeds="H-3", proof="outside", severity="high")
def judge(fact: TlsEndpoint) -> Verdict:
    if fact.port == 25:
        return not_applicable("port 25: mail servers encrypt opportunistically, and send in the clear otherwise")
    several = len(fact.addresses) > 1
    findings = [finding for item in fact.addresses for finding in _findings(item, item.address if several else "")]
    if findings:
        return broken(*findings)
    unseen = [item for item in fact.addresses if item.unseen or any(offer.unseen for offer in item.protocols)]
    if unseen:
        why = unseen[0].unseen or next(offer.unseen for offer in unseen[0].protocols if offer.unseen)
        return unknown(why.why, f"{unseen[0].address}: {why.detail}")
    if not any(item.speaks_tls for item in fact.addresses):
        return not_applicable("does not speak TLS")
    versions = sorted({offer.version for item in fact.addresses for offer in item.protocols if offer.accepted})
    return holds(f"{' and '.join(versions)}, no suite outside {PROFILE} or its equals")


def weakness(suite: str) -> str | None:
    """What is wrong with a cipher suite (IANA's name), or None."""
    if "_anon_" in suite:
        return "no-authentication"
    if "_NULL_" in suite or "_EXPORT_" in suite or "_RC4_" in suite or "_DES" in suite or "_RC2_" in suite:
        return "broken-encryption"
    if "_WITH_" in suite and not suite.startswith(("TLS_ECDHE_", "TLS_DHE_", "TLS_ECCPWD_")):
        return "no-forward-secrecy"
    authenticated = "_GCM_" in suite or "_POLY1305" in suite or "_CCM" in suite
    if not authenticated or "_CCM_8" in suite:
        return "no-authenticated-encryption"
    return None


_SAYS = {
    "no-authentication": "accepts suites that do not authenticate the server",
    "broken-encryption": "accepts suites with broken or no encryption",
    "no-forward-secrecy": "accepts suites without forward secrecy",
    "no-authenticated-encryption": "accepts suites without authenticated encryption (CBC or short tags)",
}


def _findings(seen: TlsAddress, at: str) -> list[Finding]:
    where = f" at {at}" if at else ""
    key = f"{at} " if at else ""
    findings = [
        Finding("old-protocol", f"accepts {offer.version}{where}", key=f"{key}{offer.version}")
        for offer in seen.protocols
        if offer.accepted and offer.version not in MODERN
    ]
    accepted = dict.fromkeys(suite for offer in seen.protocols if offer.version in MODERN for suite in offer.suites)
    for rule, text in _SAYS.items():
        if names := [suite for suite in accepted if weakness(suite) == rule]:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            findings.append(Finding(rule, f"{text}: {names[0]}{more}{where}", key=key.strip()))
    if seen.dh_bits is not None and seen.dh_bits < SMALLEST_PRIME:
        message = f"its Diffie-Hellman prime has only {seen.dh_bits} bits{where}"
        findings.append(Finding("small-prime", message, key=key.strip(), mend="make a prime of 2048 bits, or drop DHE"))
    if seen.weak_groups:
        message = f"accepts the weak group {seen.weak_groups[0]}{where}"
        findings.append(Finding("weak-group", message, key=f"{key}{seen.weak_groups[0]}"))
    return findings


_TLS12 = ProtocolOffer(version="TLSv1.2", accepted=True, suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",))
_TLS13 = ProtocolOffer(version="TLSv1.3", accepted=True, suites=("TLS_AES_256_GCM_SHA384",))
_REFUSED = tuple(ProtocolOffer(version=version, accepted=False) for version in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"))
_SEEN = TlsAddress(address="203.0.113.7", protocols=(*_REFUSED, _TLS12, _TLS13), groups=("x25519",))
MODERN_PORT = TlsEndpoint(host="shop.example", port=443, starttls=None, addresses=(_SEEN,))


def _with(**changes: Any) -> TlsEndpoint:
    return replace(MODERN_PORT, addresses=(replace(_SEEN, **changes),))


def _plus(*suites: str) -> TlsEndpoint:
    return _with(protocols=(*_REFUSED, replace(_TLS12, suites=(*_TLS12.suites, *suites)), _TLS13))


_TLS10 = ProtocolOffer(version="TLSv1.0", accepted=True, suites=("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",))

EXAMPLES = (
    Example("TLS 1.2 and 1.3 with the profile's suites", MODERN_PORT, holds),
    Example("CCM with a full tag", _plus("TLS_ECDHE_ECDSA_WITH_AES_128_CCM"), holds),
    Example("TLS 1.0 too", _with(protocols=(_TLS10, _TLS12, _TLS13)), broken, says="accepts TLSv1.0"),
    Example("RSA key exchange", _plus("TLS_RSA_WITH_AES_128_GCM_SHA256"), broken, says="forward secrecy"),
    Example("CBC", _plus("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"), broken, says="authenticated encryption"),
    Example("CCM with a short tag", _plus("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"), broken),
    Example("anonymous", _plus("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), broken, says="authenticate the server"),
    Example("a prime of 1024 bits", _with(dh_bits=1024), broken, says="1024"),
    Example("a curve of 192 bits", _with(weak_groups=("secp192r1",)), broken),
    Example(
        "one address in two is old",
        replace(MODERN_PORT, addresses=(_SEEN, replace(_SEEN, address="2001:db8::7", protocols=(_TLS10, _TLS12)))),
        broken,
        says="2001:db8::7",
    ),
    Example(
        "one address in two does not answer",
        replace(
            MODERN_PORT,
            addresses=(_SEEN, TlsAddress(address="2001:db8::7", unseen=Unseen(Reason.TIMED_OUT, "no answer"))),
        ),
        unknown,
        says="2001:db8::7",
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "TLS 1.1 gave no answer",
        _with(protocols=(replace(_REFUSED[3], unseen=Unseen(Reason.TIMED_OUT, "no answer")), _TLS12)),
        unknown,
        reason=Reason.TIMED_OUT,
    ),
    Example("port 25", replace(_with(protocols=(_TLS10,)), port=25, starttls="smtp"), not_applicable),
    Example("no TLS there", _with(speaks_tls=False, protocols=()), not_applicable),
    Example("a prime of 2048 bits", _with(dh_bits=2048), holds),
    Example(
        "TLS 1.0 is named without its address, where there is one",
        _with(protocols=(_TLS10, _TLS12)),
        broken,
        says="accepts TLSv1.0",
    ),
    Example("broken encryption", _plus("TLS_ECDHE_RSA_WITH_RC4_128_SHA"), broken, says="broken or no encryption"),
    Example(
        "the second protocol gave no answer",
        _with(protocols=(_TLS12, replace(_REFUSED[3], unseen=Unseen(Reason.TIMED_OUT, "no answer")))),
        unknown,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "no TLS at one of two addresses",
        replace(MODERN_PORT, addresses=(_SEEN, TlsAddress(address="2001:db8::7", speaks_tls=False))),
        holds,
    ),
    Example("TLS 1.0 with CBC is one finding", _with(protocols=(_TLS10, _TLS13)), broken, says="accepts TLSv1.0"),
)
