"""security.txt (RFC 9116), from well-formed to hostile."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.probes._security_txt import MAX_LINES, contact_problem, date_of, fields

SIGNED = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Contact: mailto:security@shop.example
Expires: 2027-01-01T00:00:00Z
-----BEGIN PGP SIGNATURE-----
Contact: mailto:nobody@evil.example
"""


def test_fields_are_read_whatever_their_case_and_line_ends() -> None:
    text = "# Contact: no\r\nCONTACT: https://shop.example/report\r\n\r\nexpires:2027-01-01T00:00:00z\nrubbish\n"
    assert fields(text) == (("contact", "https://shop.example/report"), ("expires", "2027-01-01T00:00:00z"))


def test_a_signature_is_no_part_of_it() -> None:
    assert [value for name, value in fields(SIGNED) if name == "contact"] == ["mailto:security@shop.example"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2027-01-01T00:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01T02:00:00+02:00", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01T00:00:00.000z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01", None),
        ("2027-01-01T00:00:00", None),
        ("Thu, 31 Dec 2026 18:37:07 -0800", None),
        ("soon", None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_dates(value: str, expected: datetime | None) -> None:
    assert date_of(value) == expected


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        ("mailto:security@shop.example", True),
        ("mailto:security+web@mail.shop.example?subject=x", True),
        ("https://shop.example/security", True),
        ("tel:+1-201-555-0123", True),
        ("security@shop.example", False),
        ("mailto:security", False),
        ("mailto:a b@shop.example", False),
        ("http://shop.example/report", False),
        ("tel:call me", False),
    ],
)
def test_contacts_must_be_uris_that_work(value: str, fine: bool) -> None:
    assert (contact_problem(value) is None) is fine


@given(st.binary(max_size=3000))
def test_any_bytes_are_read(data: bytes) -> None:
    found = fields(data.decode("utf-8", "replace"))
    assert len(found) <= MAX_LINES
    for _, value in found:
        assert date_of(value) is None or isinstance(date_of(value), datetime)
        contact_problem(value)
