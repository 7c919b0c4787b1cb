"""Kubernetes manifests of a repository: pods, roles, namespaces, policies and what is said of the cluster."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.kubernetes import (
    ClusterAccessBinding,
    ClusterAccessRole,
    KubernetesNamespace,
    KubernetesSettings,
    PolicyRule,
    Workload,
)
from prodproof.probes import _files
from prodproof.probes._pods import labels_of, template_of, workload
from prodproof.probes.probe import probe
from prodproof.reach.files.kube_objects import (
    POLICY_KINDS,
    KubeObject,
    Kustomizations,
    may_hold_objects,
    policies_for,
    read_objects,
)
from prodproof.reach.files.placed import PlacedMap, read_documents
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

FACTS = (Workload, ClusterAccessRole, ClusterAccessBinding, KubernetesNamespace, KubernetesSettings)
_RBAC = "rbac.authorization.k8s.io"
_GITOPS = {
    ("argoproj.io", "Application"), ("argoproj.io", "ApplicationSet"), ("source.toolkit.fluxcd.io", "GitRepository"),
    ("source.toolkit.fluxcd.io", "OCIRepository"), ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"), ("fleet.cattle.io", "GitRepo"),
}  # fmt: skip
_CLOUD_ENCRYPTION = re.compile(
    r"cluster_encryption_config\s*=\s*[{\[]|\bencryption_config\s*\{|database_encryption\s*\{|key_management_service\s*\{"
)
_NOT_CHART = re.compile(r"\{\{")


@probe(*FACTS, per=Repository, proof=Proof.INSIDE, by_commit=True, time_limit=60)
def observe(repository: Repository, world: World) -> tuple[Survey[Any], ...]:
    """Read all manifests; charts and files that are not rendered are unseen."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return tuple(lost(fact, reader.why, reader.detail) for fact in FACTS)
    commit = reader.commit
    kustomizations = _kustomizations(reader)
    objects, unread = _objects(reader)
    objects = [item for item in objects if item.path not in kustomizations.patches]
    facts: dict[type[Any], list[tuple[Subject, Any]]] = {fact: [] for fact in FACTS}
    for subject, fact in facts_of(objects, kustomizations):
        facts[type(fact)].append((subject, fact))
    settings = _settings(reader, objects, len(facts[Workload]))
    if settings:
        facts[KubernetesSettings].append((repository.subject, settings))
    facts[Workload] += unread
    for path, what in kustomizations.unrendered.items():
        why = Unseen(Reason.INCOMPLETE, f"{shown(path)}: {what} show only when it is rendered (kustomize build)")
        facts[Workload].append((Subject("file", shown(path)), why))
    return tuple(Survey(fact, tuple(_observed(world, commit, facts[fact])), reader.gaps) for fact in FACTS)


def _observed(world: World, commit: str | None, seen: list[tuple[Subject, Any]]) -> Iterator[Observation[Any]]:
    used: Counter[Subject] = Counter()
    for subject, fact in seen:
        used[subject] += 1
        # The same object of two overlays: told apart by its file.
        if used[subject] > 1:
            path = fact.location.path if not isinstance(fact, Unseen) else ""
            subject = Subject(subject.kind, f"{subject.name} ({path})")
            used[subject] += 1
            if used[subject] > 1:
                subject = Subject(subject.kind, f"{subject.name} #{used[subject]}")
        yield world.inside(subject, fact, commit)


def _objects(reader: RepositoryReader) -> tuple[list[KubeObject], list[tuple[Subject, Unseen]]]:
    charts = sorted({posixpath.dirname(path) for path in reader.glob("**/Chart.yaml", "**/Chart.yml")}, key=len)
    found: list[KubeObject] = []
    unread: dict[Subject, Unseen] = {}
    for path, text in _files.texts(reader, *_files.MANIFESTS):
        name = shown(path)
        chart = next((folder for folder in charts if _in_templates(path, folder)), None)
        if isinstance(text, Unseen):
            unread[Subject("file", name)] = text
            continue
        if chart is not None and _NOT_CHART.search(text):
            about = f"chart {shown(chart) or '.'} is not rendered, so its objects are not known (helm template)"
            unread[Subject("chart", shown(chart) or ".")] = Unseen(Reason.INCOMPLETE, about)
            continue
        if not may_hold_objects(text):
            continue
        answer = read_objects(text, path)
        if isinstance(answer, Unseen):
            unread[Subject("file", name)] = Unseen(answer.why, f"{name} {answer.detail}")
        else:
            found.extend(answer)
    return found, list(unread.items())


