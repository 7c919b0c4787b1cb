"""The DNS probe on a zone of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Declared, Environment, Zone
from prodproof.facts.dns import Lookup, NameSeen, Takeover, ZoneNames
from prodproof.probes.dns import observe
from prodproof.reach.dns.resolver import Reply, Resolver
from prodproof.reach.world import Settings, World
from tests.probes.running import survey_of
from tests.servers.dns import ZONE, Quay

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def quay(tmp_path: Path) -> Iterator[Quay]:
    made = Quay(tmp_path)
    yield made
    made.stop()


def look(quay: Quay, zone: Zone | None = None) -> ZoneNames | Unseen:
    declared = Declared(
        system="quay", environment=Environment(name="production"), root=str(quay.directory), zones=(quay.zone,)
    )
    settings = Settings(web_ports=(quay.web_port, quay.web_port), connect_timeout=0.5)
    world = World(declared=declared, now=NOW, settings=settings)
    (observation,) = survey_of(observe, zone or quay.zone, world)
    assert isinstance(observation.seen, ZoneNames | Unseen)
    return observation.seen


def names(seen: ZoneNames | Unseen) -> dict[str, NameSeen]:
    assert isinstance(seen, ZoneNames), seen
    return {item.name.removesuffix("." + ZONE): item for item in seen.names}


def test_a_healthy_zone(quay: Quay) -> None:
    seen = look(quay)
    found = names(seen)
    assert set(found) == {ZONE, "ns1", "mail", "www", "assets", "_dmarc"}
    assert found[ZONE].mail[0].lookup is Lookup.FOUND
    assert found[ZONE].servers[0].serves is Lookup.FOUND
    assert found["www"].answers
    assert (found["assets"].service, found["assets"].takeover, found["assets"].free) == (
        "AWS S3",
        Takeover.VULNERABLE,
        False,
    )
    assert found["_dmarc"].answers is None
    assert isinstance(seen, ZoneNames)
    assert decode(ZoneNames, encode(seen)) == seen


def test_what_is_stale(quay: Quay) -> None:
    quay.delete_bucket()
    quay.add("app IN CNAME gone.azurewebsites.net.")
    quay.add("*.dev IN A 127.0.0.1")
    quay.add("lists IN MX 10 absent")
    quay.add("quiet IN MX 0 .")
    quay.add("blog IN NS ns9.quay.example.")
    quay.add("round IN CNAME round2\nround2 IN CNAME round")
    quay.add("away IN CNAME www.elsewhere.example.")
    found = names(look(quay))
    assert found["assets"].free
    assert (found["app"].lookup, found["app"].claimable_by_nxdomain) == (Lookup.NO_NAME, True)
    assert found["*.dev"].lookup is Lookup.FOUND
    assert found["lists"].mail[0].lookup is Lookup.NO_NAME
    assert found["quiet"].mail == ()
    assert found["blog"].servers[0].lookup is Lookup.NO_NAME
    assert found["round"].lookup is Lookup.BROKEN
    assert found["away"].lookup is Lookup.REFUSED


def test_a_lame_delegation(quay: Quay) -> None:
    quay.add("shop IN NS ns1")
    found = names(look(quay))
    # The named server has only the parent's zone, and refers to itself.
    assert found["shop"].servers[0].serves is Lookup.REFUSED


def test_a_list_of_names(quay: Quay) -> None:
    (quay.directory / "names.txt").write_text("www\nassets\nabsent\n")
    found = names(look(quay, replace(quay.zone, file=None, names="names.txt")))
    assert set(found) == {ZONE, "www", "assets", "absent"}
    assert found["absent"].lookup is Lookup.NO_NAME


def test_without_zone_data(quay: Quay) -> None:
    for zone in (replace(quay.zone, file=None), replace(quay.zone, file="absent.zone")):
        seen = look(quay, zone)
        assert isinstance(seen, Unseen)
        assert seen.why is Reason.NOT_CONFIGURED


def test_with_a_broken_zone_file(quay: Quay) -> None:
    (quay.directory / "quay.zone").write_text("www IN A 999.1.1.1\n")
    seen = look(quay)
    assert isinstance(seen, Unseen)
    assert seen.why is Reason.INCOMPLETE


def test_with_a_name_server_that_does_not_answer(quay: Quay) -> None:
    zone = quay.zone
    quay.server.stop()
    seen = look(quay, zone)
    assert isinstance(seen, Unseen)
    assert seen.why is Reason.TIMED_OUT
    wrong = look(quay, replace(zone, nameserver="ns.example"))
    assert isinstance(wrong, Unseen)
    assert wrong.why is Reason.NOT_CONFIGURED


def test_addresses_that_are_not_public_are_not_visited(quay: Quay) -> None:
    quay.add("inside IN A 10.0.0.7\nlinklocal IN A 169.254.169.254")
    found = names(look(quay))
    assert found["inside"].answers is None
    assert found["linklocal"].answers is None


@pytest.mark.parametrize(("kind", "field"), [("MX", "mail"), ("NS", "servers")])
def test_a_failed_question_for_servers_is_not_the_answer_none(
    quay: Quay, monkeypatch: pytest.MonkeyPatch, kind: str, field: str
) -> None:
    real = Resolver.ask

    async def ask(self: Resolver, name: str, wanted: str) -> Reply:
        return Reply(Lookup.REFUSED) if wanted == kind else await real(self, name, wanted)

    monkeypatch.setattr(Resolver, "ask", ask)
    (quay.directory / "names").write_text(f"{ZONE}\n")
    by_name = replace(quay.zone, file=None, names="names")
    found = names(look(quay, by_name))[ZONE]
    assert [target.lookup for target in getattr(found, field)] == [Lookup.REFUSED]
