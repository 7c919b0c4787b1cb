"""Paths compared with paths that cannot exist, on sites that answer in unusual ways."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts.paths import PathAnswer, PathLost
from prodproof.probes._debug_list import tells_debug, well_known
from prodproof.probes._paths import Asker, Wanted
from prodproof.reach.world import World
from tests.probes.visited import Visited, visited
from tests.servers.site import LOGIN_FORM, Page, Request, html

Fallback = Callable[[Request], Page]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Visited]:
    with visited(tmp_path) as made:
        yield made


def world(shop: Visited) -> World:
    return World(declared=shop.declared, now=datetime.now(UTC), settings=shop.settings)


def asked(shop: Visited, *wanted: Wanted) -> tuple[PathAnswer, ...]:
    async def go() -> tuple[tuple[PathAnswer, ...], tuple[PathLost, ...]]:
        return await Asker(shop.declared.entry_points[0], world(shop)).all(wanted)

    answers, lost = asyncio.run(go())
    assert lost == ()
    return answers


ADMIN = Wanted("/hidden/", "administration")


@pytest.mark.parametrize(
    "fallback",
    [
        pytest.param(lambda request: Page(body=html("App", "<div id=root></div>")), id="single-page application"),
        pytest.param(
            lambda request: Page(404, html("Nothing", f"<p>{request.path} is not here")), id="echoes the path"
        ),
        pytest.param(lambda request: Page(403, html("Forbidden")), id="firewall"),
        pytest.param(
            lambda request: Page(302, headers=(("Location", f"/login/?next={request.path}"),)), id="login wall"
        ),
        pytest.param(
            lambda request: Page(
                404, html("No", f"<p>request {abs(hash(request.path)):x} at 12:30:{len(request.path)}")
            ),
            id="a request id in the page",
        ),
        pytest.param(lambda request: Page(body=html("App", "<p>word</p>" * 1000 + request.path)), id="a long page"),
    ],
)
def test_an_answer_that_any_path_gets_is_known(shop: Visited, fallback: Fallback) -> None:
    shop.site.main.fallback = fallback
    (answer,) = asked(shop, ADMIN)
    assert answer.as_unknown


def test_a_page_of_its_own_is_told_from_the_fallback(shop: Visited) -> None:
    shop.site.main.fallback = lambda request: Page(body=html("App", "<div id=root></div>"))
    shop.site.main.pages["/hidden/"] = LOGIN_FORM
    (answer,) = asked(shop, ADMIN)
    assert (answer.as_unknown, answer.password_form) == (False, True)


def test_a_sign_is_needed_where_the_path_alone_says_little(shop: Visited) -> None:
    wanted = Wanted("/metrics", "metrics", re.compile("# HELP"), needs_sign=True)
    shop.site.main.pages["/metrics"] = Page(body=html("Our metrics team"))
    (team,) = asked(shop, wanted)
    shop.site.main.pages["/metrics"] = Page(body="# HELP x\n", content_type="text/plain")
    (metrics,) = asked(shop, wanted)
    assert (team.as_unknown, metrics.as_unknown, metrics.recognised) == (True, False, True)


def test_redirects_end_at_the_page_or_at_another_host(shop: Visited) -> None:
    shop.site.main.pages["/a/"] = Page(302, headers=(("Location", "/login/?next=/a/"),))
    shop.site.main.pages["/b/"] = Page(302, headers=(("Location", "https://sso.example/?state=s3cret"),))
    shop.site.main.pages["/c/"] = Page(302, headers=(("Location", "/c/"),))
    first, second, third = asked(shop, *(Wanted(path, "x") for path in ("/a/", "/b/", "/c/")))
    assert (first.page, first.password_form) == ("/login/", True)
    assert (second.sent_to, second.status) == ("sso.example", 302)
    assert third.status == 302


def test_a_dead_host_loses_every_path(shop: Visited) -> None:
    shop.site.stop()
    shop.settings = replace(shop.settings, connect_timeout=1.0)

    async def go() -> tuple[tuple[PathAnswer, ...], tuple[PathLost, ...]]:
        return await Asker(shop.declared.entry_points[0], world(shop)).all(well_known())

    answers, lost = asyncio.run(go())
    assert answers == () and len(lost) == len(well_known())


@pytest.mark.parametrize(
    ("pattern", "name", "view", "telling"),
    [
        ("__debug__/render_panel/", "render_panel", "debug_toolbar.views.render_panel", True),
        ("silk/requests/", "requests", "silk.views.requests.RequestsView", True),
        ("api/debug/", "", "shop.views.dump", True),
        ("tests/", "", "shop.views.run", True),
        ("x/", "", "shop.views.debug_settings", True),
        ("latest/", "latest", "shop.views.latest", False),
        ("attestations/", "attestations", "shop.views.attestations", False),
        ("testimonials/", "testimonials", "shop.views.testimonials", False),
        ("devices/", "devices", "shop.devices.views.index", False),
        ("orders/<int:pk>/", "order", "shop.test_orders.views.order", False),
    ],
)
def test_routes_that_tell(pattern: str, name: str, view: str, telling: bool) -> None:
    assert tells_debug(pattern, name, view) is telling
