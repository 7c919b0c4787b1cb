"""A file that breaks the rules of the catalogue is refused, and says which rule."""

from types import ModuleType
from typing import Any

import pytest

from prodproof.guarantees import catalogue, entry
from prodproof.guarantees.catalogue import CatalogueError, _read
from prodproof.verdicts import Example, holds, planned

PROSE = """Every lamp is
lit.

Risk: It is dark.
Verified: Somebody looks,
and says so.
Mend: Switch it on.
"""


def file(name: str = "prodproof.guarantees.toy.well_lit", prose: str | None = PROSE, **more: Any) -> ModuleType:
    module = ModuleType(name, prose)
    module.__dict__["CLAIM"] = planned("toy.well-lit", seeds="x", proof="inside", severity="low", module=name)
    module.__dict__.update(more)
    return module


def test_a_file_as_it_must_be() -> None:
    read = _read(file())
    assert (read.id, read.must_be_true, read.risk) == ("toy.well-lit", "Every lamp is lit.", "It is dark.")
    assert (read.verified_by, read.remedy, read.examples) == ("Somebody looks, and says so.", "Switch it on.", ())
    example = Example("lit", None, holds)
    assert _read(file(EXAMPLES=(example,))).examples == (example,)


def test_one_file_one_guarantee() -> None:
    second = planned("toy.x", seeds="x", proof="inside", severity="low", module="prodproof.guarantees.toy.well_lit")
    with pytest.raises(CatalogueError, match="this one 2"):
        _read(file(OTHER=second))
    with pytest.raises(CatalogueError, match="this one 0"):
        _read(file(CLAIM=None))
    imported = planned("toy.x", seeds="x", proof="inside", severity="low", module="elsewhere")
    assert _read(file(IMPORTED=imported)).id == "toy.well-lit"


def test_the_place_is_the_id() -> None:
    with pytest.raises(CatalogueError, match=r"its place says toy\.badly-lit"):
        _read(file("prodproof.guarantees.toy.badly_lit"))


@pytest.mark.parametrize(
    ("prose", "says"),
    [
        ("", "Mend, Risk, Verified"),
        (None, "Mend, Risk, Verified"),
        (PROSE.replace("Risk: ", "At Risk: "), "lacks Risk"),
        (PROSE.replace("Risk: ", "Danger: "), "lacks Risk"),
        (PROSE.replace("Mend: ", "mend: "), "lacks Mend"),
        (PROSE[PROSE.index("Risk") :], "lacks the claim"),
    ],
)
def test_the_page_of_prose_is_whole(prose: str | None, says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        _read(file(prose=prose))


def test_the_catalogue_is_whole_and_sorted() -> None:
    ids = [item.id for item in catalogue()]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids) >= 150


def test_claims_are_found_by_their_id() -> None:
    assert entry("exposure.hsts").id == "exposure.hsts"
    with pytest.raises(KeyError, match=r"did you mean exposure\.hsts\?"):
        entry("exposure.hst")
    with pytest.raises(KeyError, match="see prodproof guarantees"):
        entry("zzzz")
