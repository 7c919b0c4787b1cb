"""What the team says is always so, asked of a restored database."""

from collections.abc import Callable

from prodproof.drills._restore_state import Findings
from prodproof.drills._restore_steps import looking, seen
from prodproof.drills.drill import Scene, Step, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restores import DifferenceKind

TEAM = "ask-invariants"
Answer = bool | Unseen


def team_steps(
    store: DataStore, ask: Callable[[Scene, list[str]], list[Answer] | Unseen], limit: float
) -> tuple[Step, ...]:
    """The step, where there are invariants.

    Args:
        store: whose invariants are asked.
        ask: asks the copy each of these queries: whether it answers with one row, one column, true.
        limit: seconds.
    """
    if not store.restore.invariants:
        return ()
    return (
        looking(
            TEAM,
            "ask what the team says is always so",
            lambda scene: _asked(store, ask(scene, [query for _, query in store.restore.invariants])),
            lambda scene: seen(scene, f"{len(store.restore.invariants)} invariants"),
            limit,
        ),
    )


def _asked(store: DataStore, answers: list[Answer] | Unseen) -> Values | Unseen:
    if isinstance(answers, Unseen):
        return answers
    findings = Findings()
    for (name, _), said in zip(store.restore.invariants, answers, strict=True):
        if isinstance(said, Unseen) and said.why is not Reason.INCOMPLETE:
            # No answer came in time, or at all: that says nothing of the data.
            findings.uncompared.append(f"the invariant {name}: {said.detail}")
        elif isinstance(said, Unseen):
            findings.found(DifferenceKind.INVARIANT, name, f"cannot be asked: {said.detail}")
        elif not said:
            findings.found(DifferenceKind.INVARIANT, name, "is not so in the copy")
    return {**findings.plain(), "asked": len(store.restore.invariants)}
