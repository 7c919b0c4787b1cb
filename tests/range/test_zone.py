"""The zone is served as it stands in the repository, by BIND and by Python alike."""

import http.client
import shutil
import ssl
import tomllib

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from prodproof.range import Range
from prodproof.range.components.providers import BUCKET, Providers
from prodproof.range.components.repo import Repo
from prodproof.range.components.zone import FILE, Bind, NameZone
from prodproof.range.components.zone_embedded import PythonNameServer
from prodproof.range.places import FORGOTTEN, HOST, Form
from tests.range.parts import needs, range_of

FORMS = (
    pytest.param(Form.EMBEDDED, PythonNameServer, id="python"),
    pytest.param(Form.FULL, Bind, id="bind", marks=needs("named")),
)


def asked(harbour: Range, name: str, kind: str = "A") -> dns.message.Message:
    question = dns.message.make_query(name, kind)
    return dns.query.udp(question, harbour.places.name_server, port=harbour.places.dns, timeout=3)


def values(answer: dns.message.Message) -> list[str]:
    return sorted(str(record) for rrset in answer.answer for record in rrset)


def store(harbour: Range, host: str, path: str = "/", *, secure: bool = False) -> tuple[int, bytes]:
    places = harbour.places
    connection = http.client.HTTPConnection(places.providers, places.http, timeout=3)
    if secure:
        unverified = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(places.providers, places.https, timeout=3, context=unverified)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_the_zone_is_served_and_changed(form: Form, kind: type[NameZone]) -> None:
    with range_of(form, Providers, Repo, kind) as harbour:
        places, zone = harbour.places, harbour.part(NameZone)
        for name in (HOST, f"api.{HOST}", f"staging.{HOST}", f"mail.{HOST}", FORGOTTEN):
            assert values(asked(harbour, name)) == [places.outside_of], name
        assert values(asked(harbour, HOST, "MX")) == [f"10 mail.{HOST}."]
        assert values(asked(harbour, f"_dmarc.{HOST}", "TXT"))[0].startswith('"v=DMARC1; p=reject')
        owner = tomllib.loads(harbour.repo.read("prodproof.toml"))["ownership"]
        assert values(asked(harbour, f"_prodproof.{HOST}", "TXT")) == [f'"{owner}"']
        zone.add(f"assets IN CNAME {BUCKET}.s3.eu-central-1.amazonaws.com.")
        harbour.settle()
        target = values(asked(harbour, f"assets.{HOST}", "CNAME"))[0].rstrip(".")
        assert values(asked(harbour, target)) == [places.providers]
        assert store(harbour, target, "/index.txt")[0] == 200

        # It answers for its own zones, and for nobody else's.
        assert asked(harbour, HOST, "SOA").flags & dns.flags.AA
        assert asked(harbour, "elsewhere.example").rcode() == dns.rcode.REFUSED
        whole = dns.message.make_query(HOST, "AXFR")
        given = dns.query.tcp(whole, places.name_server, port=places.dns, timeout=3)
        assert not given.answer

        zone.add(f"*.test IN A {places.providers}")
        harbour.settle()
        assert values(asked(harbour, f"anything.test.{HOST}")) == [places.providers]
        zone.add("blog IN NS ns.gone.example.")
        zone.delete_app()
        harbour.settle()
        delegated = asked(harbour, f"blog.{HOST}")
        assert not delegated.answer
        assert [str(record) for record in delegated.authority[0]] == ["ns.gone.example."]
        assert asked(harbour, "harbour-status.azurewebsites.net").rcode() == dns.rcode.NXDOMAIN
        assert "blog IN NS" in harbour.repo.read(FILE)

        zone.lose_file()
        assert harbour.settle() == {"repo", "zone"}
        assert not (harbour.repo.directory / FILE).exists()
        assert values(asked(harbour, HOST)) == [places.outside_of]

        harbour.mend()
        assert (harbour.repo.directory / FILE).exists()
        assert asked(harbour, f"anything.test.{HOST}").rcode() == dns.rcode.NXDOMAIN
        assert values(asked(harbour, "harbour-status.azurewebsites.net")) == [places.providers]


def test_a_bucket_is_deleted_and_comes_back() -> None:
    with range_of(Form.EMBEDDED, Providers) as harbour:
        at_the_store = f"{BUCKET}.s3.eu-central-1.amazonaws.com"
        for host in (BUCKET, at_the_store):
            assert store(harbour, host)[0] == 403
            assert store(harbour, host, "/index.txt") == (200, b"somebody else's pictures\n")
        assert store(harbour, BUCKET, "/../../certificate.pem")[0] == 403
        assert b"NoSuchBucket" in store(harbour, "another.example")[1]
        shutil.rmtree(harbour.part(Providers).etc / "buckets" / BUCKET)
        for host in (BUCKET, at_the_store):
            status, body = store(harbour, host, "/index.txt")
            assert (status, b"The specified bucket does not exist" in body) == (404, True)
            assert store(harbour, host, "/index.txt", secure=True) == (status, body)
        harbour.mend()
        assert store(harbour, BUCKET, "/index.txt")[0] == 200
