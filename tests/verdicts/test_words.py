"""How claims, verdicts and findings are written down, and what is refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Optional

import pytest

from prodproof.facts import Location, Proof, Reason, Subject
from prodproof.facts.declared import EntryPoint, Host
from prodproof.verdicts import (
    Example,
    Finding,
    Guarantee,
    Kind,
    Severity,
    Verdict,
    broken,
    guarantee,
    holds,
    not_applicable,
    planned,
    unknown,
)
from prodproof.verdicts.example import NOON
from prodproof.verdicts.guarantee import GOOD_FOR, bind
from prodproof.verdicts.verdict import fold


@dataclass(frozen=True)
class Lamp:
    """A toy fact."""


def claim(proof: str = "inside", **more: Any) -> Guarantee:
    @guarantee("toy.well-lit", seeds="x y", proof=proof, severity="low", **more)
    def judge(lamp: Lamp) -> Verdict:
        return holds("on")

    return judge


def test_a_claim() -> None:
    made = claim()
    assert (made.id, made.area, made.name, made.seeds) == ("toy.well-lit", "toy", "well-lit", ("x", "y"))
    assert (made.severity, made.when_none, made.verifiable, made.can_break) == (Severity.LOW, Kind.UNKNOWN, True, True)
    assert (made.proof, made.module, made.nothing) == (frozenset({Proof.INSIDE}), __name__, "")
    assert made(Lamp()) == holds("on")
    later = planned("toy.later", seeds="x", proof="drill", severity="high", module="toy")
    assert (later.verifiable, later.can_break, later.when_none) == (False, False, Kind.UNKNOWN)


def test_for_how_long_evidence_is_good() -> None:
    assert {kind: span.days for kind, span in GOOD_FOR.items()} == {
        Proof.INSIDE: 1, Proof.OUTSIDE: 1, Proof.ACTIVE: 7, Proof.DRILL: 90, Proof.RECORD: 90,
    }  # fmt: skip
    assert claim("active").good_for == timedelta(days=7)
    assert claim("inside+drill").good_for == timedelta(days=1)
    assert claim("inside", good_for=timedelta(hours=2)).good_for == timedelta(hours=2)


def test_severities_from_bad_to_good() -> None:
    assert [item.rank for item in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)] == [0, 1, 2, 3]


def test_one_judge_for_a_type_of_fact() -> None:
    made = claim()

    def again(lamp: Lamp) -> Verdict:
        return holds()

    with pytest.raises(TypeError, match="two judges ask for Lamp"):
        made.also(again)
    assert len(made.judges) == 1

    @made.also
    def other(lamp: Host) -> Verdict:
        return broken("off")

    assert [judge.fact for judge in made.judges] == [Lamp, Host]
    assert made(Lamp()).kind is Kind.HOLDS
    assert other(Host(name="a")).kind is Kind.BROKEN


def test_what_a_judge_asks_for() -> None:
    def plain(lamp: Lamp) -> Verdict:
        return holds()

    def timed(lamp: Lamp, at: datetime) -> Verdict:
        return holds(at.isoformat())

    def about(lamp: Lamp, declared: EntryPoint) -> Verdict:
        return holds(declared.url)

    def maybe(lamp: Lamp, declared: EntryPoint | None) -> Verdict:
        return holds(declared.url if declared else "none")

    shop = EntryPoint(url="https://a.example")

    def none_first(lamp: Lamp, declared: None | EntryPoint) -> Verdict:  # noqa: RUF036 (in this order too)
        return holds()

    def in_the_old_way(lamp: Lamp, declared: Optional[EntryPoint]) -> Verdict:  # noqa: UP045 (typing has its own type)
        return holds()

    assert {bind(function).declared for function in (none_first, in_the_old_way)} == {EntryPoint}
    asked = [bind(function) for function in (plain, timed, about, maybe)]
    assert [item.declared for item in asked] == [None, None, EntryPoint, EntryPoint]
    assert [item.declared_optional for item in asked] == [False, False, False, True]
    assert [item.wants_time for item in asked] == [False, True, False, False]
    said = [item(Lamp(), shop, NOON).message for item in asked]
    assert said == ["", NOON.isoformat(), shop.url, shop.url]


def test_judges_that_do_not_say_what_they_ask_for() -> None:
    def untyped(lamp) -> Verdict:  # type: ignore[no-untyped-def]  # what is refused here
        return holds()

    def empty() -> Verdict:
        return holds()

    def strange(lamp: Lamp, weather: str) -> Verdict:
        return holds(weather)

    def undeclared(lamp: Lamp, declared) -> Verdict:  # type: ignore[no-untyped-def]  # what is refused here
        return holds()

    for function, says in (
        (untyped, "first parameter"), (empty, "first parameter"), (strange, "not weather"), (undeclared, "the type"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=says):
            bind(function)


def test_verdicts() -> None:
    assert (holds("x").kind, holds("x").message, holds().message) == (Kind.HOLDS, "x", "")
    assert (unknown(Reason.DENIED, "x").kind, unknown(Reason.DENIED, "x").reason) == (Kind.UNKNOWN, Reason.DENIED)
    assert not_applicable("x").kind is Kind.NOT_APPLICABLE
    wrong = Finding("dark", "off")
    assert broken("off") == Verdict(Kind.BROKEN, "off", findings=(Finding("finding", "off"),))
    assert broken(wrong).message == "off"
    assert broken(wrong, "shut", "gone").message == "off (and 2 more)"
    assert broken(wrong, "shut").message == "off (and 1 more)"
    with pytest.raises(ValueError, match="at least one finding"):
        broken()


def test_examples_know_their_kind() -> None:
    assert NOON.isoformat() == "2026-06-01T12:00:00+00:00"
    kinds = [Example("x", None, expected).kind for expected in (holds, broken, unknown, not_applicable)]
    assert kinds == [Kind.HOLDS, Kind.BROKEN, Kind.UNKNOWN, Kind.NOT_APPLICABLE]


def test_the_fold() -> None:
    good, bad, dark, none = Kind.HOLDS, Kind.BROKEN, Kind.UNKNOWN, Kind.NOT_APPLICABLE
    assert fold((good, dark, bad, none)) is bad
    assert fold((good, none, dark)) is dark
    assert fold((none, good)) is good
    assert fold((none, none)) is none
    with pytest.raises(ValueError, match="nothing to fold"):
        fold(())


def test_the_identity_of_a_finding() -> None:
    a, b = Subject("host", "a.example"), Subject("host", "b.example")
    place = Location("x.py", 3)
    finding = Finding("dark", "off", place, "lamp")
    identity = finding.id_for("toy.lit", a)
    # Waivers name it, so it must never change between versions.
    assert (identity, len(identity)) == ("d862773e4b86", 12)
    assert Finding("dark", "said otherwise", Location("x.py", 9), "lamp").id_for("toy.lit", a) == identity
    others = {
        finding.id_for("toy.lit", b),
        finding.id_for("toy.shut", a),
        Finding("shut", "off", place, "lamp").id_for("toy.lit", a),
        Finding("dark", "off", Location("y.py", 3), "lamp").id_for("toy.lit", a),
        Finding("dark", "off", None, "lamp").id_for("toy.lit", a),
        Finding("dark", "off", place, "door").id_for("toy.lit", a),
        Finding("dark", "off", place).id_for("toy.lit", a),
        identity,
    }
    assert len(others) == 8
    assert len(Finding("dark", "off", key="\udcff").id_for("toy.lit", a)) == 12
