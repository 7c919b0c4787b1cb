"""Which answers stand for the site: those of HTTP pages, and those of paths."""

from dataclasses import replace
from typing import Any

import pytest

from prodproof.facts import Reason
from prodproof.facts.http import Answer, Missing, SiteAnswers, Situation
from prodproof.facts.paths import PathAnswer, PathLost, Table
from prodproof.guarantees import _answers, _reached
from prodproof.guarantees._hsts import HSTS, parsed

PAGE = Answer(situation=Situation.NORMAL)
GONE = Answer(situation=Situation.NOT_FOUND, status=404)
AWAY = Answer(situation=Situation.REDIRECT, status=301, leads_to="https://other.example/")
SITE = SiteAnswers(scheme="https", host="shop.example", answers=(PAGE, GONE))
NEEDED = (Situation.NORMAL, Situation.NOT_FOUND)


def why(*answers: Answer, missing: tuple[Missing, ...] = (), needed: tuple[Situation, ...] = NEEDED) -> Reason | None:
    verdict = _answers.unseen(replace(SITE, answers=answers, missing=missing), *needed)
    return verdict.reason if verdict else None


def test_a_site_that_was_seen() -> None:
    assert why(PAGE, GONE) is None
    assert why(GONE, needed=(Situation.NOT_FOUND,)) is None
    assert why(replace(PAGE, status=404), GONE) is None
    assert why(replace(PAGE, status=499), GONE) is None


def test_answers_of_others_do_not_count() -> None:
    challenge = "a challenge"
    assert why(replace(PAGE, interposed=challenge), GONE) is Reason.DENIED
    assert why(PAGE, replace(GONE, interposed=challenge)) is Reason.DENIED
    assert why(replace(PAGE, interposed=challenge), GONE, needed=(Situation.NOT_FOUND,)) is Reason.DENIED
    assert why(PAGE, replace(GONE, interposed=challenge), needed=(Situation.NORMAL,)) is None
    assert _answers.own(replace(SITE, answers=(PAGE, replace(GONE, interposed=challenge)))) == (PAGE,)
    assert _answers.own(replace(SITE, answers=(GONE,))) == (GONE,)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, Reason.DENIED), (404, None), (402, None), (500, Reason.INCOMPLETE), (503, Reason.INCOMPLETE)],
)
def test_a_page_that_fails_is_no_site(status: int, reason: Reason | None) -> None:
    page = replace(PAGE, status=status)
    assert why(page, GONE) is reason
    assert _answers.own(replace(SITE, answers=(page, GONE))) == (() if reason else (page, GONE))
    assert _answers.own(replace(SITE, answers=(replace(PAGE, interposed="a challenge"), GONE))) == ()


def test_an_untrusted_certificate_is_not_the_site() -> None:
    assert why(PAGE, replace(GONE, certificate_error="expired")) is Reason.UNREACHABLE


def test_what_is_missing_says_why() -> None:
    late = Missing(Situation.NOT_FOUND, Reason.TIMED_OUT, "silent")
    assert why(PAGE) is Reason.INCOMPLETE
    assert why(PAGE, missing=(late,)) is Reason.TIMED_OUT
    assert why(PAGE, missing=(replace(late, situation=Situation.HEAD), late)) is Reason.TIMED_OUT
    assert why(PAGE, missing=(replace(late, situation=Situation.HEAD),)) is Reason.INCOMPLETE


def test_a_redirect_elsewhere_stands_for_the_page() -> None:
    lost = Missing(Situation.NORMAL, Reason.TIMED_OUT)
    assert why(AWAY, GONE) is None
    assert why(AWAY) is Reason.INCOMPLETE
    assert why(GONE) is Reason.INCOMPLETE
    assert why(AWAY, PAGE) is Reason.INCOMPLETE
    assert why(AWAY, GONE, missing=(lost,)) is Reason.TIMED_OUT
    assert why(AWAY, GONE, missing=(Missing(Situation.HEAD, Reason.DENIED), lost)) is Reason.TIMED_OUT
    assert why(AWAY, GONE, missing=(Missing(Situation.HEAD, Reason.DENIED),)) is None


HOME = PathAnswer(path="/", what="the site", status=200, as_unknown=False)
ADMIN = replace(HOME, path="/admin/")


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True), ({"status": 299}, True), ({"status": 199}, False), ({"status": 300}, False),
        ({"status": 404}, False),        ({"as_unknown": True}, False), ({"interposed": "a challenge"}, False),
    ],
)  # fmt: skip
def test_a_path_that_answers_for_itself(changes: dict[str, Any], there: bool) -> None:
    assert _reached.present(replace(ADMIN, **changes)) is there


def reached(
    home: PathAnswer | None = HOME, *answers: PathAnswer, lost: tuple[PathLost, ...] = (), table: Table = Table.READ
) -> Reason | None:
    verdict = _reached.unseen(home, answers, lost, table)
    return verdict.reason if verdict else None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"interposed": "a challenge"}, Reason.DENIED),
        ({"status": 401, "as_unknown": True}, Reason.DENIED),
        ({"status": 403, "as_unknown": True}, Reason.DENIED),
        ({"status": 401}, None),
        ({"status": 403}, None),
        ({"as_unknown": True}, None),
        ({"status": 499}, None),
        ({"status": 500}, Reason.INCOMPLETE),
        ({"certificate_error": "expired"}, Reason.UNREACHABLE),
    ],
)
def test_the_home_page_shows_whether_the_site_was_seen(changes: dict[str, Any], reason: Reason | None) -> None:
    assert reached(replace(HOME, **changes)) is reason


def test_paths_that_say_nothing() -> None:
    assert reached(None) is Reason.UNREACHABLE
    assert reached(lost=(PathLost("/x", Reason.TIMED_OUT, "silent"),)) is Reason.TIMED_OUT
    assert reached(None, lost=(PathLost("/x", Reason.TIMED_OUT, "silent"),)) is Reason.TIMED_OUT
    assert reached(HOME, ADMIN, replace(ADMIN, interposed="a rate limit", status=429)) is Reason.INCOMPLETE
    assert reached(HOME, replace(ADMIN, interposed="a firewall", status=403)) is None
    assert reached(HOME, replace(ADMIN, interposed="a firewall", status=404)) is None
    assert reached(table=Table.NOT_READ) is Reason.INCOMPLETE
    assert reached(table=Table.NONE) is None


@pytest.mark.parametrize(
    ("value", "directives"),
    [
        ("max-age=1", {"max-age": "1"}),
        (
            ' Max-Age = "31536000" ; includeSubDomains;; preload ;',
            {"max-age": "31536000", "includesubdomains": "", "preload": ""},
        ),
        ("max-age=1; x=", {"max-age": "1", "x": ""}),
        ('max-age=1; x=""', {"max-age": "1", "x": ""}),
        ("max-age=1; x = y  ", {"max-age": "1", "x": "y"}),
        ("max-age=" + "9" * 19, {"max-age": "9" * 19}),
        ("max-age=" + "9" * 20, None),
        ("", None),
        ("includeSubDomains", None),
        ("max-age", None),
        ("max-age=a", None),
        ("max-age=-1", None),
        ("max-age=١", None),
        ("max-age=1; max-age=2", None),
        ("max-age=1; a b", None),
        ("max-age=1, max-age=1", None),
        ("max-age=1; =y", None),
    ],
)
def test_strict_transport_security_is_read_as_browsers_do(value: str, directives: dict[str, str] | None) -> None:
    assert parsed(value) == directives
    assert HSTS == "strict-transport-security"
