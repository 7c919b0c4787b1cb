"""GitLab CI configurations: local includes, `extends`, `!reference`, defaults and rules worked out.

Source: the keyword reference of `.gitlab-ci.yml`.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.pipeline import Activity, Forge, Hazard, Job, LongLivedCredential, Pipeline, Role, Trigger
from prodproof.reach.files.placed import PlacedList, PlacedMap, read_documents
from prodproof.reach.pipelines import actions as pipeline_actions
from prodproof.reach.pipelines import credentials as credentials
from prodproof.reach.pipelines.scripts import ScriptReader
from prodproof.reach.pipelines.shell import MAX_SCRIPT

MAX_JOBS = 1_000
MAX_INCLUDES = 150
"""GitLab's own bound."""

MAX_EXTENDS = 11
MAX_LINES = 5_000
MAX_VISITS = 200_000
"""Lists within scripts: a few anchors can stand for millions."""

MAX_MERGED = 2
MAX_TEXT = 1024 * 1024
_RESERVED = {
    "stages",
    "default",
    "include",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
    "pages:deploy",
}
_DEFAULTS = ("before_script", "after_script", "image", "services", "tags")
_STAGES = (".pre", "build", "test", "deploy", ".post")
_UNTRUSTED = re.compile(
    r"\$\{?CI_(COMMIT_(MESSAGE|TITLE|DESCRIPTION|REF_NAME|BRANCH|AUTHOR)|MERGE_REQUEST_(TITLE|DESCRIPTION|SOURCE_BRANCH_NAME))\b"
)
_EVALUATES = re.compile(r"\beval\b|\b(ba|da|z)?sh\s+-\w*c\b|\bpython3?\s+-c\b|\bssh\s|\benvsubst\b.*\|\s*(ba)?sh\b")
_TEMPLATES: tuple[tuple[str, Role], ...] = (
    (r"(^|/)SAST(-IaC)?(\.latest)?\.gitlab-ci\.yml$|^components/sast", Role.STATIC_ANALYSIS),
    (r"Secret-Detection(\.latest)?\.gitlab-ci\.yml$|secret-detection", Role.SECRET_DETECTION),
    (r"Dependency-Scanning(\.latest|\.v2)?\.gitlab-ci\.yml$|dependency-scanning", Role.DEPENDENCY_SCAN),
    (r"Container-Scanning(\.latest)?\.gitlab-ci\.yml$|container-scanning", Role.VULNERABILITY_SCAN),
)
_BY_TEMPLATE = "GitLab's template lets it fail (allow_failure: true)"


def read(path: str, text: str, scripts: ScriptReader, matching: Callable[[str], Iterable[str]]) -> Pipeline | Unseen:
    """A GitLab CI configuration with its local includes.

    Args:
        path: of the configuration, as it is shown.
        text: its content.
        scripts: reads the repository's files.
        matching: files that a local include's path (with `*` and `**`) names.
    """
    reader = _Reader(scripts, matching)
    why = reader.merge(text, path, 0)
    if why:
        return why
    return reader.pipeline(path)


