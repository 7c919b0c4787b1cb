"""The HTTP client's pure parts, secret references and names in certificates."""

import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts.names import is_registrable, same_site
from prodproof.reach.http.body import Decoder
from prodproof.reach.http.client import authority_of, is_lab, is_public, resolved
from prodproof.reach.secret import Secret, resolve
from prodproof.reach.tls.names import MAX_NAMES, names_in


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/login", "https://shop.example/login"),
        ("login?next=/a#b", "https://shop.example/shop/login?next=/a"),
        ("//other.example", "https://other.example/"),
        ("http://SHOP.example:80/a", "http://shop.example/a"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        ("http://[2001:db8::1]/a", "http://[2001:db8::1]/a"),
        ("/caf\xc3\xa9", "https://shop.example/caf%C3%A9"),
        ("/a\r\n\tb", "https://shop.example/ab"),
        ("javascript:alert(1)", None),
        ("http://[", None),
        ("http://a:x/", None),
        ("x" * 10_000, None),
    ],
)
def test_locations_are_resolved_as_browsers_do(location: str, expected: str | None) -> None:
    assert resolved("https://shop.example/shop/", location) == expected


@given(st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_any_location_gives_a_url_or_nothing(location: str) -> None:
    url = resolved("https://shop.example/", location)
    assert url is None or (url.isascii() and urlsplit(url).hostname and authority_of(url))


@pytest.mark.parametrize(
    ("address", "public", "lab"),
    [
        ("93.184.216.34", True, False),
        ("10.0.0.1", False, False),
        ("169.254.169.254", False, False),
        ("100.64.0.1", False, False),
        ("127.0.0.2", False, True),
        ("::1", False, True),
        ("::ffff:10.0.0.1", False, False),
        ("fd00::1", False, False),
        ("2606:4700::1111", True, False),
        ("224.0.0.1", False, False),
        ("shop.example", False, False),
    ],
)
def test_addresses(address: str, public: bool, lab: bool) -> None:
    assert (is_public(address), is_lab(address)) == (public, lab)


@pytest.mark.parametrize(
    ("name", "registrable"),
    [
        ("shop.example", True),
        ("www.shop.example", False),
        ("shop.co.uk", True),
        ("www.shop.co.uk", False),
        ("shop.de", True),
        ("a.shop.de", False),
        ("co.uk", False),
        ("localhost", False),
        ("db.internal", False),
        ("127.0.0.1", False),
        ("[::1]", False),
        ("", False),
        ("..", False),
    ],
)
def test_registrable_names(name: str, registrable: bool) -> None:
    assert is_registrable(name) is registrable


def test_names_of_one_site() -> None:
    assert same_site("a.shop.example", "b.shop.example")
    assert same_site("shop.co.uk", "www.shop.co.uk")
    assert not same_site("shop.co.uk", "other.co.uk")
    assert not same_site("10.0.0.1", "10.0.0.2")


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_names_are_compared(first: str, second: str) -> None:
    assert same_site(first, second) == same_site(second, first)
    assert is_registrable(first) in (True, False)


@given(st.sampled_from(["gzip", "deflate", "gzip, gzip", "br", "", "gzip, deflate, gzip"]), st.binary(max_size=400))
def test_any_encoded_body_is_bounded(encoding: str, data: bytes) -> None:
    decoder = Decoder(encoding)
    try:
        assert len(decoder.feed(data, 100)) <= 100
    except zlib.error:
        assert decoder.known


def certificate(*names: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_names_in_certificates() -> None:
    assert names_in(certificate("Shop.example", "*.shop.example", "old.shop.example")) == (
        ("old.shop.example", "shop.example")
    )
    assert names_in(certificate()) == ()
    assert len(names_in(certificate(*(f"{number}.shop.example" for number in range(500))))) == MAX_NAMES


@given(st.binary(max_size=500))
def test_any_bytes_for_a_certificate(data: bytes) -> None:
    assert names_in(data) == ()
    assert isinstance(names_in(certificate_prefix() + data), tuple)


def certificate_prefix() -> bytes:
    return _CERTIFICATE[:200]


_CERTIFICATE = certificate("shop.example")


def test_secrets_are_resolved_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "login").write_text("ana:s3cret\n")
    found = resolve("file:login", str(tmp_path))
    assert isinstance(found, Secret) and found.reveal() == "ana:s3cret"
    assert "s3cret" not in repr(found) and "s3cret" not in f"{found} {[found]}"
    named = resolve("env:LOGIN", None, {"LOGIN": "x:y"})
    assert isinstance(named, Secret) and named.reveal() == "x:y"


@pytest.mark.parametrize("reference", ["env:NONE", "file:none", "file:.", "vault:a#b", "aws-sm:x", "nonsense", ""])
def test_a_reference_that_leads_nowhere_is_not_configured(reference: str, tmp_path: Path) -> None:
    found = resolve(reference, str(tmp_path), {})
    assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED
