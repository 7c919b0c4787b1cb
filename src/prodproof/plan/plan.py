"""Which probe looks at which subject, from where, for which guarantees, or why not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from prodproof import __version__
from prodproof.drills import drill as exercises
from prodproof.drills.drill import Drill
from prodproof.drills.plan import plan_drill, subject_of
from prodproof.facts import Proof, Reason, Subject, Unseen
from prodproof.facts.codec import digest, encode
from prodproof.facts.declared import Declared, EntryPoint, GateScope, Permission
from prodproof.probes.probe import Probe, registered, targets
from prodproof.verdicts import Guarantee


@dataclass(frozen=True)
class Step:
    """One probe on one target."""

    probe: Probe
    about: Any
    """The declared thing that it looks at; None when there is none."""

    scope: Subject
    """Names the step: what it is about."""

    vantage: str
    guarantees: tuple[str, ...]
    """Ids of the claims that ask for its facts."""

    why_not: Unseen | None = None
    """Set when the step will not be carried out."""

    context: str = ""
    """For a probe whose answers are reused for a commit: digest of what was declared when it was planned, of our
    version and of the builds of the programs that it runs."""

    @property
    def key(self) -> str:
        """Identity of the step across runs: its survey in the ledger is found by it.

        An answer that is reused for a commit was made under one declaration; under another it is another step.
        """
        # Several entry points may lie on one host, and have its scope: none may stand for another.
        place = self.about.url if isinstance(self.about, EntryPoint) else self.scope
        name = f"{self.probe.name}:{self.probe.facts[0].__name__} {place} {self.vantage}"
        return f"{name} {self.context}" if self.probe.by_commit else name


@dataclass(frozen=True)
class DrillNeeded:
    """One drill on one of its targets: a run does not carry it out, and judges what the ledger has of the last time."""

    drill: Drill
    scope: Subject
    """The declared thing that the drill is about; the system where there is none."""

    guarantees: tuple[str, ...]
    """Ids of the claims that ask for its fact."""

    declared: bool = True
    """Whether there is a target at all."""

    why_not: Unseen | None = None
    """Why it cannot be carried out as things are declared: then nothing that it told before counts any more."""

    @property
    def key(self) -> str:
        """Under which the ledger has what it told."""
        return drill_key(self.drill.name, self.scope)

    @property
    def command(self) -> str:
        """What carries it out."""
        return f"prodproof drill run {self.drill.name} --on {self.scope}"


def drill_key(drill: str, target: Subject, moment: datetime | None = None) -> str:
    """Under which the ledger has what a drill told of its target.

    What was asked for a moment of the past has a key of its own, and is not judged: it says nothing of the newest.
    """
    return f"drill {drill} {target}" + (f" at {moment.isoformat()}" if moment else "")


@dataclass(frozen=True)
class Plan:
    """The ordered steps of a run, and the claims that it will answer."""

    steps: tuple[Step, ...]
    guarantees: tuple[Guarantee, ...]
    drills: tuple[DrillNeeded, ...] = ()
    """What was to be exercised before."""


def make_plan(
    declared: Declared,
    guarantees: Iterable[Guarantee],
    *,
    vantage: str = "outside",
    has_tool: Callable[[str], bool] = lambda name: True,
    build_of: Callable[[str], str] = lambda name: "",
    owned: Callable[[Any], Unseen | None] = lambda about: None,
) -> Plan:
    """Order the probes that the guarantees need.

    Args:
        declared: the system, for one environment.
        guarantees: the claims to answer.
        vantage: the name of the place that outside observations are made from.
        has_tool: whether a program is installed.
        build_of: says which build of a program is installed, empty for none; asked for those of reused answers.
        owned: proof that a target belongs to the team: None, or why it is not proven. Asked only for targets that
            need more than a visitor's requests.
    """
    chosen = tuple(guarantees)
    wanted: dict[type[Any], list[str]] = {}
    for item in chosen:
        for judge in item.judges:
            wanted.setdefault(judge.fact, []).append(item.id)
    steps: list[Step] = []
    declaration = _declaration(declared)
    for probe, ids in _needed(registered(), wanted):
        where = vantage if probe.proof in (Proof.OUTSIDE, Proof.ACTIVE) else "inside"
        found = targets(probe, declared)
        context = _context(probe, declaration, build_of) if probe.by_commit else ""
        if not found:
            scope = Subject("system", declared.system)
            steps.append(Step(probe, None, scope, where, ids, probe.undeclared, context))
        for about in found:
            why_not = _why_not(probe, about, declared, has_tool, owned)
            steps.append(Step(probe, about, subject_of(about), where, ids, why_not, context))
    return Plan(tuple(steps), chosen, tuple(_drills(declared, wanted)))


def _drills(declared: Declared, wanted: dict[type[Any], list[str]]) -> Iterable[DrillNeeded]:
    """The drills whose facts the claims ask for, on each of their targets."""
    probed = {fact for probe in registered() for fact in probe.facts}
    if not set(wanted) - probed:
        return  # drills are not loaded for claims that need none
    for drill in exercises.registered().values():
        ids = tuple(sorted(wanted.get(drill.fact, ()))) if drill.fact else ()
        if not ids:
            continue
        found = exercises.targets(drill, declared)
        if not found:
            yield DrillNeeded(drill, Subject("system", declared.system), ids, declared=False)
        for target in found:
            planned = plan_drill(drill, target, declared)
            yield DrillNeeded(drill, subject_of(target), ids, why_not=planned if isinstance(planned, Unseen) else None)


def _needed(probes: tuple[Probe, ...], wanted: dict[type[Any], list[str]]) -> Iterable[tuple[Probe, tuple[str, ...]]]:
    """The probes that answer the claims, and those that they want to go first, with the claims that each serves."""
    wanted = {fact: list(ids) for fact, ids in wanted.items()}
    for _ in probes:
        before = sum(map(len, wanted.values()))
        for probe in probes:
            ids = {id for fact in probe.facts for id in wanted.get(fact, ())}
            for fact in probe.after:
                known = wanted.setdefault(fact, [])
                known += sorted(ids - set(known))
        if sum(map(len, wanted.values())) == before:
            break
    for probe in probes:
        ids = {id for fact in probe.facts for id in wanted.get(fact, ())}
        if ids:
            yield probe, tuple(sorted(ids))


def _declaration(declared: Declared) -> str:
    # What only judges and the gate read may change without a new look.
    seen_by_probes = replace(declared, trusted=False, waivers=(), not_applicable=(), gate=GateScope(), owners=())
    return digest(encode(seen_by_probes))


def _context(probe: Probe, declaration: str, build_of: Callable[[str], str]) -> str:
    # A newer version, of ours or of a program that the probe runs, may see more in the same commit.
    by = [__version__, *(build_of(name) for name in (*probe.tools, *probe.optional_tools))]
    return digest({"by": by, "declared": declaration})[:12]


def _why_not(
    probe: Probe,
    about: Any,
    declared: Declared,
    has_tool: Callable[[str], bool],
    owned: Callable[[Any], Unseen | None],
) -> Unseen | None:
    if declared.visitor and not probe.visitor:
        return Unseen(Reason.NOT_PERMITTED, "a bare URL gets only what any visitor's browser does; declare a system")
    if probe.needs_trust and not declared.trusted:
        return Unseen(Reason.NOT_PERMITTED, "this runs something of the repository: prodproof trust, or --trust")
    if probe.permission is not None:
        refused = _unpermitted(probe.permission, about, declared)
        if refused or (refused := owned(about)):
            return refused
    for tool in probe.tools:
        if not has_tool(tool):
            return Unseen(Reason.TOOL_MISSING, f"{tool} is not installed")
    return None


def _unpermitted(permission: Permission, about: Any, declared: Declared) -> Unseen | None:
    if permission not in getattr(about, "allow", frozenset()):
        return Unseen(Reason.NOT_PERMITTED, f'{subject_of(about).name} did not opt in: allow = ["{permission}"]')
    if not declared.trusted:
        return Unseen(Reason.NOT_PERMITTED, "test traffic is sent only with your trust: prodproof trust, or --trust")
    return None
