"""What an entry point answers: its page, its redirects, an unknown path, an unknown method, HEAD."""

import secrets
from urllib.parse import urljoin, urlsplit

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.behaviour import PublicBehaviour
from prodproof.facts.declared import EntryPoint
from prodproof.facts.django import DjangoSettings
from prodproof.facts.http import Answer, Missing, Script, SiteAnswers, Situation
from prodproof.probes._application import effective_settings
from prodproof.probes._intended import intended
from prodproof.probes._page import answer_of, is_html, read_page, without_query
from prodproof.probes._plain import plain_url
from prodproof.probes.probe import probe
from prodproof.reach.http.client import Exchange, authority_of
from prodproof.reach.world import World

LOGIN_PATHS = ("/accounts/login/", "/login/", "/login", "/users/sign_in", "/admin/login/", "/django-admin/login/")
FOREIGN_ORIGIN = "https://prodproof-origin-check.example"


NO_SETTINGS = Unseen(
    Reason.NOT_CONFIGURED,
    "the running application's settings are not known: declare [[django]], verify --trust, then verify again",
)
Surveys = tuple[Survey[SiteAnswers], Survey[PublicBehaviour]]


@probe(
    SiteAnswers,
    PublicBehaviour,
    per=EntryPoint,
    proof=Proof.OUTSIDE,
    visitor=True,
    time_limit=120,
    after=(DjangoSettings,),
)
async def observe(about: EntryPoint, world: World) -> Surveys:
    """Read each kind of answer of one entry point, and put the settings beside them where they are known."""
    seen, lab = await _look(about, world)
    behaviour: PublicBehaviour | Unseen = NO_SETTINGS
    if isinstance(seen, Unseen):
        behaviour = seen
    elif (settings := effective_settings(world)) is not None:
        behaviour = PublicBehaviour(seen=seen, intended=intended(settings))
    return (
        Survey(SiteAnswers, (world.outside(about.subject, seen, lab),)),
        Survey(PublicBehaviour, (world.outside(about.subject, behaviour, lab),)),
    )


async def _look(about: EntryPoint, world: World) -> tuple[SiteAnswers | Unseen, bool]:
    world.progress(about.url)
    hosts = frozenset({about.authority})
    chain, stopped = await world.http.follow(about.url, hosts, unverified=True)
    if not chain:
        assert stopped is not None
        return stopped, False
    answers: list[Answer] = []
    missing: list[Missing] = []
    last = chain[-1]
    answers += [answer_of(item, Situation.REDIRECT) for item in chain if item.redirect]
    if stopped is not None:
        missing.append(Missing(Situation.NORMAL, stopped.why, stopped.detail))
    elif last.redirect is None:
        answers.append(answer_of(last, Situation.NORMAL))
    await _others(about, world, last.url, answers, missing)
    answers += await _logins(last.url, world)
    asking = (("Origin", FOREIGN_ORIGIN), ("Access-Control-Request-Method", "GET"))
    cors = await world.http.ask(last.url, "OPTIONS", headers=asking, unverified=True)
    seen = SiteAnswers(
        scheme=urlsplit(about.url).scheme,
        host=(urlsplit(about.url).hostname or "").lower(),
        answers=tuple(answers),
        missing=tuple(missing),
        scripts=_scripts(last),
        foreign_origin_allowed=_allowed(cors),
        plain_route=await _plain_route(about, world),
        left=last.redirect is not None and authority_of(last.redirect) not in _declared(world),
    )
    return seen, last.lab


async def _others(about: EntryPoint, world: World, page: str, answers: list[Answer], missing: list[Missing]) -> None:
    unknown = urljoin(about.url, f"/{secrets.token_hex(12)}")
    asked = (
        (Situation.NOT_FOUND, "GET", unknown, "(random)"),
        (Situation.METHOD, "PROPFIND", page, None),
        (Situation.HEAD, "HEAD", page, None),
    )
    for situation, method, url, path in asked:
        answer = await world.http.ask(url, method, unverified=True)
        if isinstance(answer, Unseen):
            missing.append(Missing(situation, answer.why, answer.detail))
        # Another status than 405 comes as a rule from something before the site that knows no such method either.
        elif situation is not Situation.METHOD or answer.status == 405:
            answers.append(answer_of(answer, situation, path))


async def _logins(page: str, world: World) -> list[Answer]:
    """The first usual login page, for the cookies that it sets."""
    for path in LOGIN_PATHS:
        answer = await world.http.ask(urljoin(page, path), unverified=True)
        if not isinstance(answer, Unseen) and answer.status == 200:
            made = answer_of(answer, Situation.LOGIN)
            if made.password_form:
                return [made]
    return []


def _scripts(exchange: Exchange) -> tuple[Script, ...]:
    return tuple(read_page(exchange).scripts) if is_html(exchange) else ()


def _allowed(answer: Exchange | Unseen) -> tuple[str | None, bool]:
    if isinstance(answer, Unseen):
        return (None, False)
    origin = answer.first("access-control-allow-origin")
    credentials = (answer.first("access-control-allow-credentials") or "").strip().lower() == "true"
    if origin is None:
        return (None, False)
    return ("(the asking one)" if origin == FOREIGN_ORIGIN else without_query(origin), credentials)


async def _plain_route(about: EntryPoint, world: World) -> tuple[str, ...] | None:
    url = plain_url(about, world.declared)
    if url is None:
        return None
    hosts = _declared(world) | {authority_of(url)}
    chain, _ = await world.http.follow(url, hosts, unverified=True)
    if not chain:
        return None
    route = [without_query(item.url) for item in chain]
    # The last redirect was seen, whether or not what it leads to answers.
    if beyond := chain[-1].redirect:
        route.append(without_query(beyond))
    return tuple(route)


def _declared(world: World) -> frozenset[str]:
    points = world.declared.all_entry_points or world.declared.entry_points
    return frozenset(point.authority for point in points)
