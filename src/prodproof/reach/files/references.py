"""Images, actions, modules and hooks that configuration files name, with the versions they ask for."""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from prodproof.facts import Unseen
from prodproof.facts.references import Reference, ReferenceKind
from prodproof.reach.files.dockerfile import Dockerfile, Instruction, Stage, is_dockerfile, parse_dockerfile
from prodproof.reach.files.dockerfile import replaced as replaced_arguments
from prodproof.reach.files.install_commands import installed_packages
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.manifests.parsing import plain
from prodproof.reach.pipelines.github_workflows import OWN_REPOSITORY

_COMPOSE = re.compile(r"(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml", re.IGNORECASE)
_WORKFLOW = re.compile(r"(?:.*/)?\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml")
_GITLAB = re.compile(r"(?:.*/)?\.gitlab-ci\.ya?ml|(?:.*/)?\.gitlab/[\w/.-]+\.ya?ml")
_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")
_IMAGE_LINE = re.compile(r"^[ \t]*(?:-[ \t]+)?image:\s*[\"']?((?:\{\{[^{}\n]*\}\}|[^\s\"'#{])+)", re.MULTILINE)
_TEMPLATED = re.compile(r"\{\{|\$\{\{|\$\(|<[^>]+>|\{%")
_COMPOSE_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+?])([^{}]*))?\}|(\w+))")

Found = list[Reference] | Unseen


def form_of(path: str) -> str | None:
    """What kind of configuration file this is by its name; `YAML` may turn out to hold Kubernetes objects."""
    name = path.rpartition("/")[2]
    if is_dockerfile(path):
        return "Dockerfile"
    if _WORKFLOW.fullmatch(path):
        return "workflow"
    if _GITLAB.fullmatch(path):
        return "GitLab CI"
    if _COMPOSE.fullmatch(path):
        return "compose"
    if name in (".pre-commit-config.yaml", ".pre-commit-config.yml"):
        return "pre-commit"
    if name.endswith(".tf"):
        return "terraform"
    if re.fullmatch(r"values[\w.-]*\.ya?ml", name):
        return "Helm values"
    return "Kubernetes" if name.endswith((".yaml", ".yml")) else None


def read_references(form: str, text: str) -> Found:
    """What one file fetches; Unseen(incomplete) for a text that is not of its form."""
    if form == "Dockerfile":
        return _dockerfile(text)
    if form == "terraform":
        return list(_terraform(text))
    if form == "Kubernetes" and not re.search(r"^[ \t]*(?:-[ \t]+)?image:", text, re.MULTILINE):
        return []
    documents = read_documents(text, rendered=form != "Kubernetes")
    if isinstance(documents, Unseen):
        # A chart's templates are no YAML before they are rendered, but an image that stands in them stands.
        return list(_image_lines(text)) if form == "Kubernetes" and _TEMPLATED.search(text) else documents
    read: Callable[[list[Any]], Iterator[Reference]] = {
        "workflow": _workflow,
        "GitLab CI": _gitlab,
        "compose": _compose,
        "pre-commit": _hooks,
        "Helm values": _values,
    }.get(form, _kubernetes)
    return list(read(documents))


def image(written: str, line: int | None) -> Reference:
    """An image by its name: digest, tag and what is left."""
    undecided = _TEMPLATED.search(written) is not None or "$" in written
    digest = _DIGEST.search(written)
    bare = written[: digest.start()] if digest else written
    head, _, last = bare.rpartition("/")
    name, colon, tag = last.partition(":")
    return Reference(
        kind=ReferenceKind.IMAGE,
        name=f"{head}/{name}" if head else name,
        written=plain(written),
        version=tag or None if colon else None,
        digest=digest[1] if digest else None,
        undecided=undecided and digest is None,
        line=line,
    )


def _dockerfile(text: str) -> Found:
    file = parse_dockerfile(text)
    if isinstance(file, Unseen):
        return file
    found: list[Reference] = []
    for index, stage in enumerate(file.stages):
        if stage.parent is None and (stage.image or "").lower() != "scratch":
            name = stage.image
            found.append(image(name, stage.line) if name else _undecided(stage.written, stage.line))
        for instruction in stage.instructions:
            found += _copied(file, index, instruction)
            if instruction.name == "RUN":
                found += installed_packages(instruction)
    return found


def _undecided(written: str, line: int | None) -> Reference:
    return Reference(kind=ReferenceKind.IMAGE, name=plain(written), written=plain(written), undecided=True, line=line)


