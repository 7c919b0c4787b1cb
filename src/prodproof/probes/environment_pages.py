"""Asks the open routes of the application that may print the server's environment, and looks whether they do."""

from urllib.parse import urlsplit

from prodproof.facts import Proof, Survey, Unseen
from prodproof.facts.debug import EnvironmentPages
from prodproof.facts.declared import EntryPoint
from prodproof.facts.django import Access, UrlRoute, UrlTable
from prodproof.probes._application import url_table
from prodproof.probes.probe import probe
from prodproof.reach.world import World

MAX_ASKED = 20
MARKS = (
    "wsgi.url_scheme", "wsgi.version", "wsgi.multithread", "SERVER_SOFTWARE", "SERVER_PROTOCOL", "REMOTE_ADDR",
    "DJANGO_SETTINGS_MODULE", "GATEWAY_INTERFACE", "PATH_INFO", "HTTP_USER_AGENT", "DOCUMENT_ROOT", "PYTHONPATH",
)  # fmt: skip
"""Names of the environment of a server process."""

ENOUGH = 4
"""So many of these names on one page are a print-out, not a mention."""

CHANGES = frozenset(
    {"save", "delete", "create", "update", "get_or_create", "update_or_create", "bulk_create", "execute", "remove"}
    | {"set_password", "login", "logout"}
)


@probe(EnvironmentPages, per=EntryPoint, proof=Proof.OUTSIDE, visitor=True, time_limit=120, after=(UrlTable,))
async def observe(about: EntryPoint, world: World) -> Survey[EnvironmentPages]:
    """GET each such route once; views whose code changes something are left alone."""
    table, _ = url_table(world)
    parts = urlsplit(about.url)
    asked: list[str] = []
    printed: list[str] = []
    lab = False
    for path in () if table is None else _worth_asking(table.routes):
        whole = table.script_name + path if table is not None else path
        answer = await world.http.ask(f"{parts.scheme}://{parts.netloc}{whole}", "GET", unverified=True)
        if isinstance(answer, Unseen):
            return Survey(EnvironmentPages, (world.outside(about.subject, answer),))
        asked.append(whole)
        lab = lab or answer.lab
        body = answer.body.decode("utf-8", "replace")
        if sum(mark in body for mark in MARKS) >= ENOUGH:
            printed.append(whole)
    seen = EnvironmentPages(asked=tuple(asked), printed=tuple(printed))
    return Survey(EnvironmentPages, (world.outside(about.subject, seen, lab),))


def _worth_asking(routes: tuple[UrlRoute, ...]) -> tuple[str, ...]:
    paths = (
        route.path or route.sample
        for route in routes
        if route.own
        and route.access is Access.OPEN
        and "META" in route.touches
        and not CHANGES & set(route.touches)
        and (route.methods is None or "GET" in route.methods)
    )
    return tuple(dict.fromkeys(path for path in paths if path))[:MAX_ASKED]