def _in_templates(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/templates/" if folder else "templates/")


def _kustomizations(reader: RepositoryReader) -> Kustomizations:
    files: dict[str, PlacedMap] = {}
    for path in reader.glob("**/kustomization.yaml", "**/kustomization.yml", "**/Kustomization"):
        text = reader.text(path) if not _files.is_sample(path) else ""
        documents = read_documents(text) if isinstance(text, str) else ()
        if isinstance(documents, list) and documents and isinstance(documents[0], PlacedMap):
            files[path] = documents[0]
    return Kustomizations.of(files)


def facts_of(objects: list[KubeObject], kustomizations: Kustomizations) -> Iterator[tuple[Subject, Any]]:
    """Subject and fact of each object that a guarantee is about."""
    objects = [replace(item, kustomized=kustomizations.namespace(item.path)) for item in objects]
    policies = [item for item in objects if item.kind in POLICY_KINDS]
    guarded = {item.spec.map("targetRef").text("name") for item in objects if item.group == "flagger.app"}
    everywhere = {
        (item.body.map("roleRef").text("kind"), item.body.map("roleRef").text("name"))
        for item in objects
        if item.group == _RBAC and item.kind == "ClusterRoleBinding"
    }
    engine = any(_guards_pods(item) for item in objects)
    for item in objects:
        place = Location(shown(item.path), item.body.line)
        subject = Subject("k8s", f"{item.kind}/{item.namespace or '-'}/{item.name}")
        template = template_of(item)
        if template is not None:
            selecting = policies_for(item.namespace, labels_of(template), policies)
            yield subject, workload(item, template, selecting, kustomizations.digests, item.name in guarded)
        elif item.group == _RBAC and item.kind in ("Role", "ClusterRole"):
            yield (
                subject,
                ClusterAccessRole(
                    kind=item.kind,
                    name=item.name,
                    namespace=item.namespace if item.kind == "Role" else None,
                    rules=tuple(_rules(item.body)),
                    bound_everywhere=(item.kind, item.name) in everywhere,
                    location=place,
                ),
            )
        elif item.group == _RBAC and item.kind in ("RoleBinding", "ClusterRoleBinding"):
            yield subject, _binding(item, place)
        elif item.kind == "Namespace" and item.group == "":
            labels = item.body.map("metadata").map("labels")
            enforce = labels.text("pod-security.kubernetes.io/enforce")
            name = Subject("k8s", f"Namespace/{item.name}")
            yield name, KubernetesNamespace(name=item.name, enforce=enforce, policy_engine=engine, location=place)


def _rules(body: PlacedMap) -> Iterator[PolicyRule]:
    for rule in body.maps("rules"):
        yield PolicyRule(
            groups=rule.texts("apiGroups"),
            resources=rule.texts("resources"),
            verbs=rule.texts("verbs"),
            names=rule.texts("resourceNames"),
        )


def _binding(item: KubeObject, place: Location) -> ClusterAccessBinding:
    reference = item.body.map("roleRef")
    return ClusterAccessBinding(
        kind=item.kind,
        name=item.name,
        namespace=item.namespace if item.kind == "RoleBinding" else None,
        role=reference.text("name") or "",
        role_kind=reference.text("kind") or "",
        subjects=tuple(_who(subject) for subject in item.body.maps("subjects")),
        location=place,
    )


def _who(subject: PlacedMap) -> str:
    name = subject.text("name") or ""
    if subject.text("kind") == "ServiceAccount":
        name = f"{subject.text('namespace') or '-'}/{name}"
    return f"{subject.text('kind')}:{name}"


def _guards_pods(item: KubeObject) -> bool:
    """A policy object of an admission controller that is about pods."""
    if item.group == "kyverno.io":
        kinds = [name for part in item.spec.maps("rules") for name in _kinds(part.map("match"))]
        return "Pod" in kinds
    if item.group == "constraints.gatekeeper.sh":
        return item.kind.startswith("K8sPSP")
    return item.kind == "ValidatingAdmissionPolicy" and "pods" in [
        name for rule in item.spec.map("matchConstraints").maps("resourceRules") for name in rule.texts("resources")
    ]


def _kinds(match: PlacedMap) -> Iterable[str]:
    yield from match.map("resources").texts("kinds")
    for key in ("any", "all"):
        for part in match.maps(key):
            yield from part.map("resources").texts("kinds")


def _settings(reader: RepositoryReader, objects: list[KubeObject], workloads: int) -> KubernetesSettings | None:
    if not workloads and not any(item.group == _RBAC or item.kind == "Namespace" for item in objects):
        return None
    encrypts, place = _encryption(objects)
    if encrypts is None:
        for path, text in _files.texts(reader, "**/*.tf", "**/*.tofu", having=_CLOUD_ENCRYPTION):
            if isinstance(text, str):
                encrypts, place = True, Location(shown(path))
    gitops = sorted(f"{item.kind} {item.name}" for item in objects if (item.group, item.kind) in _GITOPS)
    return KubernetesSettings(
        workloads=workloads, gitops=tuple(gitops[:20]), encrypts_secrets=encrypts, encryption=place
    )


def _encryption(objects: list[KubeObject]) -> tuple[bool | None, Location | None]:
    for item in objects:
        place = Location(shown(item.path), item.body.line)
        if item.kind == "ClusterConfig" and item.body.map("secretsEncryption").text("keyARN"):
            return True, place
        if item.kind != "EncryptionConfiguration":
            continue
        for part in item.body.maps("resources"):
            if not {"secrets", "*.", "*.*"} & set(part.texts("resources")):
                continue
            providers = part.maps("providers")
            first = next(iter(providers[0]), "identity") if providers else "identity"
            return first != "identity", place
    return None, None
