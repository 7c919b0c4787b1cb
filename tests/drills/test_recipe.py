"""The recipe "Add a drill" of CONTRIBUTING.md is true: its file is a drill that is carried out, cut off and undone."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.facts.drills import DrillOutcome
from tests.drills.exercises import STORE, declared
from tests.runner.drill_records import CutError, Memory, forward, undone

PAGE = Path(__file__).parent.parent.parent / "CONTRIBUTING.md"


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    section = PAGE.read_text().partition("\n## Add a drill\n")[2].partition("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    made = ModuleType("freeze")
    sys.modules[made.__name__] = made
    exec(compile(code, str(PAGE), "exec"), made.__dict__)
    return made


@pytest.fixture
def plan(recipe: ModuleType, tmp_path: Path) -> DrillPlan:
    drill: Drill = recipe.freeze
    assert (drill.name, drill.says) == ("freeze", "A data store takes no writes for a moment, and then does again.")
    made = plan_drill(drill, STORE, declared(tmp_path))
    assert isinstance(made, DrillPlan)
    return made


def test_it_is_proven_and_put_back(plan: DrillPlan, tmp_path: Path) -> None:
    run = forward(plan)
    assert (run.outcome, run.left, list(tmp_path.iterdir())) == (DrillOutcome.PROVEN, (), [])


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("when", ["before", "acted", "after"])
def test_it_is_cut_off_and_undone(plan: DrillPlan, tmp_path: Path, number: int, when: str) -> None:
    def cut(at: int, moment: str) -> None:
        if (at, moment) == (number, when):
            raise CutError

    memory = Memory(cut=cut)
    with pytest.raises(CutError):
        forward(plan, memory)
    run = undone(plan, memory)
    assert run.left == () and list(tmp_path.iterdir()) == []
