"""Content Security Policy, read as browsers do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.guarantees._csp import MAX_POLICIES, Weakness, framers, parse, relies_on_nonces, weaknesses

W = Weakness
NOTHING: frozenset[Weakness] = frozenset()


def left(*headers: str, meta: tuple[str, ...] = ()) -> frozenset[Weakness]:
    return weaknesses(parse(headers, meta))


@pytest.mark.parametrize(
    ("policy", "weak"),
    [
        ("default-src 'none'; base-uri 'none'", NOTHING),
        ("default-src 'none'", {W.BASE}),
        ("DEFAULT-SRC 'NONE'; BASE-URI 'SELF'", NOTHING),
        ("default-src 'self' 'unsafe-inline'; base-uri 'self'", {W.INLINE}),
        ("default-src 'self' 'unsafe-inline' 'nonce-any'; base-uri 'self'", NOTHING),
        ("default-src 'self' 'unsafe-inline' 'sha256-abc='; base-uri 'self'", NOTHING),
        ("default-src 'self' 'unsafe-inline' 'strict-dynamic'; base-uri 'self'", NOTHING),
        ("script-src 'self'; object-src 'none'; base-uri 'none'; style-src 'unsafe-inline'", NOTHING),
        ("script-src 'self'; base-uri 'none'", {W.OBJECTS}),
        ("default-src *; script-src 'self'; base-uri 'none'", {W.OBJECTS}),
        ("default-src 'self' https:; base-uri 'none'", {W.ANYWHERE, W.OBJECTS}),
        ("default-src 'self' https://*; base-uri 'none'", {W.ANYWHERE, W.OBJECTS}),
        ("default-src 'self' *.com; base-uri 'none'", {W.ANYWHERE, W.OBJECTS}),
        ("default-src 'self' *.shop.example; base-uri 'none'", NOTHING),
        ("default-src 'self' data:; base-uri 'none'", {W.DATA, W.OBJECTS}),
        ("default-src 'self'; script-src 'self' 'unsafe-eval'; base-uri 'none'", {W.EVAL}),
        ("default-src 'self'; script-src 'strict-dynamic' 'nonce-any' https: data:; base-uri 'none'", NOTHING),
        ("default-src 'self'; script-src-attr 'unsafe-inline'; base-uri 'none'", {W.INLINE}),
        ("default-src 'self' 'unsafe-inline'; script-src 'self'; base-uri 'none'", NOTHING),
        ("default-src 'self'; default-src *; base-uri 'none'", NOTHING),
        ("sandbox", NOTHING),
        ("sandbox allow-scripts", frozenset(W)),
        ("img-src 'self'", frozenset(W)),
        ("upgrade-insecure-requests", frozenset(W)),
    ],
)
def test_what_a_policy_allows(policy: str, weak: set[Weakness]) -> None:
    assert left(policy) == weak


def test_policies_are_intersected() -> None:
    inline, anywhere = "default-src 'self' 'unsafe-inline'", "default-src 'self' https:"
    assert left(inline, anywhere) == {W.BASE}
    assert left(f"{inline}, {anywhere}") == {W.BASE}
    assert left(inline, meta=(anywhere,)) == {W.BASE}
    assert left() == frozenset(W)


def test_meta_has_no_say_about_frames_and_sandboxes() -> None:
    assert framers(parse((), ("frame-ancestors 'none'; default-src 'self'",))) == ()
    assert framers(parse(("frame-ancestors 'none'",))) == (("'none'",),)
    assert left(meta=("sandbox",)) == frozenset(W)


SOURCES = st.sampled_from(["'self'", "'none'", "*", "https:", "data:", "'unsafe-inline'", "'nonce-a'", "a.example"])
POLICY = st.lists(
    st.tuples(
        st.sampled_from(["default-src", "script-src", "object-src", "base-uri", "script-src-elem", "sandbox"]),
        st.lists(SOURCES, max_size=4),
    ),
    max_size=5,
).map(lambda parts: "; ".join(" ".join((name, *sources)) for name, sources in parts))


@given(st.lists(POLICY, max_size=3), POLICY)
def test_a_further_policy_never_allows_more(policies: list[str], further: str) -> None:
    assert left(*policies, further) <= left(*policies)


@given(st.lists(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))), max_size=5))
def test_any_text_is_read(values: list[str]) -> None:
    policies = parse(values, values)
    assert len(policies) <= MAX_POLICIES
    assert weaknesses(policies) <= frozenset(W)


def test_a_huge_header_is_bounded() -> None:
    assert len(parse(["default-src 'self'," * 100_000])) == MAX_POLICIES


@pytest.mark.parametrize(
    "source", ["*", "http:", "https:", "ws:", "wss:", "ftp:", "blob:", "filesystem:", "https://*:443", "https://*/x"]
)
def test_sources_that_are_everywhere(source: str) -> None:
    assert left(f"default-src 'self'; script-src {source}; base-uri 'none'") == {W.ANYWHERE}
    assert left(f"default-src 'self'; base-uri 'self' {source}") == {W.BASE}


@pytest.mark.parametrize(
    ("policy", "weak"),
    [
        ("default-src 'self' 'unsafe-inline' 'sha384-abc='; base-uri 'self'", NOTHING),
        ("default-src 'self' 'unsafe-inline' 'sha512-abc='; base-uri 'self'", NOTHING),
        ("default-src 'self'; script-src-elem 'unsafe-inline'; base-uri 'none'", {W.INLINE}),
        ("default-src 'self' ё https:; base-uri 'none'", {W.ANYWHERE, W.OBJECTS}),
        ("ё; default-src 'self'; base-uri 'none'", NOTHING),
        ("ёdefault-src *; default-src 'self'; base-uri 'none'", NOTHING),
        ("ё default-src 'self'; base-uri 'none'", NOTHING),
        ("default-src 'self' https://a.example/*; base-uri 'none'", NOTHING),
        ("default-src 'self' *.co.example; base-uri 'none'", NOTHING),
        ("script-src-elem 'self'; object-src 'none'; base-uri 'none'", {W.INLINE, W.EVAL}),
    ],
)
def test_further_policies(policy: str, weak: set[Weakness]) -> None:
    assert left(policy) == weak


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (("script-src-elem 'nonce-a'",), True),
        (("script-src 'self' 'nonce-a'",), True),
        (("default-src 'nonce-a'",), True),
        (("script-src 'self'; default-src 'nonce-a'",), False),
        (("img-src 'nonce-a'",), False),
        (("img-src 'self'", "script-src 'nonce-a'"), True),
        ((), False),
    ],
)
def test_policies_that_rely_on_nonces(policies: tuple[str, ...], expected: bool) -> None:
    assert relies_on_nonces(parse(policies)) is expected


def test_meta_does_not_report() -> None:
    assert parse((), ("report-uri /csp",)) == ()
    assert len(parse(("report-uri /csp",))) == 1
