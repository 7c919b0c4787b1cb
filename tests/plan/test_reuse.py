"""What an answer that is reused for a commit was made by: another build of any of it is asked again."""

import importlib
import inspect
import re

import pytest

from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.guarantees import catalogue
from prodproof.plan import Plan, make_plan
from prodproof.probes.probe import Probe, registered
from prodproof.reach.programs import find_program

DECLARED = Declared(
    system="shop", environment=Environment(name="production"), repositories=(Repository(path=".", name="shop"),)
)
SCANNERS = re.compile(r"prodproof\.reach\.scanners\.(bandit|checkov|zizmor) import|\btools\(\"([\w-]+)\"\)")


def plan(builds: dict[str, str]) -> Plan:
    chosen = [entry.guarantee for entry in catalogue()]
    return make_plan(DECLARED, chosen, build_of=lambda name: builds.get(name, "1"))


def keys(builds: dict[str, str]) -> dict[str, str]:
    return {step.probe.name: step.key for step in plan(builds).steps if step.probe.by_commit}


@pytest.mark.parametrize(
    ("program", "asked_again"),
    [("bandit", {"code"}), ("checkov", {"infrastructure"}), ("zizmor", {"workflow_audit"})],
)
def test_another_build_of_a_program_is_asked_again(program: str, asked_again: set[str]) -> None:
    before, after = keys({}), keys({program: "2"})
    assert {name for name in before if before[name] != after[name]} == asked_again
    assert keys({}) == before


def test_a_program_that_comes_or_goes_is_asked_again() -> None:
    assert keys({"checkov": ""})["infrastructure"] != keys({})["infrastructure"]


@pytest.mark.parametrize("probe", [item for item in registered() if item.by_commit], ids=lambda probe: probe.name)
def test_every_program_of_a_probe_is_named(probe: Probe) -> None:
    source = inspect.getsource(importlib.import_module(f"prodproof.probes.{probe.name}"))
    ran = {name for pair in SCANNERS.findall(source) for name in pair if name}
    assert ran <= {*probe.tools, *probe.optional_tools}


def test_the_programs_that_come_with_us_are_found() -> None:
    assert find_program("bandit")
    assert find_program("zizmor")
