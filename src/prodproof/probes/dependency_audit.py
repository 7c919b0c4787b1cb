"""Looks the packages of a repository's manifests and lock files up among published advisories."""

from dataclasses import replace
from pathlib import Path

from prodproof.facts import Observation, Proof, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.dependencies import (
    Dependency,
    DependencyAudit,
    Ecosystem,
    FlutterAudit,
    KnownAdvisory,
    Manifest,
    NotLookedUp,
    Origin,
    Purpose,
    Role,
)
from prodproof.probes.probe import probe
from prodproof.reach.manifests import collect
from prodproof.reach.scanners.advisories import Looked, Source, age_in_days, open_source
from prodproof.reach.scanners.osv import Package
from prodproof.reach.world import World


@probe(DependencyAudit, FlutterAudit, per=Repository, proof=Proof.INSIDE, time_limit=180)
def observe(repository: Repository, world: World) -> tuple[Survey[DependencyAudit], Survey[FlutterAudit]]:
    """One observation for each lock file, and for each manifest that no lock file covers."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        unseen = (reader.why, reader.detail)
        return lost(DependencyAudit, *unseen), lost(FlutterAudit, *unseen)
    files = [
        (path, manifest)
        for path, manifest in collect(reader).files
        if isinstance(manifest, Unseen) or (manifest.lock is None and _has_packages(manifest))
    ]
    root = Path(world.declared.root) if world.declared.root else reader.directory
    source = open_source(world.declared.advisories.source, root, world.settings, world.tools("pip-audit"))
    packages = {
        package
        for _, manifest in files
        if isinstance(manifest, Manifest) and manifest.purpose is not Purpose.ASIDE
        for item in manifest.dependencies
        if (package := _package(manifest.ecosystem, item))
    }
    answer: Looked | Unseen = source if isinstance(source, Unseen) else Looked()
    if packages and not isinstance(source, Unseen):
        answer = source.look_up(sorted(packages, key=lambda item: (item.ecosystem, item.name, item.version)))
    general: list[Observation[DependencyAudit]] = []
    flutter: list[Observation[FlutterAudit]] = []
    for path, manifest in files:
        subject = Subject("file", _named(repository, world, path))
        seen = manifest if isinstance(manifest, Unseen) else _audit(manifest, source, answer, world)
        observation = Observation(subject, seen, world.now, "inside", Proof.INSIDE, reader.commit)
        is_pub = path.rpartition("/")[2].startswith("pubspec.")
        if is_pub:
            seen = seen if isinstance(seen, Unseen) else FlutterAudit(**{name: getattr(seen, name) for name in _FIELDS})
            flutter.append(Observation(subject, seen, world.now, "inside", Proof.INSIDE, reader.commit))
        else:
            general.append(observation)
    return Survey(DependencyAudit, tuple(general), reader.gaps), Survey(FlutterAudit, tuple(flutter), reader.gaps)


_FIELDS = tuple(DependencyAudit.__dataclass_fields__)


def _named(repository: Repository, world: World, path: str) -> str:
    # Two repositories can hold files of one path.
    return path if len(world.declared.repositories) < 2 else f"{repository.subject.name}/{path}"


def _has_packages(manifest: Manifest) -> bool:
    fetched = any(item.origin is not Origin.LOCAL for item in manifest.dependencies)
    return fetched or bool(manifest.unread) or manifest.role is Role.LOCK


def _package(ecosystem: Ecosystem, item: Dependency) -> Package | None:
    if item.origin is Origin.LOCAL or item.version is None:
        return None
    return Package(ecosystem, item.name, item.version)


def _audit(
    manifest: Manifest, source: Source | Unseen, answer: Looked | Unseen, world: World
) -> DependencyAudit | Unseen:
    audit = DependencyAudit(
        path=manifest.path,
        ecosystem=manifest.ecosystem,
        source="" if isinstance(source, Unseen) else source.name,
        purpose=manifest.purpose,
        packages=0,
        whole=manifest.whole,
        unread=manifest.unread,
    )
    if manifest.purpose is Purpose.ASIDE:
        return audit
    if isinstance(answer, Unseen):
        return answer
    known: list[KnownAdvisory] = []
    failed: list[NotLookedUp] = []
    ranges: list[str] = []
    asked = 0
    for item in manifest.dependencies:
        package = _package(manifest.ecosystem, item)
        if item.origin is Origin.LOCAL:
            continue
        if package is None and item.origin is Origin.REGISTRY:
            if not item.development:
                ranges.append(item.name)
        elif package is None:
            failed.append(NotLookedUp(package=item.name, why="it has no version", development=item.development))
        elif package not in answer.matches:
            why = answer.failed.get(package, "the source did not answer for it")
            failed.append(NotLookedUp(package=item.name, why=why, development=item.development))
        else:
            asked += 1
            matches = answer.matches[package]
            known += [replace(hit, development=item.development, line=item.line) for hit in matches.known]
            failed += [
                NotLookedUp(package=item.name, why=f"{id} cannot be compared with it", development=item.development)
                for id in matches.undecided
            ]
    return replace(
        audit,
        packages=asked,
        ranges=tuple(sorted(set(ranges))),
        known=tuple(dict.fromkeys(known)),
        not_looked_up=tuple(dict.fromkeys(failed)),
        data_age_days=None if answer.dated is None else age_in_days(answer.dated, world.now),
    )
