"""What a visitor's browser is given, against a site over TLS."""

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, EntryPoint, Environment, Vendor
from prodproof.facts.declared import Secret as DeclaredSecret
from prodproof.facts.frontend import FrontendSearch
from prodproof.guarantees.secrets.not_in_frontend import judge
from prodproof.probes.frontend import observe
from prodproof.reach.world import Settings, World
from prodproof.verdicts import Kind, Verdict
from tests.probes.running import survey_of
from tests.servers.site import ADDRESS, HOST, Page, Request, Site, html


class Scene:
    """A site and what is declared of it."""

    def __init__(self, directory: Path) -> None:
        self.site = Site(directory)
        self.pages = self.site.main.pages
        self.pages["/"] = Page(body=html("Harbour", '<script src="/app.js"></script>'))
        self.pages["/app.js"] = Page(body="start();", content_type="text/javascript")
        self.value = secrets.token_urlsafe(32)
        (directory / "token").write_text(self.value)
        secret = DeclaredSecret(name="internal-token", ref=f"file:{directory}/token")
        point = EntryPoint(url=self.site.url())
        self.declared = Declared(
            system="harbour",
            environment=Environment(name="production"),
            root=str(directory),
            trusted=True,
            entry_points=(point,),
            all_entry_points=(point,),
            secrets=(secret,),
            all_secrets=(secret,),
        )
        self.settings = Settings(ca_file=self.site.authority.ca_file, resolve={HOST: ADDRESS}, rate=0)

    def declare(self, **changes: object) -> None:
        """Other fields of `Declared`."""
        self.declared = replace(self.declared, **changes)  # type: ignore[arg-type]  # fields by name

    def seen(self) -> FrontendSearch | Unseen:
        world = World(declared=self.declared, now=datetime.now(UTC), settings=self.settings)
        (item,) = survey_of(observe, self.declared.entry_points[0], world)
        assert isinstance(item.seen, (FrontendSearch, Unseen))
        return item.seen

    def verdict(self) -> Verdict:
        seen = self.seen()
        assert isinstance(seen, FrontendSearch)
        return judge(seen, self.declared.entry_points[0])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    try:
        yield made
    finally:
        made.site.stop()


def provider_key() -> str:
    """Of a payment provider; good for nothing."""
    return "sk" + "_live_" + secrets.token_hex(16)


def script(text: str) -> Page:
    return Page(body=text, content_type="text/javascript")


def test_nothing_there(scene: Scene) -> None:
    verdict = scene.verdict()
    assert verdict.kind is Kind.HOLDS, verdict
    assert "1 of them scripts" in verdict.message and "1 known values" in verdict.message


def test_a_key_in_the_bundle(scene: Scene) -> None:
    scene.pages["/app.js"] = script(f'start();\nconst key = "{provider_key()}";')
    assert "Stripe secret key in /app.js:2" in scene.verdict().message


def test_a_publishable_key_is_none(scene: Scene) -> None:
    scene.pages["/app.js"] = script('const key = "pk' + f'_live_{secrets.token_hex(16)}";')
    assert scene.verdict().kind is Kind.HOLDS


def test_a_declared_public_value_is_none(scene: Scene) -> None:
    (secret,) = scene.declared.secrets
    other = DeclaredSecret(name="other", ref=secret.ref, public=True)
    scene.declare(secrets=(other,), all_secrets=(other,))
    scene.pages["/app.js"] = script(f'start("{scene.value}");')
    assert scene.verdict().kind is not Kind.BROKEN


@pytest.mark.parametrize("where", ["/app.js.map", "/maps/other.map"])
def test_in_the_sources_of_a_map(scene: Scene, where: str) -> None:
    """One lies beside the script and nothing refers to it; the other is named by the script."""
    comment = "" if where == "/app.js.map" else f"\n//# sourceMappingURL={where}"
    scene.pages["/app.js"] = script(f"start();{comment}")
    sources = {"version": 3, "sources": ["src/pay.js"], "sourcesContent": [f"pay('{provider_key()}')"], "mappings": ""}
    scene.pages[where] = Page(body=json.dumps(sources), content_type="application/json")
    assert f"{where}!src/pay.js" in scene.verdict().message


@pytest.mark.parametrize(
    "page",
    [
        '<main data-token="{}"></main>',
        '<script>localStorage.setItem("token", "{}")</script>',
        '<script type="application/json">{{"token": "{}"}}</script>',
        "<!-- {} -->",
        '<input type="hidden" name="token" value="{}">',
    ],
)
@pytest.mark.parametrize("encoded", [False, True])
def test_the_very_value_in_a_page(scene: Scene, page: str, encoded: bool) -> None:
    value = base64.b64encode(f"token={scene.value}".encode()).decode() if encoded else scene.value
    scene.pages["/"] = Page(body=html("Harbour", page.format(value)))
    assert "internal-token in /" in " ".join(item.message for item in scene.verdict().findings)


