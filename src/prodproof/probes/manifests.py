"""Reads what a repository's manifests, lock files and configuration ask to be fetched."""

from dataclasses import replace
from typing import Any

from prodproof.facts import Observation, Proof, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.dependencies import Manifest, Purpose
from prodproof.facts.references import ExternalReferences, Reference, ReferenceKind
from prodproof.probes.probe import probe
from prodproof.reach.files.references import form_of, lock_beside, read_references
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.manifests import collect
from prodproof.reach.manifests.purpose import purpose_of
from prodproof.reach.world import World


@probe(Manifest, ExternalReferences, per=Repository, proof=Proof.INSIDE, time_limit=120, by_commit=True)
def observe(repository: Repository, world: World) -> tuple[Survey[Manifest], Survey[ExternalReferences]]:
    """One observation for each manifest and lock file, and for each file that names something to fetch."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(Manifest, reader.why, reader.detail), lost(ExternalReferences, reader.why, reader.detail)
    many = len(world.declared.repositories) > 1

    def observation(path: str, seen: Any) -> Observation[Any]:
        name = f"{repository.subject.name}/{shown(path)}" if many else shown(path)
        return Observation(Subject("file", name), seen, world.now, "inside", Proof.INSIDE, reader.commit)

    manifests = tuple(observation(path, manifest) for path, manifest in collect(reader).files)
    references = []
    for path in reader.files:
        form = form_of(path)
        if form and (seen := _references(reader, path, form)):
            references.append(observation(path, seen))
    return (
        Survey(Manifest, manifests, reader.gaps),
        Survey(ExternalReferences, tuple(references), reader.gaps),
    )


def _references(reader: RepositoryReader, path: str, form: str) -> ExternalReferences | Unseen | None:
    text = reader.text(path)
    # A YAML file of no known name is one that names images, or none of ours.
    found = text if isinstance(text, Unseen) else read_references(form, text)
    if isinstance(found, Unseen) and purpose_of(path) is Purpose.ASIDE:
        return ExternalReferences(path=shown(path), form=form, purpose=Purpose.ASIDE) if form != "Kubernetes" else None
    if isinstance(found, Unseen):
        if form in ("Kubernetes", "Helm values") and not isinstance(text, Unseen):
            return None if "image:" not in text else Unseen(found.why, f"{shown(path)} {found.detail}")
        return Unseen(found.why, found.detail if isinstance(text, Unseen) else f"{shown(path)}: {found.detail}")
    if not found:
        return None
    if form == "terraform" and reader.exists(lock_beside(path)):
        found = [_locked(item) for item in found]
    return ExternalReferences(path=shown(path), form=form, purpose=purpose_of(path), references=tuple(found))


def _locked(item: Reference) -> Reference:
    return replace(item, locked=True) if item.kind is ReferenceKind.PROVIDER else item
