"""The recipe "Add a drill" of CONTRIBUTING.md is true: its file is a drill that is carried out, cut off and undone."""

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import pytest

from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.facts import Reason, Unseen
from prodproof.facts.drills import DrillOutcome
from tests.docs.pages import CONTRIBUTING, section
from tests.drills.exercises import STORE, declared
from tests.runner.drill_records import CutError, Memory, forward, undone

DRILL, TELL = re.findall(r"```python\n(.*?)```", section(CONTRIBUTING, "Add a drill"), re.DOTALL)


@dataclass(frozen=True)
class Frozen:
    """The fact that the recipe speaks of."""

    stood: bool


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    made, fact = ModuleType("freeze"), ModuleType("prodproof.facts.frozen")
    fact.__dict__["Frozen"] = Frozen
    with pytest.MonkeyPatch.context() as patch:
        for module in (made, fact):
            patch.setitem(sys.modules, module.__name__, module)
        for code in (DRILL, TELL):
            exec(compile(code, CONTRIBUTING.name, "exec"), made.__dict__)
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


def test_it_tells_what_came_of_it(recipe: ModuleType, plan: DrillPlan) -> None:
    run = forward(plan)
    assert recipe._tell(run, {}) == Frozen(stood=True)
    assert recipe._tell(replace(run, outcome=DrillOutcome.FAILED), {}) == Frozen(stood=False)
    seen = recipe._tell(replace(run, outcome=DrillOutcome.NOT_PROVEN, reason=Reason.DENIED, detail="refused"), {})
    assert seen == Unseen(Reason.DENIED, "refused")


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