def test_in_a_header_and_in_a_cookie(scene: Scene) -> None:
    scene.pages["/"] = Page(
        body=html("Harbour"), headers=(("X-Upstream", scene.value), ("Set-Cookie", f"debug={scene.value}; Secure"))
    )
    messages = " ".join(item.message for item in scene.verdict().findings)
    assert "/!headers" in messages and "/!cookies" in messages


def test_a_token_that_is_made_for_each_visit_is_none(scene: Scene) -> None:
    def form(request: Request) -> Page:
        token = secrets.token_urlsafe(48)
        return Page(body=html("Log in", f'<script>var api_token = "{token}"; var apiSecret = "{token}";</script>'))

    scene.pages["/"] = form
    assert scene.verdict().kind is Kind.HOLDS


def test_the_same_token_for_everybody_is_one(scene: Scene) -> None:
    token = secrets.token_urlsafe(48)
    scene.pages["/"] = Page(body=html("Log in", f'<script>var api_token = "{token}";</script>'))
    assert scene.verdict().kind is Kind.BROKEN


def test_what_could_not_be_loaded_again_stays_a_finding(scene: Scene) -> None:
    asked: list[str] = []

    def once(request: Request) -> Page:
        asked.append(request.path)
        # The first two loads are the look whether it answers, and the visit.
        if len(asked) > 2:
            return Page(503, html("Later"))
        return Page(body=html("Harbour", f'<script>var api_token = "{secrets.token_urlsafe(48)}";</script>'))

    scene.pages["/"] = once
    assert scene.verdict().kind is Kind.BROKEN
    assert len(asked) > 2


# ---- withdrawn, and what is not ours


def test_without_trust_a_rule_still_finds_and_nothing_holds(scene: Scene) -> None:
    scene.declare(trusted=False)
    verdict = scene.verdict()
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.NOT_PERMITTED)
    scene.pages["/app.js"] = script(f'const key = "{provider_key()}";')
    assert scene.verdict().kind is Kind.BROKEN


def test_a_site_that_is_closed(scene: Scene) -> None:
    scene.site.stop()
    seen = scene.seen()
    assert isinstance(seen, Unseen)
    assert seen.why is Reason.UNREACHABLE


def test_a_certificate_that_nobody_signed(scene: Scene) -> None:
    scene.settings = replace(scene.settings, ca_file=None)
    verdict = scene.verdict()
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.UNREACHABLE)


def test_a_page_that_fails(scene: Scene) -> None:
    scene.pages["/"] = Page(body=html("Harbour", '<a href="/orders/">Orders</a>'))
    scene.pages["/orders/"] = Page(500, html("Sorry"))
    verdict = scene.verdict()
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
    assert "/orders/" in verdict.message


def test_a_closed_front_page(scene: Scene) -> None:
    scene.pages["/"] = Page(403, html("Forbidden"))
    verdict = scene.verdict()
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.DENIED)


def test_the_root_of_an_api_has_nothing(scene: Scene) -> None:
    del scene.pages["/"]
    assert scene.verdict().kind is Kind.HOLDS


def test_scripts_of_strangers_and_of_vendors(scene: Scene) -> None:
    scene.pages["/"] = Page(body=html("Harbour", '<script src="https://js.payments.example/v3.js"></script>'))
    verdict = scene.verdict()
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)
    assert "js.payments.example" in verdict.message
    scene.declare(vendors=(Vendor(name="Payments", hosts=("js.payments.example",)),))
    assert scene.verdict().kind is Kind.HOLDS
    seen = scene.seen()
    assert isinstance(seen, FrontendSearch)
    assert seen.vendors == ("js.payments.example",)


def test_plain_http_leads_on(scene: Scene) -> None:
    plain = EntryPoint(url=scene.site.http_url())
    scene.declare(entry_points=(plain, *scene.declared.entry_points))
    seen = scene.seen()
    assert isinstance(seen, FrontendSearch)
    assert seen.leads_to == scene.site.url()
    assert judge(seen, plain).kind is Kind.HOLDS


def test_plain_http_that_leads_on_with_a_secret(scene: Scene) -> None:
    redirect = scene.site.redirect

    def telling(request: Request) -> Page:
        page = redirect(request)
        return replace(page, headers=(*page.headers, ("X-Upstream", scene.value)))

    scene.site.plain = telling
    scene.declare(entry_points=(EntryPoint(url=scene.site.http_url()), *scene.declared.entry_points))
    assert scene.verdict().kind is Kind.BROKEN


def test_a_site_that_leads_to_a_stranger(scene: Scene) -> None:
    scene.pages["/"] = Page(302, "", headers=(("Location", "https://elsewhere.example/"),))
    verdict = scene.verdict()
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)
