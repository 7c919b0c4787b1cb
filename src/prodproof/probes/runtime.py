"""Dockerfiles, compose files and systemd units: with which rights things run, and how releases replace them."""

import re
from collections.abc import Iterator
from typing import Any

from prodproof.facts import Location, Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.runtime import ComposeService, EcsService, ImageUser, SystemdUnit
from prodproof.probes import _files
from prodproof.probes._compose import compose_files, services
from prodproof.probes.probe import probe
from prodproof.reach.files.dockerfile import Dockerfile, is_dockerfile, parse_dockerfile, replaced
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.files.terraform import Block, plain, read_resources
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

FACTS = (ImageUser, ComposeService, SystemdUnit, EcsService)
_HANDOVER = re.compile(r"\b(gosu|su-exec|setpriv|s6-setuidgid|runuser|chroot --userspec|exec su |tini-su|suexec)\b")
_INSTALL = re.compile(r"(?:install|add)(.*)")
_GOSU = re.compile(r"\b(gosu|su-exec)\b")
_PLATFORM = re.compile(r"^[ \t]*kind:[ \t]*[\"']?(Deployment|StatefulSet|Rollout)\b", re.MULTILINE)
_ECS = re.compile(r"aws_ecs_service|AWS::ECS::Service")


@probe(*FACTS, per=Repository, proof=Proof.INSIDE, by_commit=True, time_limit=60)
def observe(repository: Repository, world: World) -> tuple[Survey[Any], ...]:
    """Read what the repository says of running programs; files that cannot be read are unseen subjects."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return tuple(lost(fact, reader.why, reader.detail) for fact in FACTS)
    commit = reader.commit
    found: dict[type[Any], list[Observation[Any]]] = {
        ImageUser: [world.inside(subject, seen, commit) for subject, seen in _images(reader)],
        ComposeService: [world.inside(subject, seen, commit) for subject, seen in _compose(reader)],
        SystemdUnit: [world.inside(subject, seen, commit) for subject, seen in _units(reader)],
        EcsService: [world.inside(subject, seen, commit) for subject, seen in _ecs(reader)],
    }
    return tuple(Survey(fact, tuple(found[fact]), reader.gaps) for fact in FACTS)


def _images(reader: RepositoryReader) -> Iterator[tuple[Subject, ImageUser | Unseen]]:
    for path in reader.files:
        if not is_dockerfile(path) or _files.is_sample(path) or _files.is_for_development(path):
            continue
        subject = Subject("file", shown(path))
        text = reader.text(path)
        parsed = parse_dockerfile(text) if isinstance(text, str) else text
        if isinstance(parsed, Unseen):
            yield subject, Unseen(parsed.why, f"{shown(path)}: {parsed.detail}")
        else:
            yield subject, _image(parsed, shown(path))


def _image(file: Dockerfile, path: str) -> ImageUser:
    index: int | None = len(file.stages) - 1
    arguments: dict[str, str | None] = dict(file.arguments)
    written, line, handover, base = None, file.stages[-1].line, False, ""
    while index is not None:
        stage = file.stages[index]
        base = stage.image or ""
        local = arguments | {name: value for item in stage.instructions if item.name in ("ARG", "ENV")
                             for name, value in _assigned(item.value)}  # fmt: skip
        for item in stage.instructions:
            entry = item.name in ("ENTRYPOINT", "CMD") or (item.name == "RUN" and "entrypoint" in item.value)
            handover |= entry and bool(_HANDOVER.search(item.value + " ".join(item.heredocs)))
            handover |= item.name == "RUN" and _installs_handover(item.value)
        users = [item for item in stage.instructions if item.name == "USER"]
        if users:
            written, line = users[-1].value.split("#")[0].strip(), users[-1].line
            user = replaced(written, local)
            place = Location(path, line)
            return ImageUser(user=user, base=base, drops_rights=handover, resolved=user is not None, location=place)
        index = stage.parent
    return ImageUser(user=None, base=base, drops_rights=handover, location=Location(path, line))


def _installs_handover(command: str) -> bool:
    return any(_GOSU.search(command, *match.span(1)) for match in _INSTALL.finditer(command))


def _assigned(value: str) -> Iterator[tuple[str, str | None]]:
    for match in re.finditer(r"([A-Za-z_]\w*)(?:=(\"[^\"]*\"|'[^']*'|\S*))?", value):
        yield match[1], match[2].strip("\"'") if match[2] is not None else None


def _compose(reader: RepositoryReader) -> Iterator[tuple[Subject, ComposeService | Unseen]]:
    other: bool | None = None
    for name, documents in compose_files(reader):
        if isinstance(documents, Unseen):
            yield Subject("file", name), documents
            continue
        if other is None:
            other = _has_platform(reader)
        for service in services(documents, name, other):
            yield Subject("service", f"{name} {service.name}"), service


def _has_platform(reader: RepositoryReader) -> bool:
    return any(
        isinstance(text, str)
        for _, text in (
            *_files.texts(reader, *_files.YAML, having=_PLATFORM),
            *_files.texts(reader, "**/*.tf", *_files.MANIFESTS, having=_ECS),
        )
    )


def _units(reader: RepositoryReader) -> Iterator[tuple[Subject, SystemdUnit | Unseen]]:
    for path in reader.glob("**/*.service"):
        if _files.is_sample(path):
            continue
        text = reader.text(path)
        if isinstance(text, Unseen):
            yield Subject("file", shown(path)), text
        elif "[Service]" in text:
            yield Subject("file", shown(path)), _unit(text, path)


def _unit(text: str, path: str) -> SystemdUnit | Unseen:
    if "{{" in text or "{%" in text:
        return Unseen(Reason.INCOMPLETE, f"{shown(path)} is a template that has not been rendered")
    said: dict[str, list[str]] = {}
    section, line_of = "", 1
    for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped
            line_of = number if section == "[Service]" else line_of
        elif section == "[Service]" and "=" in stripped and stripped[0] not in "#;":
            key, _, value = stripped.partition("=")
            said.setdefault(key.strip(), []).append(value.strip())

    def last(key: str) -> str:
        return said.get(key, [""])[-1]

    bounded = " ".join(said.get("CapabilityBoundingSet", []))
    return SystemdUnit(
        name=shown(path.rpartition("/")[2]),
        user=last("User") or None,
        dynamic_user=last("DynamicUser").lower() in ("yes", "true", "1", "on"),
        capabilities=_capabilities(bounded)
        if "CapabilityBoundingSet" in said and not bounded.startswith("~")
        else None,
        ambient=_capabilities(" ".join(said.get("AmbientCapabilities", []))),
        no_new_privileges=last("NoNewPrivileges").lower() in ("yes", "true", "1", "on"),
        one_shot=last("Type") == "oneshot",
        location=Location(shown(path), line_of),
    )


def _capabilities(text: str) -> tuple[str, ...]:
    return tuple(name.upper().removeprefix("CAP_") for name in text.split() if not name.startswith("~"))


def _ecs(reader: RepositoryReader) -> Iterator[tuple[Subject, EcsService | Unseen]]:
    for path, text in _files.texts(reader, "**/*.tf", "**/*.tofu", having="aws_ecs_service"):
        blocks = read_resources(text) if isinstance(text, str) else text
        if isinstance(blocks, Unseen):
            yield Subject("file", shown(path)), Unseen(blocks.why, f"{shown(path)} {blocks.detail}")
            continue
        for block in blocks:
            if block.type == "aws_ecs_service":
                yield Subject("service", f"{shown(path)} {block.name}"), _ecs_block(block, shown(path))
    for path, text in _files.texts(reader, *_files.MANIFESTS, "**/*.template", having="AWS::ECS::Service"):
        documents = read_documents(text) if isinstance(text, str) else text
        if isinstance(documents, Unseen):
            yield Subject("file", shown(path)), Unseen(documents.why, f"{shown(path)} {documents.detail}")
            continue
        for mapping in (item for document in documents for item in walk(document)):
            for name in mapping:
                if mapping.map(name).get("Type") == "AWS::ECS::Service":
                    place = Location(shown(path), mapping.at(name))
                    properties = mapping.map(name).map("Properties")
                    yield Subject("service", f"{shown(path)} {name}"), _ecs_resource(name, properties, place)


def _ecs_block(block: Block, path: str) -> EcsService:
    breaker, alarms = block.first("deployment_circuit_breaker"), block.first("alarms")
    healthy = block.text("deployment_minimum_healthy_percent")
    return EcsService(
        name=block.name,
        controller=plain(block.first("deployment_controller").get("type")) or "ECS",
        circuit_breaker=plain(breaker.get("enable")) == "true",
        rolls_back=plain(breaker.get("rollback")) == "true",
        alarms=plain(alarms.get("enable")) == "true",
        minimum_healthy=int(healthy) if healthy and healthy.isdecimal() and len(healthy) < 6 else None,
        location=Location(path, block.line),
    )


def _ecs_resource(name: str, properties: PlacedMap, place: Location) -> EcsService:
    settings = properties.map("DeploymentConfiguration")
    breaker = settings.map("DeploymentCircuitBreaker")
    healthy = settings.get("MinimumHealthyPercent")
    return EcsService(
        name=name,
        controller=properties.map("DeploymentController").text("Type") or "ECS",
        circuit_breaker=breaker.get("Enable") is True,
        rolls_back=breaker.get("Rollback") is True,
        alarms=settings.map("Alarms").get("Enable") is True,
        minimum_healthy=healthy if isinstance(healthy, int) else None,
        location=place,
    )
