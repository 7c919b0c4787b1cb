"""What strangers get from staging and development environments, with the declared login as a control."""

import base64
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from prodproof.facts import Observation, Proof, Reason, Survey, Unseen, lost
from prodproof.facts.declared import Declared, EntryPoint, EnvironmentKind
from prodproof.facts.django import UrlTable
from prodproof.facts.paths import ClosedSite, PathLost
from prodproof.probes._application import url_table
from prodproof.probes._paths import MAX_ROUTES, Asker, Wanted
from prodproof.probes.probe import probe
from prodproof.reach.http.client import Exchange, authority_of
from prodproof.reach.secret import resolve
from prodproof.reach.world import World

USUAL = (
    "/",
    "/admin/",
    "/api/",
    "/api/v1/",
    "/graphql",
    "/static/",
    "/static/admin/css/base.css",
    "/static/staticfiles.json",
    "/assets/",
    "/media/",
    "/uploads/",
    "/files/",
    "/docs/",
    "/swagger/",
    "/openapi.json",
    "/sitemap.xml",
    "/health",
    "/healthz",
    "/metrics",
)


@probe(ClosedSite, per=Declared, proof=Proof.OUTSIDE, time_limit=300, after=(UrlTable,))
async def observe(about: Declared, world: World) -> Survey[ClosedSite]:
    """Ask every entry point of an environment that must be closed."""
    points = closed_points(about)
    if not points:
        return lost(
            ClosedSite, Reason.NOT_DECLARED, "no entry point of a staging or development environment is declared"
        )
    return Survey(ClosedSite, tuple([await _look(point, about, world) for point in points]))


def closed_points(declared: Declared) -> tuple[EntryPoint, ...]:
    """The entry points whose environment must be closed to strangers."""
    environments = (*declared.environments, declared.environment)
    open_ones = {item.name for item in environments if item.kind is EnvironmentKind.PRODUCTION}
    points = dict.fromkeys((*declared.all_entry_points, *declared.entry_points))
    return tuple(point for point in points if point.environment not in open_ones)


async def _look(point: EntryPoint, declared: Declared, world: World) -> Observation[ClosedSite]:
    asker = Asker(point, world)
    # Staging runs the same code: the routes of this environment's application are asked for.
    table, known = url_table(world)
    paths = [Wanted(path, "usual path") for path in (urlsplit(point.url).path or "/", *USUAL)]
    if table is not None:
        found = (route.path or route.sample for route in table.routes)
        paths += [Wanted(table.script_name + path, "URL table") for path in found if path][:MAX_ROUTES]
    public = {path if path.startswith("/") else f"/{path}" for path in point.public_paths}
    answers, missing = await asker.all(item for item in paths if item.path not in public)
    if not answers and missing:
        return world.outside(point.subject, Unseen(missing[0].why, missing[0].detail))
    seen = ClosedSite(
        url=point.url,
        environment=point.environment,
        answers=answers,
        lost=missing,
        table=known,
    )
    return world.outside(point.subject, await _controlled(seen, point, declared, world), lab=asker.lab)


async def _controlled(seen: ClosedSite, point: EntryPoint, declared: Declared, world: World) -> ClosedSite:
    if point.login is None:
        return replace(seen, why_no_login="no login is declared for it")
    if not declared.trusted:
        return replace(seen, why_no_login="resolving its login needs trust: prodproof trust, or --trust")
    secret = resolve(point.login, declared.root)
    if isinstance(secret, Unseen):
        return replace(seen, why_no_login=secret.detail)
    if not point.url.startswith("https://"):
        return replace(seen, why_no_login="its login is not sent over plain HTTP")
    header = ("Authorization", "Basic " + base64.b64encode(secret.reveal().encode()).decode())
    # The login goes to a server with a trusted certificate only, and never along a redirect to another host.
    url = urljoin(point.url, urlsplit(point.url).path or "/")
    let_in = await world.http.ask(url, headers=(header,))
    for _ in range(3):
        if isinstance(let_in, Unseen) or let_in.redirect is None or authority_of(let_in.redirect) != point.authority:
            break
        if not let_in.redirect.startswith("https://") and point.url.startswith("https://"):
            break
        let_in = await world.http.ask(let_in.redirect, headers=(header,))
    stranger = await world.http.ask(url)
    if isinstance(let_in, Unseen):
        return replace(seen, why_no_login=f"the login could not be tried: {let_in.detail}")
    if isinstance(stranger, Unseen):
        return replace(seen, lost=(*seen.lost, PathLost("/", stranger.why, stranger.detail)))
    return replace(seen, differs=let_in.status == 200 and _differ(let_in, stranger))


def _differ(one: Exchange, other: Exchange) -> bool:
    return one.status != other.status or one.body != other.body