class _Reader:
    def __init__(self, scripts: ScriptReader, matching: Callable[[str], Iterable[str]]) -> None:
        self.scripts = scripts
        self.matching = matching
        self.top: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.opaque: list[str] = []
        self.synthetic: list[Job] = []
        self.hazards: list[Hazard] = []
        self.credentials: list[LongLivedCredential] = []
        self.included = 0
        self.visited = 0
        self.resolved: dict[str, dict[str, Any]] = {}

    def merge(self, text: str, path: str, depth: int) -> Unseen | None:
        if len(text) > MAX_TEXT:
            return Unseen(Reason.INCOMPLETE, f"{path} is larger than {MAX_TEXT // 1024} KB")
        documents = read_documents(text, rendered=True)
        if isinstance(documents, Unseen):
            return Unseen(documents.why, f"{path} {documents.detail}")
        mappings = [document for document in documents if isinstance(document, PlacedMap)]
        if not mappings or len(mappings) != len(documents):
            return Unseen(Reason.INCOMPLETE, f"{path} is not a YAML mapping")
        top = mappings[-1]  # a first document may be the `spec` header of a component
        for include in _each(top.get("include")):
            if why := self._include(include, top.at("include"), depth):
                return why
        for key, value in top.items():
            known = self.top.get(key)
            self.top[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, PlacedMap) else value
            self.lines[key] = top.at(key) if depth == 0 else self.lines.get(key, 1)
        return None

    def _include(self, include: Any, line: int, depth: int) -> Unseen | None:
        entry = include if isinstance(include, PlacedMap) else None
        local = entry.text("local") if entry else include if isinstance(include, str) and "://" not in include else None
        if entry:
            line = entry.line
        if local:
            return self._local(local, depth)
        remote = entry.text("remote") if entry else include if isinstance(include, str) else None
        if remote:
            if not (entry and entry.text("integrity")):
                where = re.sub(r"^\w+://([^/@]*@)?([^/]+).*", r"\2", remote)[:100]
                what = (
                    f"includes a file from {where} without an integrity hash: whoever controls it runs in this pipeline"
                )
                self.hazards.append(Hazard("unpinned-remote-include", what, line, where))
            self.opaque.append(f"remote include ({re.sub(r'//[^/@]*@|[?#].*', '//', remote)[:200].rstrip('/')})")
            return None
        named = next(
            (value for key in ("template", "component", "project") if entry and (value := entry.text(key))), ""
        )
        role = next((role for pattern, role in _TEMPLATES if re.search(pattern, named)), None)
        if role:
            activity = Activity(role, named.rpartition("/")[2], line, 0, _BY_TEMPLATE)
            self.synthetic.append(Job(f"include {named[:100]}", line, allow_failure=True, activities=(activity,)))
        elif named:
            self.opaque.append(named[:200])
        return None

    def _local(self, local: str, depth: int) -> Unseen | None:
        paths = list(self.matching(local.lstrip("/")))
        if not paths:
            self.opaque.append(local[:200])
        for path in paths:
            self.included += 1
            if depth > 10 or self.included > MAX_INCLUDES:
                return Unseen(Reason.INCOMPLETE, f"more than {MAX_INCLUDES} includes")
            text = self.scripts.read(path)
            if isinstance(text, Unseen):
                return text
            if why := self.merge(text, path, depth + 1):
                return why
        return None

    def pipeline(self, path: str) -> Pipeline:
        default = self.top.get("default")
        default = default if isinstance(default, dict) else {}
        defaults = {key: value for key in _DEFAULTS if (value := self.top.get(key, default.get(key))) is not None}
        listed = [stage for stage in _each(self.top.get("stages")) if isinstance(stage, str)] or list(_STAGES[1:4])
        stages = [".pre", *[stage for stage in listed if stage not in (".pre", ".post")], ".post"]
        ids = [
            key
            for key, value in self.top.items()
            if key not in _RESERVED and not key.startswith(".") and isinstance(value, dict)
        ][:MAX_JOBS]
        bodies = {id: {**defaults, **self._extended(self.top[id], 0)} for id in ids}
        stage_of = {
            id: stages.index(stage) if (stage := str(body.get("stage", "test"))) in stages else 2
            for id, body in bodies.items()
        }
        self._script_credentials(self.top.get("variables"), path)
        jobs = tuple(self._job(id, bodies[id], self._needs(id, bodies, stage_of)) for id in ids)
        unique = {(item.provider, item.name): item for item in reversed(self.credentials)}
        return Pipeline(
            location=Location(path),
            forge=Forge.GITLAB,
            name=path,
            triggers=(Trigger("pipeline"),),
            jobs=(*jobs, *self.synthetic),
            credentials=tuple(sorted(unique.values(), key=lambda item: (item.line, item.name))),
            hazards=tuple(self.hazards),
            opaque=tuple(dict.fromkeys(self.opaque)),
        )

    def _extended(self, body: dict[str, Any], depth: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for parent in _each(body.get("extends")):
            base = self.top.get(parent) if isinstance(parent, str) else None
            if not isinstance(base, dict) or depth >= MAX_EXTENDS:
                continue
            if parent not in self.resolved:
                self.resolved[parent] = {}  # what extends itself ends here
                self.resolved[parent] = self._extended(base, depth + 1)
            merged = _merged(merged, self.resolved[parent])
        return _merged(merged, {key: value for key, value in body.items() if key != "extends"})

    def _needs(self, id: str, bodies: dict[str, dict[str, Any]], stage_of: dict[str, int]) -> tuple[str, ...]:
        needs = bodies[id].get("needs")
        if isinstance(needs, list):
            names = [need.get("job") if isinstance(need, dict) else need for need in needs]
            return tuple(name for name in names if isinstance(name, str))
        return tuple(other for other in bodies if stage_of[other] < stage_of[id])

    def _job(self, id: str, body: dict[str, Any], needs: tuple[str, ...]) -> Job:
        line = self.lines.get(id, 1)
        activities: list[Activity] = []
        script = "\n".join(self._script(body, key) for key in ("before_script", "script"))[: MAX_SCRIPT + 1]
        rules = [rule for rule in _each(body.get("rules")) if isinstance(rule, dict)]
        when = str(body.get("when", ""))
        if not when and rules:
            whens = {str(rule.get("when", "on_success")) for rule in rules}
            when = whens.pop() if len(whens) == 1 else "manual" if whens == {"manual", "never"} else ""
        never = when == "never"
        weak = "when: never, so that it never runs" if never else ""
        followed = self.scripts.activities(script, line, 0, pipefail=True, weak=weak)
        activities += [
            Activity(item.role, item.tool, line, item.line - line, item.weak) for item in followed.activities
        ]
        image = body.get("image")
        name = str(image.get("name", "")) if isinstance(image, dict) else str(image or "")
        activities += [
            Activity(item.role, item.tool, line, 0, weak)
            for item in pipeline_actions.image(name)
            if not any(known.role is item.role for known in activities)
        ]
        self._hazards(id, body, script, line)
        self.credentials += credentials.of_gitlab(script, line)
        self._script_credentials(body.get("variables"), id)
        environment = body.get("environment")
        action = str(environment.get("action", "start")) if isinstance(environment, dict) else "start"
        shown = str(environment.get("name", "")) if isinstance(environment, dict) else str(environment or "")
        allowed = body.get("allow_failure", when == "manual" and not rules)
        return Job(
            id=id,
            line=line,
            needs=needs,
            condition={"always": "always", "never": "never", "on_failure": "on_failure"}.get(when, ""),
            allow_failure=allowed is True or isinstance(allowed, dict),
            manual=when == "manual",
            environment=shown[:200] if action in ("start", "") else "",
            activities=tuple(activities),
            opaque=(
                *(str(item)[:200] for item in _each(body.get("trigger")) if isinstance(item, str)),
                *followed.opaque,
            ),
            on_change=not never and _on_change(body, rules),
        )

    def _script(self, body: dict[str, Any], key: str) -> str:
        return "\n".join(self._flat(body.get(key), 0))

    def _flat(self, value: Any, depth: int) -> list[str]:
        if isinstance(value, str):
            return [value]
        self.visited += 1
        if not isinstance(value, list) or depth > 10 or self.visited > MAX_VISITS:
            return []
        if getattr(value, "tag", "") == "!reference":
            at: Any = self.top
            for part in value:
                at = at.get(part) if isinstance(at, dict) and isinstance(part, str) else None
            return self._flat(at, depth + 1)
        lines: list[str] = []
        for item in value:
            if len(lines) > MAX_LINES:
                break
            lines += self._flat(item, depth + 1)
        return lines

    def _script_credentials(self, variables: Any, key: str) -> None:
        if isinstance(variables, PlacedMap):
            for name in variables:
                self.credentials += credentials.of_gitlab(
                    variables.text(name) or "", self.lines.get(key, variables.line)
                )

    def _hazards(self, id: str, body: dict[str, Any], script: str, line: int) -> None:
        for text in script.splitlines()[:MAX_LINES]:
            if _EVALUATES.search(text) and (match := _UNTRUSTED.search(text)):
                name = match[0].strip("${")
                what = f"job {id} has a shell evaluate ${name}, which whoever opens a merge request chooses"
                self.hazards.append(Hazard("untrusted-input", what, line, f"{id}:{name}"))
        for service in _each(body.get("services")):
            name = str(service.get("name", "")) if isinstance(service, dict) else str(service)
            if re.match(r"(.*/)?docker:(.*-)?dind|(.*/)?docker:.*dind", name[:300]):
                what = f"job {id} runs docker-in-docker, for which its runner must be privileged"
                self.hazards.append(Hazard("privileged-runner", what, line, id))
        variables = body.get("variables")
        if isinstance(variables, dict) and str(variables.get("CI_DEBUG_TRACE", "")).lower() in ("true", "1"):
            self.hazards.append(Hazard("debug-trace", f"job {id} prints every variable (CI_DEBUG_TRACE)", line, id))


def _on_change(body: dict[str, Any], rules: list[dict[str, Any]]) -> bool:
    """Whether a job runs in branch or merge request pipelines in general, as far as its rules say it."""
    if rules:
        for rule in rules:
            text = str(rule.get("if", ""))
            if str(rule.get("when", "")) in ("never", "manual"):
                continue
            if not text or "merge_request" in text.lower() or "CI_OPEN_MERGE_REQUESTS" in text:
                return True
            if "CI_COMMIT_BRANCH" in text and not re.search(r"CI_DEFAULT_BRANCH|==|=~", text):
                return True
        return False
    only = body.get("only")
    refs = only.get("refs") if isinstance(only, dict) else only
    names = {str(item) for item in _each(refs)}
    return not names or bool(names & {"branches", "merge_requests"})


def _each(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, PlacedList) and not value.tag else [value]


def _merged(base: dict[str, Any], over: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        both = isinstance(known, dict) and isinstance(value, dict) and depth < MAX_MERGED
        result[key] = _merged(known, value, depth + 1) if both and known is not None else value
    return result
