"""Reading rules, filling examples, checking tokens, allowing findings."""

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts.declared import SecretAllowed
from prodproof.trace.finding import Finding
from prodproof.trace.patterns import pack
from prodproof.trace.patterns.allow import not_allowed
from prodproof.trace.patterns.checksum import CHECKS, SUMS, password_of, unbase64
from prodproof.trace.patterns.examples import ExampleError, fill
from prodproof.trace.patterns.rule import Rule, RuleError, without_doubles

GOOD = {"id": "a-b", "what": "x", "pattern": "(x{4})", "keywords": ["x"]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "A b"}, "an id is"),
        ({"id": 3}, "expected a text"),
        ({"pattern": ""}, "pattern is missing"),
        ({"keywords": []}, "keywords is missing"),
        ({"keywords": "x"}, "expected a list"),
        ({"near": 100_000}, "near"),
        ({"near": 1.5}, "expected a number"),
        ({"entropy": "high"}, "expected a number"),
        ({"public": 1}, "expected true or false"),
        ({"checksum": "md5"}, "checksum: one of"),
        ({"decode": "rot13"}, "decode"),
        ({"noise": "loud"}, "noise: one of"),
        ({"secret": "x"}, "unknown key"),
        ({"pattern": "(x)" * 2000}, "at most"),
    ],
)
def test_a_rule_that_is_not_as_described_says_where(change: dict[str, Any], says: str) -> None:
    with pytest.raises(RuleError, match=says) as caught:
        pack.rules_in({"provider": "p", "rule": [{**GOOD, **change}]}, "mine.toml")
    assert str(caught.value).startswith("mine.toml")


def test_a_good_rule_is_read() -> None:
    (rule,) = pack.rules_in({"provider": "p", "source": "https://x", "rule": [GOOD]}, "mine.toml")
    assert (rule.id, rule.provider, rule.keywords) == ("a-b", "p", ("x",))


def test_doubles_are_refused() -> None:
    rule = Rule("a", "", "", "(a)", ())
    with pytest.raises(RuleError, match="two rules"):
        without_doubles((rule, rule))


def test_what_was_read_is_kept_and_equal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    read = pack.load_pack.__wrapped__()
    (file,) = (tmp_path / "prodproof").iterdir()
    monkeypatch.setattr(pack, "rules_in", None)
    assert pack.load_pack.__wrapped__() == read
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(TypeError):
        pack.load_pack.__wrapped__()


def test_examples_follow_from_the_rule() -> None:
    assert fill("k={alnum:24}", "one") == fill("k={alnum:24}", "one")
    assert fill("k={alnum:24}", "one") != fill("k={alnum:24}", "other")
    assert len(fill("{hex:40}", "one")) == 40
    assert len(fill("{uuid}", "one")) == 36
    assert fill("{{x}} ${NAME} {", "one") == b"{x} ${NAME} {"
    assert base64.b64decode(fill("{b64of:user:alnum:9}", "one")).startswith(b"user:")


@pytest.mark.parametrize("template", ["{nothing:3}", "{alnum:many}", "{sum:none}"])
def test_a_field_that_is_not_known_is_an_error(template: str) -> None:
    with pytest.raises(ExampleError):
        fill(template, "one")


@pytest.mark.parametrize("name", sorted(set(SUMS) & set(CHECKS)))
def test_checksums_fit_what_was_made_and_nothing_else(name: str) -> None:
    body = fill("tok_{alnum:30}", name) + (b"_" if name.startswith("grafana") else b"")
    token = body + SUMS[name](body)
    assert CHECKS[name](token)
    for at in (5, 12, len(token) - 1):
        changed = bytearray(token)
        changed[at] = ord("a") if changed[at] != ord("a") else ord("b")
        assert not CHECKS[name](bytes(changed))


def jwt(header: object, claims: object) -> bytes:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    return b".".join((*parts, b"signature-signature"))


def test_a_json_web_token_is_one_by_its_header() -> None:
    check = CHECKS["jwt"]
    assert check(jwt({"alg": "HS256"}, {"admin": True}))
    assert not check(jwt({"alg": "none"}, {"admin": True}))
    assert not check(jwt({"typ": "JWT"}, {"admin": True}))
    assert not check(jwt(["alg"], {}))
    assert not check(jwt({"alg": "HS256"}, {"sub": "1234567890", "name": "John Doe"}))
    assert not check(b"eyJx.eyJx.x")
    assert not check(b"")


def test_base64() -> None:
    assert unbase64(b"YWJj") == b"abc"
    assert unbase64(b"YWI") == b"ab"
    assert unbase64(b"_-8=") == b"\xff\xef"
    assert unbase64(b"Y") is None
    assert unbase64(b"Y!Jj") is None
    assert password_of(base64.b64encode(b"user:pa:ss")) == b"pa:ss"
    assert password_of(base64.b64encode(b"user:")) is None
    assert password_of(base64.b64encode(b"u\0ser:x")) is None


def test_an_allowed_finding_is_left_out_until_its_last_day() -> None:
    one = Finding("git:.", "a", 3, "x", "token", "plain", "f", context="key = …")
    moved = Finding("git:.", "a", 99, "x", "token", "plain", "g", line=7, context="key  =  …")
    other = Finding("git:.", "b", 3, "x", "token", "plain", "f", context="key = …")
    value = Finding("git:.", "a", 3, "x", "value", "plain", "f", context="key = …")
    allowed = [SecretAllowed(finding=item.id, reason="r", owner="ana", until=date(2026, 5, 1)) for item in (one, value)]
    assert not_allowed((one, moved, other, value), allowed, date(2026, 5, 1)) == (other, value)
    assert not_allowed((one,), allowed, date(2026, 5, 2)) == (one,)
