"""GitHub Actions workflows, with local reusable workflows and composite actions put in their callers' place.

Source: the workflow syntax of GitHub Actions. `on:` is a key like any other here, for all keys are text.
"""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.pipeline import Activity, Forge, Hazard, Job, LongLivedCredential, Pipeline, Trigger
from prodproof.reach.files.placed import PlacedList, PlacedMap, read_documents
from prodproof.reach.pipelines import actions as pipeline_actions
from prodproof.reach.pipelines import credentials as credentials
from prodproof.reach.pipelines.actions import Recognised
from prodproof.reach.pipelines.scripts import ScriptReader, texts_of, unread_of

MAX_WORKFLOW = 1024 * 1024
MAX_JOBS = 500
MAX_STEPS = 1_000
MAX_CALLS = 4
"""Reusable workflows and composite actions inside each other."""

_LISTS_FILES = re.compile(
    r"(tj-actions|step-security)/changed-files@|jitterbit/get-changed-files@|trilom/file-changes-action@|dorny/paths-filter@"
)
_OUTPUT = re.compile(r"\$\{\{\s*steps\.([\w-]+)\.outputs\.([\w-]+)")
OWN_REPOSITORY = ("./", "$/")
"""How a workflow names what lies in its own repository; `$/` is resolved at the running commit (GitHub, 2026-07-30)."""

_NEVER = re.compile(r"^\s*(\$\{\{\s*)?(false|!\s*true|0)(\s*\}\})?\s*$", re.IGNORECASE)


def parse(text: str) -> PlacedMap | Unseen:
    """A workflow or action file's top mapping, or why it is none."""
    if len(text) > MAX_WORKFLOW:
        return Unseen(Reason.INCOMPLETE, f"is larger than {MAX_WORKFLOW // 1024} KB")
    documents = read_documents(text, rendered=True)
    if isinstance(documents, Unseen):
        return documents
    if len(documents) != 1 or not isinstance(documents[0], PlacedMap):
        return Unseen(Reason.INCOMPLETE, "is not one YAML mapping")
    return documents[0]


@dataclass(frozen=True)
class _Around:
    """What a job's steps inherit."""

    directory: str = ""
    pipefail: bool = False
    errexit: bool = True
    weak: str = ""
    condition: str = ""
    index: int = 0


