"""A proxy that strips the policy, or rewrites the cookie."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def strips_the_policy(lab: Lab) -> None:
    del lab.site.main.page_headers["Content-Security-Policy"]


def rewrites_the_cookie(lab: Lab) -> None:
    cookie = ("Set-Cookie", "sessionid=lab; Path=/; HttpOnly; SameSite=Lax")
    lab.site.main.pages["/"] = Page(body=html("Harbour"), headers=(cookie,))


def forgets_the_settings(lab: Lab) -> None:
    lab.known.clear()


FAULT = Fault(
    guarantee="exposure.public-behaviour-matches",
    breaks=strips_the_policy,
    says="content-security-policy",
    variants=(rewrites_the_cookie,),
    withdraws=forgets_the_settings,
    reason=Reason.NOT_CONFIGURED,
    needs=("site", "settings_known"),
)
