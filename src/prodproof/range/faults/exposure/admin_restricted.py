"""The administration's login form for everybody; for whoever forges a header; a panel on a declared path."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.range.components.site import LOGIN_FORM, Page, Request, html
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def login_form(lab: Lab) -> None:
    lab.site.main.pages["/admin/"] = Page(302, headers=(("Location", "/admin/login/?next=/admin/"),))
    lab.site.main.pages["/admin/login/"] = LOGIN_FORM


def trusts_forwarded(lab: Lab) -> None:
    def admin(request: Request) -> Page:
        inside = request.headers.get("x-forwarded-for", "").startswith("127.")
        return LOGIN_FORM if inside else Page(403, html("Forbidden"))

    lab.site.main.pages["/admin/"] = admin


def declared_elsewhere(lab: Lab) -> None:
    lab.site.main.pages["/captain/"] = Page(body=html("Bookings"))
    points = tuple(
        replace(point, admin_paths=("/captain/",)) if point.canonical else point for point in lab.declared.entry_points
    )
    lab.declare(entry_points=points)


def closed(lab: Lab) -> None:
    lab.site.stop()


FAULT = Fault(
    guarantee="exposure.admin-restricted",
    breaks=login_form,
    says="/admin/ shows its login form",
    variants=(trusts_forwarded, declared_elsewhere),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
