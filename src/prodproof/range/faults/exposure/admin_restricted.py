"""The administration's login form for everybody; for whoever forges a header; a panel on a declared path."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.range.components.site import LOGIN_FORM, Page, Request, html
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def login_form(harbour: Range) -> None:
    harbour.site.main.pages["/admin/"] = Page(302, headers=(("Location", "/admin/login/?next=/admin/"),))
    harbour.site.main.pages["/admin/login/"] = LOGIN_FORM


def trusts_forwarded(harbour: Range) -> None:
    def admin(request: Request) -> Page:
        inside = request.headers.get("x-forwarded-for", "").startswith("127.")
        return LOGIN_FORM if inside else Page(403, html("Forbidden"))

    harbour.site.main.pages["/admin/"] = admin


def declared_elsewhere(harbour: Range) -> None:
    harbour.site.main.pages["/captain/"] = Page(body=html("Bookings"))
    points = tuple(
        replace(point, admin_paths=("/captain/",)) if point.canonical else point for point in harbour.declared.entry_points
    )
    harbour.declare(entry_points=points)


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="exposure.admin-restricted",
    breaks=login_form,
    says="/admin/ shows its login form",
    variants=(trusts_forwarded, declared_elsewhere),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