def _copied(file: Dockerfile, index: int, instruction: Instruction) -> list[Reference]:
    sources = []
    if instruction.name in ("COPY", "ADD") and (source := instruction.flags.get("from")):
        sources.append(source)
    if instruction.name == "RUN":
        mounts = re.findall(r"--mount=(\S++)", instruction.value)
        sources += [match[1] for mount in mounts if (match := re.search(r"\bfrom=([^,]+)", mount))]
    found = []
    for source in sources:
        name = replaced_arguments(source, _arguments(file, file.stages[index]))
        if name is None:
            found.append(_undecided(source, instruction.line))
        elif file.stage(name) is None and name.lower() != "scratch":
            found.append(image(name, instruction.line))
    return found


def _arguments(file: Dockerfile, stage: Stage) -> dict[str, str | None]:
    # An `ARG NAME` within a stage takes the default that stands before the first FROM.
    known = dict(file.arguments)
    values: dict[str, str | None] = {}
    for instruction in stage.instructions:
        if instruction.name == "ARG":
            name, equals, value = instruction.value.partition("=")
            values[name.strip()] = value.strip().strip("\"'") if equals else known.get(name.strip())
    return values


def _blocks(documents: list[Any]) -> Iterator[PlacedMap]:
    for document in documents:
        yield from walk(document)


def _workflow(documents: list[Any]) -> Iterator[Reference]:
    for block in _blocks(documents[:1]):
        uses = block.text("uses")
        if uses and not uses.startswith(OWN_REPOSITORY):
            line = block.at("uses")
            if uses.startswith("docker://"):
                yield image(uses.removeprefix("docker://"), line)
            elif "@" in uses or "/" in uses:
                name, _, version = uses.partition("@")
                yield Reference(
                    kind=ReferenceKind.ACTION,
                    name=name,
                    written=plain(uses),
                    version=version or None,
                    undecided="${{" in uses,
                    line=line,
                )
        if "runs-on" in block:
            if written := block.map("container").text("image") or _text(block.get("container")):
                yield from _matrix_images(block, written)
            for service in block.map("services").values():
                if isinstance(service, PlacedMap) and (written := service.text("image")):
                    yield image(written, service.at("image"))
        if block.text("using") == "docker" and (written := block.text("image")) and written.startswith("docker://"):
            yield image(written.removeprefix("docker://"), block.at("image"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w.-]+)\s*\}\}")


def _matrix_images(job: PlacedMap, written: str) -> Iterator[Reference]:
    """The images that a job's container is, over its matrix."""
    match = _MATRIX.fullmatch(written)
    found = list(_matrix(job.map("strategy").map("matrix"), match[1].split("."))) if match else []
    if not found:
        yield image(written, job.at("container"))
    for value, line in found:
        yield image(value, line)


def _matrix(matrix: PlacedMap, path: list[str]) -> Iterator[tuple[str, int]]:
    for owner in (matrix, *matrix.maps("include")):
        values = owner.items_of(path[0]) or [owner.get(path[0])]
        for value in values:
            holder, line = value, owner.at(path[0])
            for key in path[1:]:
                line = holder.at(key) if isinstance(holder, PlacedMap) else line
                holder = holder.get(key) if isinstance(holder, PlacedMap) else None
            if isinstance(holder, str) and holder:
                yield holder, line


def _gitlab(documents: list[Any]) -> Iterator[Reference]:
    for document in documents:
        if not isinstance(document, PlacedMap):
            continue
        for job in (document, *(item for item in document.values() if isinstance(item, PlacedMap))):
            written = job.text("image") or job.map("image").text("name")
            if written:
                yield _variable_image(written, job.at("image"))
            for service in job.items_of("services"):
                name = service.text("name") if isinstance(service, PlacedMap) else service
                if isinstance(name, str):
                    yield _variable_image(name, job.at("services"))
        includes = document.get("include")
        for include in includes if isinstance(includes, list) else [includes]:
            if isinstance(include, PlacedMap):
                yield from _included(include)


def _variable_image(written: str, line: int) -> Reference:
    return _undecided(written, line) if "$" in written else image(written, line)


def _included(include: PlacedMap) -> Iterator[Reference]:
    if project := include.text("project"):
        yield Reference(
            kind=ReferenceKind.MODULE,
            name=project,
            written=plain(project),
            version=include.text("ref"),
            line=include.at("project"),
        )
    elif component := include.text("component"):
        name, _, version = component.rpartition("@")
        yield Reference(
            kind=ReferenceKind.MODULE,
            name=name or component,
            written=plain(component),
            version=version if name else None,
            line=include.at("component"),
        )
    elif remote := include.text("remote"):
        yield Reference(
            kind=ReferenceKind.MODULE,
            name=plain(remote),
            written=plain(remote),
            digest=include.text("integrity"),
            line=include.at("remote"),
        )


