"""Kubernetes manifests: objects of many documents and Lists, what kustomizations lay over them, who selects whom."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodproof.facts import Unseen
from prodproof.reach.files.placed import PlacedMap, read_documents

_OBJECT = re.compile(r"^[ \t]*+(?:[{,][ \t]*+)?[\"']?kind[\"']?\s*+:", re.MULTILINE)
MAX_LISTED = 20_000


@dataclass(frozen=True)
class KubeObject:
    """One object with the file it stands in."""

    path: str
    body: PlacedMap
    kustomized: str | None = None
    """The namespace that the only kustomization with this file gives it."""

    @property
    def kind(self) -> str:
        return self.body.text("kind") or ""

    @property
    def group(self) -> str:
        """`apps`, `networking.k8s.io`; empty for the core group."""
        version = self.body.text("apiVersion") or ""
        return version.rpartition("/")[0]

    @property
    def name(self) -> str:
        metadata = self.body.map("metadata")
        return metadata.text("name") or metadata.text("generateName") or "(unnamed)"

    @property
    def namespace(self) -> str | None:
        return self.kustomized or self.body.map("metadata").text("namespace")

    @property
    def spec(self) -> PlacedMap:
        return self.body.map("spec")


def may_hold_objects(text: str) -> bool:
    """Whether it is worth parsing a file in search of Kubernetes objects."""
    return "apiVersion" in text and _OBJECT.search(text) is not None


def read_objects(text: str, path: str) -> list[KubeObject] | Unseen:
    """All objects of a text, those inside Lists too; incomplete for a text that cannot be read."""
    documents = read_documents(text)
    if isinstance(documents, Unseen):
        return documents
    found: list[KubeObject] = []
    waiting: list[Any] = list(reversed(documents))
    while waiting and len(found) < MAX_LISTED:
        body = waiting.pop()
        if not isinstance(body, PlacedMap) or not body.text("kind") or not body.text("apiVersion"):
            continue
        if (body.text("kind") or "").endswith("List") and "items" in body:
            waiting.extend(reversed(body.maps("items")))
        else:
            found.append(KubeObject(path, body))
    return found


@dataclass
class Kustomizations:
    """What the kustomizations of a repository change in the files that they name."""

    namespaces: dict[str, set[str]] = field(default_factory=dict)
    """Namespaces by file."""

    digests: set[str] = field(default_factory=set)
    """Images that some kustomization names by digest."""

    patches: set[str] = field(default_factory=set)
    """Files that are laid over objects: no objects by themselves."""

    unrendered: dict[str, str] = field(default_factory=dict)
    """By kustomization file, what only rendering would show."""

    @classmethod
    def of(cls, files: Mapping[str, PlacedMap]) -> "Kustomizations":
        """Read `kustomization.yaml` files, by path."""
        made = cls()
        folders = {posixpath.dirname(path): body for path, body in files.items()}
        for path, body in files.items():
            made._add_patches(path, body)
        for folder, body in folders.items():
            made.digests.update(image.text("name") or "" for image in body.maps("images") if image.text("digest"))
            namespace = body.text("namespace")
            if namespace:
                for path in _resources(folder, folders, set()):
                    made.namespaces.setdefault(path, set()).add(namespace)
        return made

    def _add_patches(self, path: str, body: PlacedMap) -> None:
        folder = posixpath.dirname(path)
        listed = [one.text("path") for key in ("patches", "patchesJson6902") for one in body.maps(key)]
        names = [name for name in (*listed, *body.texts("patchesStrategicMerge")) if name and "\n" not in name]
        self.patches.update(posixpath.normpath(posixpath.join(folder, name)) for name in names)
        changed = [key for key in ("patches", "patchesJson6902", "patchesStrategicMerge", "helmCharts", "replacements")
                   if body.get(key)]  # fmt: skip
        remote = [name for name in body.texts("resources") if "://" in name or name.startswith("github.com/")]
        if changed or remote:
            self.unrendered[path] = ", ".join(changed) or "remote resources"

    def namespace(self, path: str) -> str | None:
        """The namespace that a file's objects get; None where none or several different ones are given."""
        given = self.namespaces.get(path, set())
        return next(iter(given)) if len(given) == 1 else None


def _resources(folder: str, folders: Mapping[str, PlacedMap], seen: set[str]) -> Iterator[str]:
    if folder in seen or folder not in folders:
        return
    seen.add(folder)
    for key in ("resources", "bases", "components"):
        for name in folders[folder].texts(key):
            joined = posixpath.normpath(posixpath.join(folder, name))
            joined = "" if joined == "." else joined
            if joined in folders:
                yield from _resources(joined, folders, seen)
            else:
                yield joined


