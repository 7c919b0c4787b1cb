"""Secrets in what a repository builds: Dockerfiles, manifests, compose files, and the artifacts themselves."""

import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from prodproof.facts import Proof, Reason, Survey, Unseen, lost
from prodproof.facts.artifacts import ArtifactSearch, Baked, BuildFiles
from prodproof.facts.declared import Artifact, Repository
from prodproof.facts.traced import Traced, Unsearched
from prodproof.probes._compose import compose_files
from prodproof.probes._files import MANIFESTS, is_sample, texts
from prodproof.probes._globbed import globbed
from prodproof.probes._traced import SEARCH_TIME, known_values, trace
from prodproof.probes.probe import probe
from prodproof.reach.files.baked import in_compose, in_dockerfile, in_object
from prodproof.reach.files.dockerfile import is_dockerfile, parse_dockerfile
from prodproof.reach.files.kube_objects import may_hold_objects, read_objects
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World
from prodproof.trace.patterns import noise
from prodproof.trace.sources.files import FilesSource

IMAGE_MARKS = frozenset({"oci-layout", "manifest.json", "index.json"})
MOST_MEMBERS = 100_000


@probe(BuildFiles, per=Repository, proof=Proof.INSIDE, time_limit=120)
def build_files(repository: Repository, world: World) -> Survey[BuildFiles]:
    """One observation for each repository."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(BuildFiles, reader.why, reader.detail)
    unread: list[Unseen] = []
    baked: list[Baked] = []
    paths: dict[str, None] = {}
    for path, found in (*_dockerfiles(reader), *_composed(reader), *_manifests(reader)):
        paths[path] = None
        if isinstance(found, Unseen):
            unread.append(found)
        else:
            baked += found
    traced = _traced_files(reader, tuple(paths), world)
    seen = BuildFiles(files=len(paths), baked=tuple(dict.fromkeys(baked)), traced=traced)
    return Survey(
        BuildFiles, (world.inside(repository.subject, seen, reader.commit),), (*reader.gaps, *dict.fromkeys(unread))
    )


@probe(ArtifactSearch, per=Artifact, proof=Proof.INSIDE, time_limit=SEARCH_TIME + 60)
def built(artifact: Artifact, world: World) -> Survey[ArtifactSearch]:
    """One observation for each declared artifact: all files of its glob."""
    seen = _artifact(artifact, world)
    return Survey(ArtifactSearch, (world.inside(artifact.subject, seen),))


def _artifact(artifact: Artifact, world: World) -> ArtifactSearch | Unseen:
    root = Path(world.declared.root or ".")
    files = globbed(root, artifact.path)
    if isinstance(files, Unseen):
        return files
    if artifact.kind == "image" and (strange := [path for path in files if not _is_image(path)]):
        return Unseen(Reason.INCOMPLETE, f"{shown(strange[0].name)} is no OCI or Docker image archive")
    sources = [FilesSource(_name(path, root), path) for path in files]
    traced = trace(world, sources, known=known_values(world, world.declared.all_secrets))
    return ArtifactSearch(kind=artifact.kind, files=tuple(shown(_name(path, root)) for path in files), traced=traced)


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _is_image(path: Path) -> bool:
    """Whether it is an image archive, or a folder laid out like one, so that finding nothing means something."""
    if path.is_dir():
        return any((path / name).is_file() for name in IMAGE_MARKS)
    try:
        with tarfile.open(path, "r:*") as archive:
            for number, member in enumerate(archive):
                if member.name.removeprefix("./") in IMAGE_MARKS:
                    return True
                if number > MOST_MEMBERS:
                    return False
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return False
    return False


def _is_literal(value: str, name: str) -> bool:
    """Whether a value that a secret's name is given could be a real one: no placeholder, no reference to elsewhere."""
    return bool(value) and not noise.is_no_password(value.encode("utf-8", "surrogateescape"), name, b"")


Found = tuple[str, list[Baked] | Unseen]


def _dockerfiles(reader: RepositoryReader) -> Iterator[Found]:
    for path in reader.files:
        if not is_dockerfile(path) or is_sample(path):
            continue
        text = reader.text(path)
        file = parse_dockerfile(text) if isinstance(text, str) else text
        if isinstance(file, Unseen):
            yield path, file if isinstance(text, Unseen) else replace(file, detail=f"{shown(path)}: {file.detail}")
        else:
            yield path, list(in_dockerfile(file, shown(path), _is_literal))


def _composed(reader: RepositoryReader) -> Iterator[Found]:
    for path, documents in compose_files(reader):
        yield path, documents if isinstance(documents, Unseen) else list(in_compose(documents, path, _is_literal))


def _manifests(reader: RepositoryReader) -> Iterator[Found]:
    for path, text in texts(reader, *MANIFESTS, having="apiVersion"):
        if isinstance(text, Unseen):
            yield path, text
            continue
        if not may_hold_objects(text):
            continue
        objects = read_objects(text, path)
        if isinstance(objects, Unseen):
            yield path, replace(objects, detail=f"{shown(path)} {objects.detail}")
        elif objects:
            yield path, [item for each in objects for item in in_object(each, shown(path), _is_literal)]


def _traced_files(reader: RepositoryReader, paths: tuple[str, ...], world: World) -> Traced:
    """The same files by rules and by exact values."""
    known = known_values(world, world.declared.all_secrets)
    if not paths:
        return Traced(unresolved=known.unresolved)
    if reader.bare:
        gap = Unsearched(path="", why=Reason.INCOMPLETE, detail="a bare repository: these files lie in no work tree")
        return Traced(unsearched=(gap,), unresolved=known.unresolved)
    return trace(world, [FilesSource("files", reader.directory, only=paths)], known=known)
