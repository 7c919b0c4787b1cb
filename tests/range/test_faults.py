"""Every guarantee with a judge: healthy holds, its fault is caught, withdrawn access gives unknown."""

from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.guarantees import catalogue, entry
from prodproof.range import Fault, Lab, faults
from prodproof.reach.programs import find_program
from prodproof.verdicts import Kind, Severity
from tests.support import look

FAULTS = pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.guarantee)


def lab_for(fault: Fault, directory: Path) -> Lab:
    for program in fault.programs:
        if find_program(program) is None:
            pytest.skip(f"{program} is not installed")
    lab = Lab(directory)
    for name in fault.needs:
        getattr(lab, name)
    return lab


@FAULTS
def test_healthy_holds(fault: Fault, tmp_path: Path) -> None:
    with lab_for(fault, tmp_path) as lab:
        result = look(lab, fault.guarantee)[fault.guarantee]
    if entry(fault.guarantee).guarantee.verifiable:
        assert result.kind is Kind.HOLDS, result.message
    else:
        assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF), result.message


@FAULTS
def test_fault_is_caught(fault: Fault, tmp_path: Path) -> None:
    for number, switch in enumerate((fault.breaks, *fault.variants)):
        with lab_for(fault, tmp_path / str(number)) as lab:
            switch(lab)
            result = look(lab, fault.guarantee)[fault.guarantee]
        assert result.kind is Kind.BROKEN, f"variant {number}: {result.message}"
        if number == 0:
            assert fault.says in result.message


@FAULTS
def test_withdrawn_access_is_unknown(fault: Fault, tmp_path: Path) -> None:
    with lab_for(fault, tmp_path) as lab:
        fault.withdraws(lab)
        result = look(lab, fault.guarantee)[fault.guarantee]
    assert (result.kind, result.reason) == (Kind.UNKNOWN, fault.reason), result.message


def test_no_guarantee_with_a_judge_lacks_a_fault() -> None:
    known = {fault.guarantee: fault for fault in faults()}
    judged = [item.guarantee for item in catalogue() if item.guarantee.can_break]
    assert [item.id for item in judged if item.id not in known] == []
    severe = [item.id for item in judged if item.severity in (Severity.CRITICAL, Severity.HIGH)]
    assert [id for id in severe if not known[id].variants] == [], "severe claims need a second variant"
