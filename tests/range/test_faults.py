"""Every guarantee that is judged can be seen to fail. Whether each fault is caught is shown by `make prove`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import prodproof.range.faults as folder
from prodproof.guarantees import catalogue
from prodproof.range import Fault, all_faults, fault_of
from prodproof.range.component import components
from prodproof.system.errors import UserError
from prodproof.verdicts import Severity

FOLDER = Path(str(folder.__file__)).parent
FAULTS = pytest.mark.parametrize("fault", all_faults(), ids=lambda fault: fault.guarantee)
FILE = """\
from prodproof.facts import Reason
from prodproof.range.fault import Fault

FAULT = Fault("{guarantee}", breaks=print, withdraws=print, reason=Reason.DENIED)
"""
"""A fault that does nothing, as a file."""


def test_every_guarantee_that_can_break_has_a_fault_and_no_other_has() -> None:
    judged = [item.id for item in catalogue() if item.guarantee.can_break]
    assert sorted(judged) == [fault.guarantee for fault in all_faults()]


def test_severe_claims_are_broken_in_a_second_way() -> None:
    severe = {item.id for item in catalogue() if item.guarantee.severity in (Severity.CRITICAL, Severity.HIGH)}
    assert [fault.guarantee for fault in all_faults() if fault.guarantee in severe and not fault.variants] == []


@FAULTS
def test_the_place_and_the_parts_of_a_fault_fit(fault: Fault) -> None:
    area, name = fault.guarantee.split(".")
    assert (FOLDER / area / f"{name.replace('-', '_')}.py").is_file()
    assert fault_of(fault.guarantee) is fault
    assert set(fault.needs) <= {component.name for component in components()}
    assert set(fault.touches) <= {item.id for item in catalogue()}
    switches: list[Callable[..., None]] = [fault.breaks, *fault.variants, fault.withdraws]
    assert len(set(switches)) == len(switches), "one switch in two places shows one thing twice"


def test_there_are_as_many_faults_as_files() -> None:
    files = [file for file in FOLDER.glob("*/*.py") if file.name != "__init__.py"]
    assert len(files) == len(all_faults())


@pytest.fixture
def another_area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one area of faults in a test that writes its own."""
    area = tmp_path / "invented"
    area.mkdir()
    (area / "__init__.py").touch()
    monkeypatch.setattr(folder, "__path__", [str(tmp_path)])
    yield area
    for name in [name for name in sys.modules if name.startswith(f"{folder.__name__}.invented")]:
        del sys.modules[name]


def test_a_fault_under_another_name_is_refused(another_area: Path) -> None:
    (another_area / "misplaced.py").write_text(FILE.format(guarantee="invented.elsewhere"))
    with pytest.raises(TypeError, match=r"faults\.invented\.misplaced holds the fault of invented\.elsewhere"):
        all_faults.__wrapped__()


def test_a_fault_that_needs_what_is_not_there_is_no_missing_fault(another_area: Path) -> None:
    (another_area / "needy.py").write_text("import prodproof_is_not_this\n")
    with pytest.raises(ModuleNotFoundError, match="prodproof_is_not_this"):
        fault_of("invented.needy")


@pytest.mark.parametrize(
    "id",
    [
        "exposure.nothing", "nothing.hsts", "exposure", "exposure.", ".hsts", ".", "", "exposure.hsts.more",
        "exposure.__init__", "exposure.HSTS", "exposure.h\x1b[31m", "../range", "exposure.hsts\n",
    ],
)  # fmt: skip
def test_a_fault_that_is_not_there(id: str) -> None:
    with pytest.raises(UserError, match="there is no fault for") as raised:
        fault_of(id)
    assert str(raised.value).isprintable()