def _compose(documents: list[Any]) -> Iterator[Reference]:
    for document in documents:
        services = document.map("services") if isinstance(document, PlacedMap) else PlacedMap()
        for service in services.values():
            if not isinstance(service, PlacedMap) or "build" in service:
                continue  # the name of what is built here
            if written := service.text("image"):
                name = _filled(written)
                line = service.at("image")
                yield image(name, line) if name else _undecided(written, line)


def _filled(written: str) -> str | None:
    unknown = False

    def value(match: re.Match[str]) -> str:
        nonlocal unknown
        if (match[2] or "").endswith("-"):
            return match[3]
        unknown = True
        return ""

    filled = _COMPOSE_VARIABLE.sub(value, written)
    return None if unknown or "$" in filled else filled


def _kubernetes(documents: list[Any]) -> Iterator[Reference]:
    for block in _blocks(documents):
        for key in ("containers", "initContainers", "ephemeralContainers"):
            for container in block.maps(key):
                if written := container.text("image"):
                    yield image(written, container.at("image"))


def _values(documents: list[Any]) -> Iterator[Reference]:
    for block in _blocks(documents):
        repository = block.text("repository")
        if repository and "tag" in block and "://" not in repository:
            registry, tag, digest = block.text("registry"), block.text("tag"), block.text("digest")
            name = f"{registry}/{repository}" if registry else repository
            if not tag and not digest:
                continue  # an empty tag means the chart's own version
            yield image(name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""), block.at("tag"))


def _image_lines(text: str) -> Iterator[Reference]:
    for match in _IMAGE_LINE.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        yield _undecided(match[1], line) if _TEMPLATED.search(match[1]) else image(match[1], line)


def _hooks(documents: list[Any]) -> Iterator[Reference]:
    for document in documents:
        for entry in document.maps("repos") if isinstance(document, PlacedMap) else []:
            repository = entry.text("repo") or ""
            if repository in ("local", "meta", "builtin", ""):
                continue
            yield Reference(
                kind=ReferenceKind.HOOK,
                name=plain(repository),
                written=plain(f"{repository} {entry.text('rev') or ''}"),
                version=entry.text("rev"),
                line=entry.at("rev"),
            )


_BLOCK = re.compile(r'^[ \t]*(module|required_providers)[ \t]*(?:"([^"\n]{1,200})"[ \t]*)?\{', re.MULTILINE)
_SETTING = re.compile(r'^[ \t]*(source|version)[ \t]*=[ \t]*"([^"\n]*)"', re.MULTILINE)
_PROVIDER = re.compile(r'^[ \t]*([\w-]+)[ \t]*=[ \t]*(?:\{([^{}]*)\}|"([^"\n]*)")', re.MULTILINE)


def _terraform(text: str) -> Iterator[Reference]:
    uncommented = re.sub(r"^[ \t]*(#|//)[^\n]*", "", text, flags=re.MULTILINE)
    for match in _BLOCK.finditer(uncommented):
        body = _body(uncommented, match.end())
        line = uncommented.count("\n", 0, match.start()) + 1
        if match[1] == "module":
            settings = dict(_SETTING.findall(body))
            if source := settings.get("source", ""):
                yield from _module(source, settings.get("version"), line)
            continue
        for provider in _PROVIDER.finditer(body):
            settings = dict(_SETTING.findall(re.sub(r",\s*", "\n", provider[2] or "")))
            yield Reference(
                kind=ReferenceKind.PROVIDER,
                name=settings.get("source") or str(provider[1]),
                written=plain(f"{provider[1]} {settings.get('version') or provider[3] or ''}"),
                version=settings.get("version") or provider[3],
                line=line + body.count("\n", 0, provider.start(1)),
            )


def _body(text: str, start: int) -> str:
    depth = 1
    for position in range(start, min(len(text), start + 20_000)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return text[start:position]
    return ""


def _module(source: str, version: str | None, line: int) -> Iterator[Reference]:
    if source.startswith(("./", "../")):
        return
    address, _, query = source.partition("?")
    remote = "://" in source or source.startswith(("git::", "github.com/", "bitbucket.org/", "git@", "s3::", "gcs::"))
    ref = re.search(r"(?:^|&)ref=([^&]+)", query)
    yield Reference(
        kind=ReferenceKind.MODULE,
        name=plain(address),
        written=plain(f"{address} {ref[1] if ref else version or ''}"),
        version=(ref[1] if ref else None) if remote else version,
        undecided="${" in source,
        line=line,
    )


def lock_beside(path: str) -> str:
    """Where terraform's lock file would be for a file."""
    return posixpath.join(posixpath.dirname(path), ".terraform.lock.hcl")
