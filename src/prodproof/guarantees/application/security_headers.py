"""Content-Security-Policy, X-Frame-Options or frame-ancestors, X-Content-Type-Options, Referrer-Policy and Strict-
Transport-Security are sent and strong.

Risk: TODO.
Verified: Headers of normal and error answers: Content-Security-Policy and framing on HTML, nosniff everywhere;
the policies parsed and intersected (report-only and meta frame-ancestors ignored, unsafe-inline void beside a
nonce or hash, object-src inherited, frame-ancestors over X-Frame-Options); declared embedders are fine; the HTTP
Observatory's score is shown, not judged.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.security-headers",
    seeds="M-P6",
    proof="outside",
    severity="medium",
    module=__name__,
)
