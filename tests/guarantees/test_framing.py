"""Who may frame a page, as browsers decide it."""

import pytest

from prodproof.facts.http import Answer, Situation
from prodproof.guarantees._framing import framing_fault


def fault(csp: str | tuple[str, ...] = (), xfo: tuple[str, ...] = (), embedders: tuple[str, ...] = ()) -> str | None:
    policies = (csp,) if isinstance(csp, str) else csp
    headers = [("content-security-policy", policy) for policy in policies]
    headers += [("x-frame-options", value) for value in xfo]
    page = Answer(situation=Situation.NORMAL, headers=tuple(headers))
    found = framing_fault(page, embedders, "shop.example")
    return found[0] if found else None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), "framing-missing"), (("",), "framing-missing"), ((" , ",), "framing-missing"), (("DENY",), None),
        ((" SameOrigin ",), None), (("deny, allowall",), None), (("allowall", "sameorigin"), None),
        (("allow-from https://x.example",), "framing-invalid"), (("deny sameorigin",), "framing-invalid"),
    ],
)  # fmt: skip
def test_x_frame_options(values: tuple[str, ...], expected: str | None) -> None:
    assert fault(xfo=values) == expected


@pytest.mark.parametrize(
    ("source", "lets_in"),
    [
        ("'none'", False), ("'self'", False), ("*", True), ("https:", True), ("https://*", True),
        ("shop.example", False), ("*.shop.example", False), ("https://*.shop.example", False),
        ("http://www.shop.example", False), ("ftp://www.shop.example", True), ("https://evil.example", True),
        ("https://partner.example", False), ("https://partner.example/", False),
        ("https://partner.example:8443", False), ("partner.example", False),
        ("https://help.desk.example", False), ("http://help.desk.example", False), ("app:", True),
        ("app://x", False), ("*.example", True), ("https://x.partner.example", True), ("data:", True),
        ("capacitor:", False), ("https://[", True), ("https:///x", True), ("[::1", True),
        ("https://*.partner.example", True),
    ],
)  # fmt: skip
def test_frame_ancestors(source: str, lets_in: bool) -> None:
    embedders = ("https://Partner.example/", "help.desk.example", "app://x", "Capacitor:")
    expected = "framing-foreign" if lets_in else None
    assert fault(f"frame-ancestors {source}", ("allowall",), embedders) == expected


def test_each_policy_must_let_an_ancestor_in() -> None:
    strange = "frame-ancestors https://evil.example"
    assert fault((strange, strange)) == "framing-foreign"
    assert fault((strange, "frame-ancestors 'self'")) is None
    assert fault("frame-ancestors 'self' https://evil.example") == "framing-foreign"
