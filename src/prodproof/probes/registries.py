"""Reads which registries a repository's settings name, and which packages are installed without a hash."""

from prodproof.facts import Observation, Proof, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.dependencies import Ecosystem, Manifest, Origin, Purpose
from prodproof.facts.registries import RegistrySettings, RegistrySource
from prodproof.probes.probe import probe
from prodproof.reach.files.registry_settings import from_options, may_name_registries, read_settings
from prodproof.reach.git.repository import shown
from prodproof.reach.manifests import Collected, collect
from prodproof.reach.manifests.purpose import purpose_of
from prodproof.reach.world import World

MAX_NAMES = 2_000


@probe(RegistrySettings, per=Repository, proof=Proof.INSIDE, time_limit=120, by_commit=True)
def observe(repository: Repository, world: World) -> Survey[RegistrySettings]:
    """One observation for each file that names a registry, and each ecosystem in it."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(RegistrySettings, reader.why, reader.detail)
    collected = collect(reader)
    prefix = f"{repository.subject.name}/" if len(world.declared.repositories) > 1 else ""
    seen: list[tuple[str, RegistrySettings | Unseen]] = []
    for path, options in collected.options:
        sources = {Ecosystem.PYPI: from_options(options)}
        seen += [(path, item) for item in _settings(path, sources, collected)]
    for path in reader.files:
        if not may_name_registries(path):
            continue
        text = reader.text(path)
        found = text if isinstance(text, Unseen) else read_settings(path, text)
        if isinstance(found, Unseen):
            seen.append((shown(path), found))
            continue
        by_ecosystem: dict[Ecosystem, list[RegistrySource]] = {}
        for ecosystem, source in found:
            by_ecosystem.setdefault(ecosystem, []).append(source)
        seen += [(shown(path), item) for item in _settings(shown(path), by_ecosystem, collected)]
    observations = tuple(
        Observation(Subject("file", prefix + path), item, world.now, "inside", Proof.INSIDE, reader.commit)
        for path, item in seen
    )
    return Survey(RegistrySettings, observations, reader.gaps)


def _settings(
    path: str, by_ecosystem: dict[Ecosystem, list[RegistrySource]], collected: Collected
) -> list[RegistrySettings]:
    return [
        RegistrySettings(
            path=path,
            ecosystem=ecosystem,
            purpose=purpose_of(path),
            sources=tuple(sources),
            unhashed=_unhashed(ecosystem, collected),
        )
        for ecosystem, sources in by_ecosystem.items()
    ]


def _unhashed(ecosystem: Ecosystem, collected: Collected) -> tuple[str, ...]:
    names = {
        item.name
        for _, manifest in collected.files
        if isinstance(manifest, Manifest)
        and manifest.ecosystem is ecosystem
        and manifest.lock is None
        and manifest.purpose is not Purpose.ASIDE
        for item in manifest.dependencies
        if item.origin is Origin.REGISTRY and not item.hashed
    }
    return tuple(sorted(names)[:MAX_NAMES])