class WorkflowReader:
    """Reads the workflows of one repository."""

    def __init__(self, scripts: ScriptReader) -> None:
        self.scripts = scripts
        self._parsed: dict[str, PlacedMap | Unseen] = {}

    def read(self, path: str, shown: str, text: str) -> Pipeline | Unseen:
        """A workflow as a pipeline, or incomplete: not YAML, or no workflow."""
        top = parse(text)
        if isinstance(top, Unseen):
            return Unseen(top.why, f"the workflow {top.detail}")
        if not isinstance(top.get("jobs"), PlacedMap) or "on" not in top:
            return Unseen(Reason.INCOMPLETE, "the workflow has no jobs or no trigger")
        found: list[LongLivedCredential] = list(_variables(top.map("env")))
        jobs = tuple(self._jobs(top, found, "", 0))
        unique = {(item.provider, item.name): item for item in reversed(found)}
        return Pipeline(
            location=Location(shown),
            forge=Forge.GITHUB,
            name=top.text("name") or posixpath.basename(shown),
            triggers=tuple(_triggers(top["on"])),
            jobs=jobs,
            credentials=tuple(sorted(unique.values(), key=lambda item: (item.line, item.name))),
            hazards=tuple(_pasted_names(top.map("jobs"))) if _takes_strangers(top["on"]) else (),
        )

    def _jobs(self, top: PlacedMap, found: list[LongLivedCredential], prefix: str, depth: int) -> Iterable[Job]:
        declared = top.map("jobs")
        ids = [id for id in declared if isinstance(declared[id], PlacedMap)][:MAX_JOBS]
        called: dict[str, list[Job]] = {}
        for id in ids:
            job = declared.map(id)
            uses = job.text("uses") or ""
            if uses.startswith(OWN_REPOSITORY) and depth < MAX_CALLS:
                called[id] = self._called(job, uses, found, f"{prefix}{id}/", depth)
        for id in ids:
            job = declared.map(id)
            found.extend(_variables(job.map("env")))
            found.extend(_variables(job.map("secrets")))
            needs = tuple(
                name
                for need in job.texts("needs")
                for name in ([inner.id for inner in called[need]] if called.get(need) else [prefix + need])
            )
            if id not in called:
                yield self._job(top, job, prefix + id, declared.at(id), needs, found)
                continue
            for inner in called[id]:
                yield replace(
                    inner,
                    needs=inner.needs or needs,
                    condition=_both(job.text("if") or "", inner.condition),
                    line=declared.at(id),
                    activities=tuple(replace(item, line=declared.at(id)) for item in inner.activities),
                )

    def _called(
        self, job: PlacedMap, uses: str, found: list[LongLivedCredential], prefix: str, depth: int
    ) -> list[Job]:
        top = self._local(uses[2:])
        if isinstance(top, Unseen) or not isinstance(top.get("jobs"), PlacedMap):
            return [Job(prefix.rstrip("/"), job.line, opaque=(uses,), condition=job.text("if") or "")]
        return list(self._jobs(top, found, prefix, depth + 1))

    def _local(self, path: str) -> PlacedMap | Unseen:
        path = posixpath.normpath(path)
        if path not in self._parsed:
            text = self.scripts.read(path)
            missing = Unseen(Reason.INCOMPLETE, "is not there")
            self._parsed[path] = text if isinstance(text, Unseen) else parse(text) if text else missing
        return self._parsed[path]

    def _job(
        self,
        top: PlacedMap,
        job: PlacedMap,
        id: str,
        line: int,
        needs: tuple[str, ...],
        found: list[LongLivedCredential],
    ) -> Job:
        uses = job.text("uses") or ""
        activities: list[Activity] = []
        opaque: list[str] = []
        if uses:
            opaque.append(uses)
            inputs = texts_of(job.map("with"))
            activities = [
                Activity(item.role, item.tool, line, 0, item.weak) for item in pipeline_actions.action(uses, inputs)
            ]
        around = _defaults(_defaults(_Around(), top), job)
        self._steps(job.maps("steps")[:MAX_STEPS], around, activities, opaque, found, 0)
        environment = job.get("environment")
        name = environment.text("name") if isinstance(environment, PlacedMap) else job.text("environment")
        labels = job.texts("runs-on") or job.map("runs-on").texts("labels")
        return Job(
            id=id,
            line=line,
            needs=needs,
            condition=(job.text("if") or "")[:500],
            allow_failure=(job.text("continue-on-error") or "false") not in ("false", "${{ false }}"),
            environment=(name or "")[:200],
            activities=tuple(activities),
            opaque=tuple(dict.fromkeys(opaque)),
            self_hosted="self-hosted" in labels,
        )

    def _steps(
        self,
        steps: list[PlacedMap],
        around: _Around,
        activities: list[Activity],
        opaque: list[str],
        found: list[LongLivedCredential],
        depth: int,
    ) -> None:
        for index, step in enumerate(steps):
            place = index if depth == 0 else around.index
            weak = around.weak or _weak(step)
            condition = _both(around.condition, step.text("if") or "")[:500]
            inputs = texts_of(step.map("with"))
            found.extend(_variables(step.map("env")))
            uses, run = step.text("uses") or "", step.text("run")
            if uses:
                line = step.at("uses")
                found.extend(credentials.of_action(uses, inputs, line))
                recognised = pipeline_actions.action(uses, inputs)
                if uses.split("@")[0] in ("pre-commit/action", "j178/prek-action", "tox-dev/action-pre-commit-uv"):
                    hooks = self.scripts.hooks()
                    recognised += tuple(item for item in hooks if isinstance(item, Recognised))
                    opaque += unread_of(hooks)
                activities += [
                    Activity(item.role, item.tool, line, place, weak or item.weak, condition) for item in recognised
                ]
                if uses.startswith(OWN_REPOSITORY):
                    inherited = replace(around, weak=weak, condition=condition, index=place)
                    self._local_action(uses, line, inherited, activities, opaque, found, depth)
            elif run is not None:
                line = step.at("run") + (1 if "\n" in run else 0)
                found.extend(credentials.of_expression(run, line))
                within = _shell(around, step.text("shell"))
                directory = step.text("working-directory")
                followed = self.scripts.activities(
                    run,
                    line,
                    place,
                    directory=within.directory if directory is None or "${{" in directory else directory,
                    pipefail=within.pipefail,
                    errexit=within.errexit,
                    weak=weak,
                    condition=condition,
                )
                activities += followed.activities
                opaque += followed.opaque

    def _local_action(
        self,
        uses: str,
        line: int,
        around: _Around,
        activities: list[Activity],
        opaque: list[str],
        found: list[LongLivedCredential],
        depth: int,
    ) -> None:
        folder = uses[2:]
        for name in ("action.yml", "action.yaml"):
            top = self._local(posixpath.join(folder, name))
            if isinstance(top, Unseen):
                continue
            if depth < MAX_CALLS:
                inner: list[Activity] = []
                steps = top.map("runs").maps("steps")[:MAX_STEPS]
                self._steps(steps, replace(around, directory=""), inner, opaque, found, depth + 1)
                activities.extend(replace(item, line=line) for item in inner)
            return
        opaque.append(uses)


