"""A proxy that strips the policy, or rewrites the cookie."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def strips_the_policy(harbour: Range) -> None:
    harbour.front.replace_headers({"Content-Security-Policy": None})


def loses_another_header(harbour: Range) -> None:
    harbour.front.replace_headers({"Cross-Origin-Opener-Policy": None})


def rewrites_the_cookie(harbour: Range) -> None:
    harbour.front.replace_headers({"Set-Cookie": "__Host-sessionid=rewritten; Path=/; HttpOnly; SameSite=Lax"})


def nobody_trusts_the_file(harbour: Range) -> None:
    """The application is then not asked for its settings."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="exposure.public-behaviour-matches",
    breaks=strips_the_policy,
    says="content-security-policy",
    subject="host:harbour.example",
    variants=(loses_another_header, rewrites_the_cookie),
    withdraws=nobody_trusts_the_file,
    reason=Reason.NOT_CONFIGURED,
    needs=("application", "front"),
    touches=("application.security-headers", "application.cookies-secure"),
)
