"""GitHub workflows and actions, audited with zizmor."""

from prodproof.facts import Location, Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.pipeline import WorkflowAudit
from prodproof.probes.pipelines import WORKFLOWS
from prodproof.probes.probe import probe
from prodproof.reach.files.placed import PlacedMap
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.pipelines.github_workflows import parse
from prodproof.reach.scanners.zizmor import Audit, audit
from prodproof.reach.world import World

ACTIONS = ("action.yml", "action.yaml", ".github/**/action.yml", ".github/**/action.yaml", "actions/**/action.y*ml")
_SECONDS = 120.0


@probe(WorkflowAudit, per=Repository, proof=Proof.INSIDE, time_limit=180.0, tools=("zizmor",), by_commit=True)
def observe(about: Repository, world: World) -> Survey[WorkflowAudit]:
    """One observation for each workflow and action file."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        return lost(WorkflowAudit, reader.why, reader.detail)
    workflows, actions = reader.glob(*WORKFLOWS), reader.glob(*ACTIONS)
    if not workflows and not actions:
        return Survey(WorkflowAudit, (), reader.gaps)
    program = world.tools("zizmor")
    read = {path: reader.data(path) for path in (*workflows, *actions)}
    answer: Audit | Unseen = Unseen(Reason.TOOL_MISSING, "zizmor is not installed")
    if program:
        answer = audit(program, _readable(workflows, read), _readable(actions, read), _SECONDS)
    observations = tuple(_observation(path, read[path], answer, reader, world) for path in read)
    return Survey(WorkflowAudit, observations, reader.gaps)


def _readable(paths: tuple[str, ...], read: dict[str, bytes | Unseen]) -> dict[str, bytes]:
    return {path: data for path in paths if not isinstance(data := read[path], Unseen)}


def _observation(
    path: str, data: bytes | Unseen, answer: Audit | Unseen, reader: RepositoryReader, world: World
) -> Observation[WorkflowAudit]:
    name = shown(path)
    seen: WorkflowAudit | Unseen
    if isinstance(data, Unseen):
        seen = data
    elif isinstance(answer, Unseen):
        seen = answer
    elif path not in answer.files:
        seen = Unseen(Reason.INCOMPLETE, "zizmor cannot parse this workflow")
    elif isinstance(found := answer.files[path], Unseen):
        seen = found
    else:
        seen = WorkflowAudit(Location(name), answer.version, found, _self_hosted(data))
    return world.inside(Subject("workflow", name), seen, reader.commit)


def _self_hosted(data: bytes) -> tuple[str, ...]:
    top = parse(data.decode("utf-8", "replace"))
    if isinstance(top, Unseen):
        return ()
    jobs = top.map("jobs")
    found = []
    for id in jobs:
        job = jobs.map(id)
        runs_on = job.get("runs-on")
        labels = runs_on.texts("labels") if isinstance(runs_on, PlacedMap) else job.texts("runs-on")
        if "self-hosted" in labels or (isinstance(runs_on, PlacedMap) and "group" in runs_on):
            found.append(id)
    return tuple(found)
