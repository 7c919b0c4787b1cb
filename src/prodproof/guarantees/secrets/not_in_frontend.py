"""No secret reaches the browser: bundles, source maps, HTML, storage.

Risk: Whatever the browser receives, every visitor can read.
Verified: Every entry point is visited as by somebody who is not logged in: up to 200 pages and what they load, the
chunks, workers, manifests and source maps that scripts name or that usually lie beside them, with all headers and
cookies. All of it, the sources in source maps one by one, is searched by detection rules and for the exact values of
all declared secrets, in every encoding. So are data attributes, JSON in pages, and what scripts put into storage, for
it all comes in these texts. A value that differs at the same place when it is loaded again (the token of a form) was
made for the visitor and is none; publishable keys are none. Scripts of hosts that are neither entry points nor a
vendor's are not loaded, and it is unknown then; pages behind a login are not seen by this version.
Mend: Keep secret keys on the server, give the front end only publishable ones, and rotate what was shipped.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.facts.frontend import FrontendSearch
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.guarantees._traced import found, unproven
from prodproof.verdicts import Example, Verdict, broken, guarantee, holds, unknown

_MEND = "every visitor has it: revoke it, issue another one, and keep that on the server"


@guarantee("secrets.not-in-frontend", seeds="H-5 K-4 H-guide-React", proof="outside", severity="critical")
def judge(search: FrontendSearch, declared: EntryPoint) -> Verdict:
    """One entry point."""
    if findings := found(search.traced, "", _MEND):
        return broken(*findings)
    if search.certificate_error and declared.url.startswith("https://"):
        return unknown(Reason.UNREACHABLE, f"the certificate is not trusted ({search.certificate_error})")
    if missing := unproven(search.traced):
        return missing
    if not search.documents:
        return unknown(Reason.INCOMPLETE, "nothing was loaded")
    by = f"by {search.traced.rules} rules and {search.traced.values} known values"
    if search.leads_to:
        return holds(f"every visitor is sent to {search.leads_to}, which is searched by itself; none on the way {by}")
    allowed = f"; {search.traced.allowed} allowed" if search.traced.allowed else ""
    return holds(f"none in {search.documents} texts, {search.scripts} of them scripts and maps, {by}{allowed}")


_SITE = FrontendSearch(
    traced=Traced(bytes_read=900_000, rules=700, values=5),
    documents=41,
    scripts=12,
)
_POINT = EntryPoint(url="https://shop.example")
_KEY = SecretSeen(
    what="Stripe secret key",
    rule="stripe-secret-key",
    path="/static/shop.js",
    finding="0a1b2c3d4e5f",
    fingerprint="00112233445566778899aabbccddeeff",
    line=1,
)


def _with(traced: Traced) -> FrontendSearch:
    return replace(_SITE, traced=traced)


EXAMPLES = (
    Example("visited whole, and nothing there", _SITE, holds, declared=_POINT, says="41 texts, 12 of them scripts"),
    Example(
        "a key compiled into the bundle",
        _with(replace(_SITE.traced, seen=(_KEY,))),
        broken,
        declared=_POINT,
        says="Stripe secret key in /static/shop.js:1",
    ),
    Example(
        "in the sources of a map",
        _with(replace(_SITE.traced, seen=(replace(_KEY, path="/static/shop.js.map!src/pay.js", line=8),))),
        broken,
        declared=_POINT,
        says="/static/shop.js.map!src/pay.js:8",
    ),
    Example(
        "the very value of a declared secret, encoded",
        _with(
            replace(_SITE.traced, seen=(replace(_KEY, what="api-token", rule="value", path="/", encoding="base64"),))
        ),
        broken,
        declared=_POINT,
        says="api-token in /:1, as base64",
    ),
    Example(
        "a page could not be read",
        _with(
            replace(
                _SITE.traced,
                unsearched=(Unsearched(path="/orders", why=Reason.TIMED_OUT, detail="no answer in 15 s"),),
            )
        ),
        unknown,
        declared=_POINT,
        reason=Reason.TIMED_OUT,
        says="/orders: no answer",
    ),
    Example(
        "a page could not be read, and a key was found",
        _with(
            replace(
                _SITE.traced,
                seen=(_KEY,),
                unsearched=(Unsearched(path="/orders", why=Reason.TIMED_OUT, detail="no answer in 15 s"),),
            )
        ),
        broken,
        declared=_POINT,
    ),
    Example(
        "without trust, no value was resolved",
        _with(
            replace(
                _SITE.traced,
                values=0,
                unresolved=(Unsearched(path="api-token", why=Reason.NOT_PERMITTED, detail="not without trust"),),
            )
        ),
        unknown,
        declared=_POINT,
        reason=Reason.NOT_PERMITTED,
        says="the value of api-token",
    ),
    Example(
        "no secret is declared",
        _with(replace(_SITE.traced, values=0)),
        unknown,
        declared=_POINT,
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "its certificate is not trusted",
        replace(_SITE, certificate_error="self-signed certificate"),
        unknown,
        declared=_POINT,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "plain HTTP that sends everybody to HTTPS",
        replace(_SITE, documents=2, scripts=0, status=301, leads_to="https://shop.example"),
        holds,
        declared=EntryPoint(url="http://shop.example"),
        says="sent to https://shop.example",
    ),
    Example(
        "plain HTTP, with nothing to say of a certificate",
        replace(_SITE, certificate_error="none"),
        holds,
        declared=EntryPoint(url="http://shop.example"),
    ),
    Example("nothing was loaded", replace(_SITE, documents=0), unknown, declared=_POINT, reason=Reason.INCOMPLETE),
    Example(
        "allowed findings are named",
        _with(replace(_SITE.traced, allowed=2)),
        holds,
        declared=_POINT,
        says="2 allowed",
    ),
)
