"""A proxy that strips the policy, or rewrites the cookie."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def strips_the_policy(harbour: Range) -> None:
    del harbour.site.main.page_headers["Content-Security-Policy"]


def rewrites_the_cookie(harbour: Range) -> None:
    cookie = ("Set-Cookie", "sessionid=lab; Path=/; HttpOnly; SameSite=Lax")
    harbour.site.main.pages["/"] = Page(body=html("Harbour"), headers=(cookie,))


def forgets_the_settings(harbour: Range) -> None:
    harbour.vantage.forget()


FAULT = Fault(
    guarantee="exposure.public-behaviour-matches",
    breaks=strips_the_policy,
    says="content-security-policy",
    variants=(rewrites_the_cookie,),
    withdraws=forgets_the_settings,
    reason=Reason.NOT_CONFIGURED,
    needs=("site", "settings_known"),
)
