"""Carries a drill out: looks, acts, proves, and goes back by itself when something breaks.

Everything that decides what comes next was written down before (`Recorder.once`). So after a crash the same code goes
through the same records to the point where they end, and acts from there on. For each step three things are written:
what the world was like (`look`), what was done (`do`), and whether it worked (`prove`). Where a crash falls between the
first and the second, the step may have acted or not; it then looks again before it does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

from prodproof.drills.drill import PersonStep, Plain, Scene, Step, Values
from prodproof.drills.plan import DrillPlan
from prodproof.facts import Reason
from prodproof.facts.codec import digest
from prodproof.facts.drills import DrillOutcome, DrillRun, EntryKind, Happened, TimelineEntry
from prodproof.jobs.order import DrillOrder
from prodproof.reach.world import World
from prodproof.runner.acts import Acts, Deadline, Desk, Event
from prodproof.runner.durable import JournalEnds, Record, Recorder
from prodproof.runner.steady import Watch

ANSWERS = {"done": Happened.DONE, "failed": Happened.FAILED, "cannot": Happened.NOT_DONE}
"""What a person may answer, and what it means."""

_STEADY = {"proven": Happened.DONE, "refuted": Happened.FAILED, "unseen": Happened.NOT_DONE}


@dataclass
class _State:
    """What follows from the records so far; it is kept nowhere but in them."""

    timeline: list[TimelineEntry] = field(default_factory=list)
    gave: dict[str, Values] = field(default_factory=dict)
    begun: list[tuple[Step, Values]] = field(default_factory=list)
    """Steps that may have acted and are not undone, with what was written down before they did."""

    left: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    steps: list[Record] = field(default_factory=list)
    """The records of steps alone, by which the whole is timed."""

    outcome: DrillOutcome | None = None
    """None: it has not been decided yet."""

    reason: Reason | None = None
    detail: str = ""

    def decide(self, outcome: DrillOutcome, detail: str, reason: Reason | None = None) -> None:
        self.outcome, self.detail, self.reason = outcome, detail, reason


class Carried:
    """One drill, carried out in this process, or seen through its records."""

    def __init__(self, order: DrillOrder, plan: DrillPlan, world: World, desk: Desk, recorder: Recorder) -> None:
        self._order, self._plan, self._desk, self._recorder = order, plan, desk, recorder
        self._acts = Acts(desk, recorder.stopping)
        self._state = _State()
        self._scene = Scene(order.id, order.declared, plan.target, world)

    @property
    def gave(self) -> Mapping[str, Values]:
        """What the steps gave."""
        return self._state.gave

    def forward(self) -> DrillRun:
        """Carry it out, or go on with it; put back what is not meant to last, or all of it if something broke."""
        with self._leaving():
            return self._forward()

    def _forward(self) -> DrillRun:
        if self._steady("before"):
            with Watch(self._plan.exercise.steady, lambda state: self._acts.watched(state, self._scene)) as watch:
                well = all(self._person(step, watch) if isinstance(step, PersonStep) else self._step(step, watch)
                           for step in self._plan.exercise.steps)  # fmt: skip
                during = _values(self._once("steady during", lambda: {"looks": watch.looks, "bad": watch.bad}).value)
            if well:
                looks = f"; steady in {during['looks']} looks, {during['bad']} bad" if during["looks"] else ""
                number = len(self._plan.exercise.steps)
                self._state.decide(DrillOutcome.PROVEN, f"{number} steps were carried out and proved{looks}")
            self._go_back()
            self._steady("after")
        return self.run()

    def backward(self, by: str) -> DrillRun:
        """Undo what is left of it."""
        if self._state.outcome is None:
            self._state.decide(DrillOutcome.NOT_PROVEN, f"undone, as {by} wanted", Reason.INCOMPLETE)
        with self._leaving():
            self._go_back()
            self._steady("after undo")
        return self.run()

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        """Whatever becomes of it: what the looks keep going ends with it."""
        try:
            yield
        finally:
            for state in self._plan.exercise.steady:
                state.leave(self._order.id)

    def replay(self, journals: Iterable[Recorder]) -> None:
        """Take in the records of the drill, and of earlier attempts to undo it; nothing is done."""
        ours = self._recorder
        for number, self._recorder in enumerate(journals):
            try:
                self.backward("somebody") if number else self.forward()
            except JournalEnds:
                continue
        self._recorder = ours

    def run(self) -> DrillRun:
        """What can be said of it now."""
        state = self._state
        moments = [record.started for record in state.records] or [self._order.at]
        return DrillRun(
            id=self._order.id,
            drill=self._order.drill,
            target=self._order.target,
            plan=self._order.plan,
            ordered_by=self._order.by,
            approved_by=self._order.approved_by,
            started=moments[0],
            ended=state.records[-1].ended if state.records else moments[0],
            outcome=state.outcome or DrillOutcome.NOT_PROVEN,
            reason=state.reason if state.outcome else Reason.INCOMPLETE,
            detail=state.detail or "it has not come to its end",
            timeline=tuple(state.timeline),
            left=tuple(state.left),
            interruptions=sum(one.executor != other.executor for one, other in pairwise(state.records)),
            objective=self._plan.exercise.objective,
            took=_took(state.steps),
            moment=self._order.moment,
        )

    # ---- forward

    def _step(self, step: Step, watch: Watch) -> bool:
        """Whether the drill goes on after this step."""
        scene = self._scene_of(step)
        deadline = Deadline(step.time_limit)
        look = self._once(f"look {step.name}", lambda: self._acts.look(step, scene, watch, deadline))
        records, found = [look], _values(look.value)
        if found["is"] == "abort":
            return self._abort(found)
        done = found
        if found["is"] == "todo":
            here = replace(scene, was=_values(found["was"]))
            self._state.begun.append((step, here.was))
            act = self._once(f"do {step.name}", lambda: self._acts.do(step, here, watch, deadline, look.fresh))
            records.append(act)
            done = _values(act.value)
        else:
            here = scene
        if done["is"] != "done":
            happened = Happened.FAILED if done["is"] == "failed" else Happened.NOT_DONE
            return self._ended(step, records, happened, done)
        self._state.gave[step.name] = _values(done["gave"])
        here = replace(here, gave=dict(self._state.gave))
        proof = self._once(f"prove {step.name}", lambda: self._acts.prove(step, here, watch, deadline))
        records.append(proof)
        told = _values(proof.value)
        if told["is"] != "proven":
            happened = Happened.FAILED if told["is"] == "refuted" else Happened.NOT_DONE
            return self._ended(step, records, happened, told)
        happened = Happened.ALREADY if done is found else Happened.DONE
        return self._ended(step, records, happened, told if told["detail"] else done)

    def _person(self, step: PersonStep, watch: Watch) -> bool:
        asked = self._once(f"ask {step.name}", lambda: self._acts.ask(watch))
        if _values(asked.value)["is"] == "abort":
            return self._abort(_values(asked.value))
        until = asked.ended + timedelta(seconds=step.time_limit)
        answer = self._once(f"answer {step.name}", lambda: self._acts.answer(step, watch, until))
        told = _values(answer.value)
        if told["is"] == "abort":
            return self._abort(told)
        happened = ANSWERS[str(told["answer"])] if told["is"] == "answered" else Happened.NOT_DONE
        return self._ended(step, [asked, answer], happened, told)

    def _abort(self, told: Values) -> bool:
        if "steady" in told:
            self._state.decide(DrillOutcome.FAILED, f"undone by itself, for it was not steady: {told['steady']}")
        else:
            detail = f"undone, as {told['by']} wanted"
            self._state.decide(DrillOutcome.NOT_PROVEN, detail, Reason.INCOMPLETE)
        return False

    def _ended(self, step: Step | PersonStep, records: Sequence[Record], happened: Happened, told: Values) -> bool:
        kind = EntryKind.PERSON if isinstance(step, PersonStep) else EntryKind.STEP
        detail = str(told["detail"])
        self._state.steps += records
        self._add(step.name, kind, records, happened, detail, step.objective, str(told.get("by", "")))
        match happened:
            case Happened.FAILED:
                self._state.decide(DrillOutcome.FAILED, f"{step.name}: {detail}")
            case Happened.NOT_DONE:
                reason = Reason(str(told["why"]))
                self._state.decide(DrillOutcome.NOT_PROVEN, f"{step.name}: {detail}", reason)
            case _:
                return True
        return False

    # ---- the steady state

    def _steady(self, when: str) -> bool:
        states = self._plan.exercise.steady
        if not states:
            return True
        record = self._once(f"steady {when}", lambda: self._acts.steady(states, self._scene))
        troubles = []
        for told in map(_values, _list(record.value)):
            happened, detail = _STEADY[str(told["is"])], str(told["detail"])
            self._add(f"{told['name']}, {when}", EntryKind.STEADY, [record], happened, detail)
            if happened is not Happened.DONE:
                troubles.append(f"{told['name']}: {detail}")
        if troubles and when == "before":
            detail = f"not begun, for it was not steady: {'; '.join(troubles)}"
            self._state.decide(DrillOutcome.NOT_PROVEN, detail, Reason.INCOMPLETE)
        elif troubles:
            said = f"{self._state.detail}; not steady {when}: {'; '.join(troubles)}"
            self._state.decide(DrillOutcome.FAILED, said)
        return not troubles

    # ---- back

    def _go_back(self) -> None:
        """Undo in reverse: what is not meant to last, and unless the drill was proven, all that there is a way back of.

        A step that cannot be undone stands in the way of those before it: they stay, if they are meant to last.
        """
        state = self._state
        proven = state.outcome is DrillOutcome.PROVEN
        state.left.clear()
        barrier: Step | None = None
        for step, was in reversed(tuple(state.begun)):
            if step.irreversible:
                barrier = barrier or step
            if step.undo is None or (step.lasting and proven):
                continue
            if step.lasting and barrier is not None:
                detail = f"stays, for {barrier.name} cannot be undone: {barrier.irreversible}"
                self._add(step.name, EntryKind.UNDO, state.records[-1:], Happened.LEFT, detail, timed=False)
                continue
            record = self._once(f"undo {step.name}", self._undoing(step, was))
            told = _values(record.value)
            happened = Happened.UNDONE if told["is"] == "undone" else Happened.LEFT
            self._add(step.name, EntryKind.UNDO, [record], happened, str(told["detail"]))
            if happened is Happened.UNDONE:
                state.begun = [item for item in state.begun if item[0] is not step]
            else:
                state.left.append(f"{step.name}: {told['detail']}")

    def _undoing(self, step: Step, was: Values) -> Callable[[], Plain]:
        scene = replace(self._scene_of(step), was=was)
        return lambda: self._acts.undo(step, scene)

    # ---- what all of them do

    def _scene_of(self, step: Step) -> Scene:
        return replace(self._scene, step=step.name, gave=dict(self._state.gave))

    def _once(self, name: str, act: Callable[[], Plain]) -> Record:
        record = self._recorder.once(name, act)
        self._state.records.append(record)
        return record

    def _add(
        self,
        name: str,
        kind: EntryKind,
        records: Sequence[Record],
        happened: Happened,
        detail: str,
        objective: float | None = None,
        by: str = "",
        timed: bool = True,
    ) -> None:
        gave = self._state.gave.get(name) if kind is EntryKind.STEP else None
        entry = TimelineEntry(
            name=name,
            kind=kind,
            by=by or records[-1].by,
            started=records[0].started,
            ended=records[-1].ended,
            happened=happened,
            detail=detail,
            digest=digest(dict(gave)) if gave else "",
            took=_took(records) if timed else None,
            objective=objective,
        )
        self._state.timeline.append(entry)
        if records[-1].fresh:
            self._desk.tell(Event(name, happened.value, detail))


def _took(records: Sequence[Record]) -> float | None:
    # Clocks of two processes cannot be compared.
    if not records or len({record.executor for record in records}) > 1:
        return None
    return records[-1].clock + records[-1].took - records[0].clock


def _values(value: Plain) -> dict[str, Plain]:
    assert isinstance(value, dict)
    return value


def _list(value: Plain) -> list[Plain]:
    assert isinstance(value, list)
    return value