def _takes_strangers(on: Any) -> bool:
    return any(trigger.event.startswith("pull_request") for trigger in _triggers(on))


def _pasted_names(jobs: PlacedMap) -> Iterable[Hazard]:
    """Names of changed files, which a stranger chooses, pasted into a script (GHSL-2023-271)."""
    for id in jobs:
        steps = jobs.map(id).maps("steps")[:MAX_STEPS]
        listing = {step.text("id") for step in steps if _LISTS_FILES.match(step.text("uses") or "")} - {None}
        for step in steps:
            for name, output in _OUTPUT.findall(step.text("run") or ""):
                if name in listing and ("file" in output or output == "all"):
                    what = f"job {id} pastes names of changed files into a script (steps.{name}.outputs.{output})"
                    yield Hazard("untrusted-input", what, step.at("run"), f"{id}:{name}")
                    break


def _triggers(on: Any) -> Iterable[Trigger]:
    if isinstance(on, str):
        yield Trigger(on)
    elif isinstance(on, PlacedList):
        yield from (Trigger(event) for event in on if isinstance(event, str))
    elif isinstance(on, PlacedMap):
        for event in on:
            filters = on.map(event)
            yield Trigger(
                event=event,
                branches=filters.texts("branches"),
                tags_only=event == "push" and bool(filters.texts("tags")) and not filters.texts("branches"),
                types=filters.texts("types"),
                workflows=filters.texts("workflows"),
            )


def _variables(env: PlacedMap) -> Iterable[LongLivedCredential]:
    for name in env:
        if value := env.text(name):
            yield from credentials.of_variable(name, value, env.at(name))


def _weak(step: PlacedMap) -> str:
    if (step.text("continue-on-error") or "false") not in ("false", "${{ false }}"):
        return "continue-on-error"
    if _NEVER.match(step.text("if") or ""):
        return "if: false, so that it never runs"
    return ""


def _defaults(around: _Around, level: PlacedMap) -> _Around:
    run = level.map("defaults").map("run")
    directory = run.text("working-directory")
    around = _shell(around, run.text("shell"))
    return replace(around, directory=directory) if directory and "${{" not in directory else around


def _shell(around: _Around, shell: str | None) -> _Around:
    # https://docs.github.com/actions/reference/workflow-syntax: without `shell:` it is `bash -e`, with it pipefail too.
    if shell is None:
        return around
    if shell.strip() == "bash":
        return replace(around, pipefail=True, errexit=True)
    custom = "{0}" in shell
    return replace(around, pipefail="pipefail" in shell, errexit=not custom or bool(re.search(r"\s-\w*e", shell)))


def _both(first: str, second: str) -> str:
    return f"({first}) && ({second})" if first and second else first or second
