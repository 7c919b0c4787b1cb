"""Provokes error answers at an entry point that opted in, and reads what they give away."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import EntryPoint, Permission
from prodproof.facts.django import UrlTable
from prodproof.facts.errors import ErrorAnswer, ErrorAnswers
from prodproof.probes._application import url_table
from prodproof.probes._page import interposed
from prodproof.probes._traces import traces_in
from prodproof.probes.probe import probe
from prodproof.reach.http.client import authority_of
from prodproof.reach.world import World

LARGE = 3 * 1024 * 1024
MAX_SAMPLES = 15


@dataclass(frozen=True)
class Provocation:
    """A request that a sound application answers with an error; it changes nothing."""

    how: str
    method: str = "GET"
    target: str = "/"
    headers: Sequence[tuple[str, str]] = ()
    content: bytes = b""
    host: str | None = None


@probe(
    ErrorAnswers,
    per=EntryPoint,
    proof=Proof.ACTIVE,
    permission=Permission.ERRORS,
    time_limit=240,
    after=(UrlTable,),
)
async def observe(about: EntryPoint, world: World) -> Survey[ErrorAnswers]:
    """Send each provocation once."""
    parts = urlsplit(about.url)
    origin = f"{parts.scheme}://{authority_of(about.url)}"
    emails = tuple(person.email for person in world.declared.people if "@" in person.email)
    answers: list[ErrorAnswer] = []
    lost: list[tuple[str, Reason, str]] = []
    certificate_error, lab = None, False
    for item in (*provocations(parts.path or "/"), *_of_routes(world), *_on_purpose(about)):
        answer = await world.http.ask(
            f"{origin}/",
            item.method,
            target=item.target.encode("latin-1", "replace"),
            headers=item.headers,
            content=item.content,
            host_header=item.host,
            unverified=True,
        )
        if isinstance(answer, Unseen):
            lost.append((item.how, answer.why, answer.detail))
            continue
        lab = lab or answer.lab
        certificate_error = certificate_error or answer.certificate_error
        # An answer that is no error can still show a trace, but its text belongs to the site: only errors are read.
        found = traces_in(answer.text, answer.headers, emails) if answer.status >= 400 else ()
        answers.append(ErrorAnswer(how=item.how, status=answer.status, traces=found, interposed=interposed(answer)))
    seen = ErrorAnswers(answers=tuple(answers), lost=tuple(lost), certificate_error=certificate_error)
    return Survey(ErrorAnswers, (world.outside(about.subject, seen, lab, Proof.ACTIVE),))


def provocations(path: str) -> tuple[Provocation, ...]:
    """Requests that reach the server, the framework and the views' own parsing."""
    random = f"/{secrets.token_hex(8)}"
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    json = (("Content-Type", "application/json"),)
    return (
        Provocation("an unknown path", target=random),
        Provocation("a host name that is not served", host="invalid..host"),
        Provocation("a malformed escape", target="/%zz"),
        Provocation("a forbidden file", target="/.htaccess"),
        Provocation("a method that pages do not know", method="PROPFIND", target=path),
        Provocation("a POST without a token", method="POST", target="/login/", headers=form, content=b"a=b"),
        Provocation("broken JSON", method="POST", target=f"{path.rstrip('/')}{random}", headers=json, content=b'{"a":'),
        Provocation("a body of 3 MB", method="POST", target=random, headers=form, content=b"a=" + b"x" * LARGE),
        Provocation("a URL of 20 KB", target=f"/?q={'x' * 20000}"),
        Provocation("a header of 20 KB", headers=(("X-Long", "x" * 20000),)),
        Provocation("a NUL byte in the query", target=f"{path}?q=%00&page=%00&id=%00&next=%00"),
        Provocation("a NUL byte in the path", target="/%00"),
        Provocation("bytes that are not UTF-8", target="/%ff%fe?q=%ff%fe"),
        Provocation("a negative page number", target=f"{path}?page=-1&offset=-1&limit=-1&per_page=-1"),
        Provocation(
            "a number too large for a database", target=f"{path}?page=99999999999999999999&id=99999999999999999999"
        ),
        Provocation("a list where a word is expected", target=f"{path}?q[]=1&q[a]=1&id[]=1&page[]=1"),
        Provocation(
            "an encoding that does not exist",
            method="POST",
            target=path,
            headers=(("Content-Type", "application/x-www-form-urlencoded; charset=none-such"),),
            content=b"a=b",
        ),
        Provocation(
            "a form without its boundary",
            method="POST",
            target=path,
            headers=(("Content-Type", "multipart/form-data"),),
            content=b"x",
        ),
        Provocation(
            "a malformed Accept and language",
            target=path,
            headers=(("Accept", ";;q=,/"), ("Accept-Language", "x" * 600)),
        ),
        Provocation(
            "a malformed Range and date",
            target=path,
            headers=(("Range", "bytes=9-1,-,x"), ("If-Modified-Since", "32 Foo 0000")),
        ),
        Provocation(
            "a login with a NUL byte",
            method="POST",
            target="/login/",
            headers=form,
            content=b"username=%00&password=%00",
        ),
    )


def _on_purpose(point: EntryPoint) -> tuple[Provocation, ...]:
    """The path that the team keeps for this."""
    return (Provocation("the path that fails on purpose", target=point.error_path),) if point.error_path else ()


def _of_routes(world: World) -> tuple[Provocation, ...]:
    """Routes with parameters of the caller's choice, given values at the edge."""
    table, _ = url_table(world)
    if table is None:
        return ()
    with_parameters = [item for item in table.routes if item.parameters and item.sample and item.methods != ("POST",)]
    return tuple(
        Provocation(f"a NUL byte for {item.name or item.pattern}"[:120], target=f"{item.sample}?q=%00&page=%00")
        for item in with_parameters[:MAX_SAMPLES]
    )
