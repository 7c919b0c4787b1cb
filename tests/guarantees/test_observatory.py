"""The HTTP Observatory's score: equal to what the published implementation gives for the same answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.http import Answer, SiteAnswers, Situation
from prodproof.guarantees import _observatory, _observatory_csp
from prodproof.guarantees._observatory_scores import Result, grade, total
from prodproof.probes._page import answer_of, read_page
from prodproof.reach.http.client import Exchange

CASES = json.loads((Path(__file__).parent / "observatory_scores.json").read_text())
"""Made-up answers, each with the score that mdn-http-observatory at 94042bb (algorithm version 6) gives them."""

THEIR_ORIGIN = "https://http-observatory.security.mozilla.org"


def answers(case: dict[str, Any]) -> SiteAnswers:
    exchange = Exchange(
        method="GET",
        url="https://mozilla.org/",
        status=200,
        headers=(*case["headers"].items(), *(("set-cookie", cookie) for cookie in case["cookies"])),
        body=case["html"].encode(),
        complete=True,
        address=None,
    )
    origin = case["cors"].get("access-control-allow-origin")
    return SiteAnswers(
        scheme="https",
        host="mozilla.org",
        answers=(answer_of(exchange, Situation.NORMAL),),
        scripts=tuple(read_page(exchange).scripts),
        foreign_origin_allowed=(
            "(the asking one)" if origin == THEIR_ORIGIN else origin,
            case["cors"].get("access-control-allow-credentials") == "true",
        ),
        plain_route=tuple(case["route"]) if case["route"] else None,
    )


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_same_score_as_the_published_implementation(case: dict[str, Any]) -> None:
    score = _observatory.score(answers(case))
    assert score is not None
    assert (score.score, score.grade) == (case["score"], case["grade"]), score.results


POLICIES = (
    ("", Result.CSP_INVALID),
    ("defa", Result.CSP_INVALID),
    ("default-src 'none'; default-src 'none'", Result.CSP_INVALID),
    ("default-src 'none'; script-src 'strict-dynamic'", Result.CSP_INVALID),
    ("default-src 'none'; script-src https://*", Result.CSP_UNSAFE_INLINE),
    ("upgrade-insecure-requests", Result.CSP_UNSAFE_INLINE),
    ("script-src 'none'", Result.CSP_UNSAFE_INLINE),
    ("default-src 'UNSAFE-INLINE'", Result.CSP_UNSAFE_INLINE),
    ("default-src http://mozilla.org", Result.CSP_INSECURE_ACTIVE),
    ("default-src 'self'; img-src http:", Result.CSP_INSECURE_PASSIVE),
    ("default-src 'none'; script-src 'unsafe-eval'", Result.CSP_UNSAFE_EVAL),
    ("default-src 'none'; style-src 'unsafe-inline'", Result.CSP_STYLE_ONLY),
    ("default-src https://mozilla.org", Result.CSP_STRONG),
    ("default-src https://mozilla.org; style-src 'unsafe-inline' 'nonce-abc123'", Result.CSP_STRONG),
    ("default-src", Result.CSP_NONE_DEFAULT),
    ("default-src 'none'; script-src 'strict-dynamic' 'nonce-abc123' 'unsafe-inline'", Result.CSP_NONE_DEFAULT),
    ("default-src 'none'; report-uri /a; report-uri /b", Result.CSP_DUPLICATES),
)


@pytest.mark.parametrize(("policy", "expected"), POLICIES)
def test_policies_are_read_as_published(policy: str, expected: Result) -> None:
    assert _observatory_csp.judge([policy], [], report_only=False)[0] is expected


def test_two_policies_are_combined_as_published() -> None:
    combined = _observatory_csp.parse(
        ["default-src https://mozilla.org/firefox/", "default-src https://mozilla.org/firefox/download/"]
    )
    assert combined == {"default-src": {"https://mozilla.org/firefox/download/"}}
    assert _observatory_csp.parse(["default-src http:", "default-src https:"]) == {"default-src": {"'none'"}}


def test_grades_follow_the_chart() -> None:
    assert [grade(score) for score in (135, 100, 99, 90, 84, 71, 64, 49, 44, 29, 24, 0, -10)] == (
        ["A+", "A+", "A", "A", "B+", "B", "C+", "C-", "D+", "D-", "F", "F", "F"]
    )


def test_extra_credit_needs_90_without_it() -> None:
    bonus = (Result.CORP_OWN, Result.COOP_STRICT)
    assert total((*bonus, Result.SNIFF_MISSING)) == 115
    assert total((*bonus, Result.FRAMES_MISSING)) == 80


def test_no_score_for_what_the_observatory_refuses() -> None:
    for status in (404, 500, 503):
        page = Answer(situation=Situation.NORMAL, status=status)
        assert _observatory.score(SiteAnswers(scheme="https", host="a.example", answers=(page,))) is None


@given(st.lists(st.text(max_size=200), max_size=4), st.lists(st.text(max_size=200), max_size=2))
def test_any_policy_gets_a_result(headers: list[str], meta: list[str]) -> None:
    result, _ = _observatory_csp.judge(headers, meta, report_only=True)
    assert isinstance(result, Result)
