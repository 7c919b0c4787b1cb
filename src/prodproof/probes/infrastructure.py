"""Infrastructure as code: terraform, CloudFormation and Kubernetes by checkov, nginx and compose by ourselves."""

import re
from collections.abc import Iterator, Sequence

from prodproof.facts import Location, Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.infrastructure import Flaw, InfrastructureFile, InfrastructureKind
from prodproof.probes import _files
from prodproof.probes._compose import compose_files, services
from prodproof.probes._nginx_rules import flaws
from prodproof.probes._severe_checks import is_severe
from prodproof.probes.probe import probe
from prodproof.reach.files.kube_objects import may_hold_objects
from prodproof.reach.files.nginx import read_nginx
from prodproof.reach.files.placed import read_documents
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.scanners.checkov import FailedCheck, scan
from prodproof.reach.world import World

NGINX = (
    "**/*.conf",
    "**/nginx*",
    "**/sites-available/*",
    "**/sites-enabled/*",
    "**/*.nginx",
    "**/*.vhost",
    "**/*.conf.*",
)
TERRAFORM = ("**/*.tf", "**/*.tofu", "**/*.tf.json")
CLOUDFORMATION = (*_files.MANIFESTS, "**/*.template")
_NGINX_TEXT = re.compile(
    r"^[ \t]*(server[ \t]*\{|location[ \t][^;{\n]{1,500}\{|upstream[ \t]+\S{1,200}[ \t]*\{|proxy_pass\s|http[ \t]*\{"
    r"|add_header[ \t]+\S{1,200}\s|listen\s+[\d\[][^;\n]*;)",
    re.MULTILINE,
)
STACK = re.compile(r"AWSTemplateFormatVersion|[\"']?Type[\"']?\s*:\s*[\"']?AWS::\w+::\w+")
_KIND = re.compile(r"^kind:[ \t]*[\"']?(\w+)", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
NO_TOOL = "checkov is not installed; `uv tool install checkov` (or pipx) in an environment of its own"
OURS = "prodproof"


@probe(
    InfrastructureFile,
    per=Repository,
    proof=Proof.INSIDE,
    optional_tools=("checkov",),
    by_commit=True,
    time_limit=300,
)
def observe(repository: Repository, world: World) -> Survey[InfrastructureFile]:
    """Every infrastructure file with its flaws; files that no scanner could read are unseen."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(InfrastructureFile, reader.why, reader.detail)
    commit = reader.commit
    seen: list[Observation[InfrastructureFile]] = [
        world.inside(subject, fact, commit)
        for subject, fact in (*_nginx(reader), *_compose(reader), *_scanned(reader, world))
    ]
    return Survey(InfrastructureFile, tuple(seen), reader.gaps)


Found = tuple[Subject, InfrastructureFile | Unseen]


def _nginx(reader: RepositoryReader) -> Iterator[Found]:
    for path, text in _files.texts(reader, *NGINX):
        name = shown(path)
        subject = Subject("file", name)
        if isinstance(text, Unseen):
            yield subject, text
            continue
        if path.endswith(
            (".py", ".md", ".sh", ".json", ".yml", ".yaml", ".html", ".js", ".ts", ".png", ".svg", ".txt")
        ):
            continue
        if not _NGINX_TEXT.search(text):
            continue
        if _TEMPLATE.search(text):
            yield subject, Unseen(Reason.INCOMPLETE, f"{name} is a template that has not been rendered")
            continue
        root = read_nginx(text)
        if isinstance(root, Unseen):
            yield subject, Unseen(root.why, f"{name}: {root.detail}")
            continue
        found, doubt = flaws(root)
        yield subject, _file(InfrastructureKind.NGINX, OURS, name, found, doubt)


def _compose(reader: RepositoryReader) -> Iterator[Found]:
    for name, documents in compose_files(reader):
        if isinstance(documents, Unseen):
            yield Subject("file", name), documents
            continue
        found: list[Flaw] = []
        for service in services(documents, name, other_platform=False):
            said = [("compose-privileged", "runs privileged")] if service.privileged else []
            said += [("compose-host-mount", f"mounts the host's {mount}") for mount in service.mounts]
            said += [
                ("compose-host-namespace", f"shares the host's {kind} namespace") for kind in service.host_namespaces
            ]
            about = f"service {service.name}"
            found += [Flaw(check=check, title=title, about=about, line=service.location.line) for check, title in said]
        yield Subject("file", name), _file(InfrastructureKind.COMPOSE, OURS, name, tuple(found))


def _file(
    kind: InfrastructureKind, scanner: str, name: str, found: tuple[Flaw, ...], unjudged: str = ""
) -> InfrastructureFile:
    return InfrastructureFile(kind=kind, scanner=scanner, flaws=found, unjudged=unjudged, location=Location(name, None))


def _scanned(reader: RepositoryReader, world: World) -> Iterator[Found]:
    kinds: dict[str, InfrastructureKind] = {}
    unread: dict[str, Unseen] = {}
    for path, kind, why in _candidates(reader):
        if why:
            unread[path] = why
        else:
            kinds[path] = kind
    for path, why in unread.items():
        yield Subject("file", shown(path)), why
    if not kinds:
        return
    program = world.tools("checkov")
    frameworks = sorted({kind.value for kind in kinds.values()})
    world.progress(f"checkov over {len(kinds)} infrastructure files")
    answer = scan(program, reader, tuple(kinds), frameworks) if program else Unseen(Reason.TOOL_MISSING, NO_TOOL)
    if isinstance(answer, Unseen):
        yield from ((Subject("file", shown(path)), answer) for path in kinds)
        return
    for path, kind in kinds.items():
        subject, name = Subject("file", shown(path)), shown(path)
        if path in answer.unread:
            yield subject, Unseen(Reason.INCOMPLETE, f"checkov could not read {name}")
            continue
        mine = tuple(item for item in answer.failed if item.path == path)
        yield subject, _file(kind, f"checkov {answer.version}", name, tuple(_flaws(mine)))


def _flaws(failed: Sequence[FailedCheck]) -> Iterator[Flaw]:
    for item in sorted(failed, key=lambda one: (one.line or 0, one.check)):
        title = f"{item.title} (skipped by a comment)" if item.skipped else item.title
        severe = is_severe(item.check, item.title)
        yield Flaw(check=item.check, title=title, about=item.resource, severe=severe, line=item.line)


def _candidates(reader: RepositoryReader) -> Iterator[tuple[str, InfrastructureKind, Unseen | None]]:
    charts = {path.rpartition("/")[0] for path in reader.glob("**/Chart.yaml", "**/Chart.yml")}
    for path, text in _files.texts(reader, *TERRAFORM):
        yield path, InfrastructureKind.TERRAFORM, text if isinstance(text, Unseen) else None
    for path, text in _files.texts(reader, *CLOUDFORMATION):
        if isinstance(text, Unseen):
            yield path, InfrastructureKind.KUBERNETES, text
            continue
        stack = STACK.search(text) is not None
        if not stack and (not may_hold_objects(text) or _only_definitions(text)):
            continue
        kind = InfrastructureKind.CLOUDFORMATION if stack else InfrastructureKind.KUBERNETES
        in_chart = any(path.startswith(f"{chart}/templates/".lstrip("/")) for chart in charts)
        if in_chart and "{{" in text:
            yield path, kind, Unseen(Reason.INCOMPLETE, f"{shown(path)} belongs to a chart that is not rendered")
            continue
        documents = read_documents(text)
        unreadable = (
            Unseen(documents.why, f"{shown(path)} {documents.detail}") if isinstance(documents, Unseen) else None
        )
        yield path, kind, unreadable


def _only_definitions(text: str) -> bool:
    # CustomResourceDefinitions are schemas of thousands of lines in which there is nothing to misconfigure.
    kinds = set(_KIND.findall(text))
    return kinds == {"CustomResourceDefinition"}
