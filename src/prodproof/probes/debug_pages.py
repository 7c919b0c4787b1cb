"""Asks each entry point for paths that it cannot know, and looks for the debug page of a framework."""

import secrets
from urllib.parse import urlsplit

from prodproof.facts import Proof, Survey, Unseen
from prodproof.facts.debug import DebugPages, DebugSign
from prodproof.facts.declared import EntryPoint
from prodproof.probes.probe import probe
from prodproof.reach.http.client import Exchange
from prodproof.reach.world import World

SIGNS = (
    ("Django", ("You're seeing this error because you have", "DEBUG = True")),
    ("Django", ("You&#x27;re seeing this error because you have", "DEBUG = True")),
    ("Django", ("You&#39;re seeing this error because you have", "DEBUG = True")),
    ("Django", ("Using the URLconf defined in", "Django tried these URL patterns")),
    ("Django", ("Django Version:", "Exception Type:", "Request Method:")),
    ("Flask (Werkzeug)", ("Werkzeug Debugger",)),
    ("Flask (Werkzeug)", ("__debugger__=yes", "cmd=resource")),
    ("Flask (Werkzeug)", ("The debugger caught an exception in your WSGI application",)),
    ("FastAPI or Starlette", ("Starlette Debugger",)),
    ("Rails", ("Action Controller: Exception caught",)),
    ("Rails", ("Routing Error", "Rails.root:")),
    ("Laravel", ("laravel_ignition",)),
    ("Laravel", ("Whoops! There was an error.", "Whoops\\")),
    ("Laravel", ("facade.ignition",)),
    ("Symfony", ("Symfony Exception", "sf-dump")),
    ("Symfony", ("Symfony Web Debug Toolbar",)),
    ("Phoenix", ("Phoenix.Router.NoRouteError", "Plug.Debugger")),
    ("ASP.NET", ("Server Error in", "&lt;customErrors mode=")),
    ("ASP.NET Core", ("DeveloperExceptionPage",)),
    ("Play", ("Action not found", "These routes have been tried, in this order")),
    ("Express", ("NotFoundError: Not Found", "node_modules")),
    ("Tornado", ("Traceback (most recent call last):", "tornado/web.py")),
)
"""Texts that all stand on a framework's debug page and on no page of its production mode."""


@probe(DebugPages, per=EntryPoint, proof=Proof.OUTSIDE, visitor=True, time_limit=60)
async def observe(about: EntryPoint, world: World) -> Survey[DebugPages]:
    """Ask for two unknown paths, as a page and as data: what a visitor who mistypes an address does."""
    parts = urlsplit(about.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    token = secrets.token_hex(12)
    beneath = parts.path.rstrip("/")
    trials = (
        ("an unknown path", f"{origin}{beneath}/{token}/", "text/html"),
        ("an unknown path, as data", f"{origin}{beneath}/{token}.json", "application/json"),
    )
    asked: list[str] = []
    signs: list[DebugSign] = []
    lost: Unseen | None = None
    lab = False
    for words, url, accept in trials:
        answer = await world.http.ask(url, "GET", headers=(("Accept", accept),), unverified=True)
        if isinstance(answer, Unseen):
            lost = lost or answer
            continue
        asked.append(words)
        lab = lab or answer.lab
        if sign := sign_of(answer):
            signs.append(DebugSign(asked=words, framework=sign[0], sign=sign[1], status=answer.status))
    if lost is not None and not signs:
        return Survey(DebugPages, (world.outside(about.subject, lost),))
    return Survey(DebugPages, (world.outside(about.subject, DebugPages(asked=tuple(asked), signs=tuple(signs)), lab),))


def sign_of(answer: Exchange) -> tuple[str, str] | None:
    """Framework and telling text of a debug page, or None."""
    body = answer.body.decode("utf-8", "replace")
    for framework, texts in SIGNS:
        if all(text in body for text in texts):
            return framework, texts[0]
    if answer.first("x-debug-token-link"):
        return "Symfony", "X-Debug-Token-Link"
    return None
