"""What a restore drill saw, stored and read again."""

from datetime import UTC, datetime

from prodproof.facts.codec import decode, encode, name_of, type_of
from prodproof.facts.restores import (
    ComparedWith,
    Difference,
    DifferenceKind,
    MomentBy,
    NeededThing,
    Phase,
    PointInTimeTested,
    RestoreTested,
    ScratchKind,
    Undecided,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)

SEEN = RestoreTested(
    backup="nightly",
    tool="dump",
    point="shop.dump",
    made=AT,
    size=5,
    phases=(Phase(name="restore", seconds=1.5), Phase(name="compare", seconds=None, proof=True)),
    needs=(NeededThing(what="program", name="pg_restore", came_from="this machine"),),
    no_network=True,
    scratch=ScratchKind.MEMORY,
    compared_with=ComparedWith.SOURCE,
    tables=2,
    rows=10,
    differences=(
        Difference(kind=DifferenceKind.MISSING_TABLE, what="table public.a", says="is not in the copy"),
        Difference(kind=DifferenceKind.CHANGED_ROWS, what="public.b", says="1 row"),
    ),
    undecided=(Undecided(what="public.c", says="nobody knows"),),
    application=True,
    recovered_to=AT,
    recovered_by=MomentBy.HEARTBEAT,
    loss=30.5,
    rto=3600,
    rpo=300,
)


def test_it_is_read_as_it_was_stored() -> None:
    assert decode(type_of(name_of(RestoreTested)), encode(SEEN)) == SEEN
    other = PointInTimeTested(backup="a", tool="pgbackrest", marked=AT, target=AT, loss=0.0, marker_came_back=True)
    assert decode(type_of(name_of(PointInTimeTested)), encode(other)) == other


def test_differences_are_asked_for_by_kind() -> None:
    assert [item.what for item in SEEN.differs(DifferenceKind.MISSING_TABLE)] == ["table public.a"]
    assert SEEN.differs(DifferenceKind.EMPTY_TABLE) == ()