def selects(selector: PlacedMap, labels: Mapping[str, str]) -> bool:
    """Whether a label selector (`matchLabels`, `matchExpressions`) matches; an empty one matches everything."""
    wanted = selector.map("matchLabels")
    if any(labels.get(_plain(name)) != wanted.text(name) for name in wanted):
        return False
    return all(_meets(expression, labels) for expression in selector.maps("matchExpressions"))


def _meets(expression: PlacedMap, labels: Mapping[str, str]) -> bool:
    value = labels.get(_plain(expression.text("key") or ""))
    values = expression.texts("values")
    operator = expression.text("operator")
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    return (value is not None) if operator == "Exists" else value is None if operator == "DoesNotExist" else False


def _plain(name: str) -> str:
    return name.removeprefix("k8s:").removeprefix("any:")


def policies_for(namespace: str | None, labels: Mapping[str, str], policies: Iterable[KubeObject]) -> tuple[str, ...]:
    """Names of the network policies that confine incoming traffic of a pod, global ones included, sorted."""
    found = set()
    for policy in policies:
        confines = _CONFINES.get((policy.group.partition(".")[0], policy.kind))
        if confines and confines(policy, namespace, labels):
            found.add(policy.name)
    return tuple(sorted(found))


def _kubernetes(policy: KubeObject, namespace: str | None, labels: Mapping[str, str]) -> bool:
    types = policy.spec.texts("policyTypes")
    open_to_all = any(not rule for rule in policy.spec.maps("ingress"))
    return (
        policy.namespace == namespace
        and (not types or "Ingress" in types)
        and not open_to_all
        and selects(policy.spec.map("podSelector"), labels)
    )


def _cilium(policy: KubeObject, namespace: str | None, labels: Mapping[str, str]) -> bool:
    specs = [policy.spec, *policy.body.maps("specs")]
    here = policy.kind == "CiliumClusterwideNetworkPolicy" or policy.namespace == namespace
    return here and any(
        ("ingress" in spec or "ingressDeny" in spec)
        and "endpointSelector" in spec
        and spec.map("enableDefaultDeny").get("ingress") is not False
        and selects(spec.map("endpointSelector"), {**labels, "io.kubernetes.pod.namespace": namespace or ""})
        for spec in specs
    )


_EQUAL = re.compile(r"\s*([\w./-]+)\s*==\s*[\"']([^\"']*)[\"']\s*")


def _calico(policy: KubeObject, namespace: str | None, labels: Mapping[str, str]) -> bool:
    if policy.kind == "NetworkPolicy" and policy.namespace != namespace:
        return False
    within = policy.spec.text("namespaceSelector") or ""
    if "not in" in within and f"'{namespace}'" in within.replace('"', "'"):
        return False
    types = policy.spec.texts("types")
    open_to_all = any(rule.get("action") == "Allow" and not rule.map("source") for rule in policy.spec.maps("ingress"))
    return (
        not open_to_all and (not types or "Ingress" in types) and _calico_selects(policy.spec.text("selector"), labels)
    )


def _calico_selects(selector: str | None, labels: Mapping[str, str]) -> bool:
    if selector is None or selector.strip() in ("", "all()"):
        return True
    parts = [_EQUAL.fullmatch(part) for part in selector.split("&&")]
    return all(part is not None and labels.get(part[1]) == part[2] for part in parts)


def _administrator(policy: KubeObject, namespace: str | None, labels: Mapping[str, str]) -> bool:
    denies = any(rule.get("action") == "Deny" for rule in policy.spec.maps("ingress"))
    subject = policy.spec.map("subject")
    names = {"kubernetes.io/metadata.name": namespace or ""}
    if "namespaces" in subject:
        return denies and selects(subject.map("namespaces"), names)
    pods = subject.map("pods")
    return (
        denies
        and bool(pods)
        and selects(pods.map("namespaceSelector"), names)
        and selects(pods.map("podSelector"), labels)
    )


_CONFINES = {
    ("networking", "NetworkPolicy"): _kubernetes,
    ("extensions", "NetworkPolicy"): _kubernetes,
    ("cilium", "CiliumNetworkPolicy"): _cilium,
    ("cilium", "CiliumClusterwideNetworkPolicy"): _cilium,
    ("projectcalico", "NetworkPolicy"): _calico,
    ("crd", "NetworkPolicy"): _calico,
    ("projectcalico", "GlobalNetworkPolicy"): _calico,
    ("crd", "GlobalNetworkPolicy"): _calico,
    ("policy", "AdminNetworkPolicy"): _administrator,
    ("policy", "BaselineAdminNetworkPolicy"): _administrator,
}
POLICY_KINDS = frozenset(kind for _, kind in _CONFINES)
