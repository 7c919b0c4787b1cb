"""What is stored is read back equal, and equal facts have one digest on every machine."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from prodproof.facts.codec import canonical, decode, digest, encode, name_of, type_of
from prodproof.facts.declared import EntryPoint, Host, Permission, Port, SecretRule, Waiver
from prodproof.guarantees import catalogue

FACTS = [
    pytest.param(example.fact, id=f"{entry.id}: {example.name}") for entry in catalogue() for example in entry.examples
]


@pytest.mark.parametrize("fact", FACTS)
def test_every_example_survives_the_ledger(fact: object) -> None:
    kind = type(fact)
    assert type_of(name_of(kind)) is kind
    assert decode(kind, encode(fact)) == fact


def test_sets_and_large_numbers() -> None:
    entry = EntryPoint(url="https://a.example", allow=frozenset(Permission))
    assert encode(entry)["allow"] == sorted(Permission)
    assert decode(EntryPoint, encode(entry)) == entry
    port = Port(number=2**60)
    assert encode(port)["number"] == str(2**60) and decode(Port, encode(port)) == port
    assert canonical(encode(Host(name="x", ports=(port,))))


def test_dates() -> None:
    waiver = Waiver(guarantee="a.b", reason="r", owner="o", until=datetime(2026, 6, 1, tzinfo=UTC).date())
    assert decode(Waiver, encode(waiver)) == waiver


def test_digests_do_not_depend_on_hash_order() -> None:
    code = (
        "from prodproof.facts.codec import digest, encode; from prodproof.facts.declared import EntryPoint, Permission;"
        "print(digest(encode(EntryPoint(url='https://a.example', allow=frozenset(Permission)))))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": str(seed)}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in range(4)
    }
    assert seen == {digest(encode(EntryPoint(url="https://a.example", allow=frozenset(Permission))))}


def test_fractions_come_back() -> None:
    rule = SecretRule(id="a", what="a", pattern="(a)", entropy=3.5)
    assert decode(SecretRule, encode(rule)) == rule
    assert digest(encode(replace(rule, entropy=3.0))) != digest(encode(rule))


def test_what_has_no_stored_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="no stored form"):
        encode(Port(number=b"80"))  # type: ignore[arg-type]  # the wrong type is the point
    with pytest.raises(TypeError, match="no stored form"):
        encode(SecretRule(id="a", what="a", pattern="(a)", entropy=float("nan")))
    with pytest.raises(KeyError):
        type_of("os.path")
