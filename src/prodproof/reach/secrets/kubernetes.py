"""Kubernetes secrets, asked by `kubectl`."""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import (
    Holder,
    ListedSecret,
    ManagerPosture,
    Policy,
    PolicyRule,
    SecretDescription,
    SecretListing,
    Transport,
)
from prodproof.reach.process import run
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import MAX_ANSWER, Limits, SecretStore, rest, value_of
from prodproof.reach.secrets.transport import transport_of

_NEEDED = ("HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "HTTPS_PROXY", "NO_PROXY")
_ANSWERS = (
    (r"\(NotFound\)|not found", Reason.NOT_CONFIGURED, "there is none"),
    (r"\(Forbidden\)|forbidden", Reason.DENIED, "Kubernetes refuses it"),
    (r"\(Unauthorized\)|must be logged in|unauthorized", Reason.DENIED, "Kubernetes refuses the login"),
    (r"certificate", Reason.UNREACHABLE, "the cluster's certificate is not trusted"),
    (r"refused|no such host|no route|was lost", Reason.UNREACHABLE, "Kubernetes cannot be reached"),
    # Not `timeout` alone: it stands in the address of every request.
    (r"i/o timeout|timed out|deadline exceeded|\(Timeout\)", Reason.TIMED_OUT, "Kubernetes did not answer in time"),
    (r"unable to connect", Reason.UNREACHABLE, "Kubernetes cannot be reached"),
    (r"no configuration has been provided|invalid configuration", Reason.NOT_CONFIGURED, "kubectl has no cluster"),
)
_UNSAID = Unseen(Reason.INSUFFICIENT_PROOF, "Kubernetes does not say over its interface how etcd and audit are set up")


class KubernetesStore(SecretStore):
    """`k8s:NAMESPACE/NAME#KEY`."""

    kind = "kubernetes"

    def __init__(
        self,
        configuration: Path | None = None,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
        program: str = "kubectl",
    ) -> None:
        """
        Args:
            configuration: a kubeconfig file; None: the one that kubectl finds.
            environment: where kubectl's variables are taken from; the process's own if None.
        """
        self._configuration = configuration
        self._limits = limits or Limits()
        whole = os.environ if environment is None else environment
        self._environment = {name: whole[name] for name in _NEEDED if name in whole}
        self._program = program

    def read(self, reference: str) -> Secret | Unseen:
        found = self._object(reference)
        if isinstance(found, Unseen):
            return found
        coded = (found.get("data") or {}).get(rest(reference).partition("#")[2])
        if coded is None:
            return Unseen(Reason.NOT_CONFIGURED, f"{reference}: the secret has no such key")
        try:
            return value_of(reference, base64.b64decode(coded, validate=True))
        except (binascii.Error, TypeError, ValueError):
            return Unseen(Reason.INCOMPLETE, f"{reference}: the answer cannot be read")

    def describe(self, reference: str) -> SecretDescription | Unseen:
        found = self._object(reference)
        if isinstance(found, Unseen):
            if found.why is not Reason.NOT_CONFIGURED or "there is none" not in found.detail:
                return found
            return SecretDescription(reference=reference, store=self.kind, found=False, detail="there is none")
        about = found.get("metadata") or {}
        held = rest(reference).partition("#")[2] in (found.get("data") or {})
        # The object's age is no age of its value: who wrote `data`, and when, is in the managed fields.
        written = [
            item.get("time") for item in about.get("managedFields") or () if "f:data" in (item.get("fieldsV1") or {})
        ]
        return SecretDescription(
            reference=reference,
            store=self.kind,
            found=held,
            detail="" if held else "the secret has no such key",
            created=max(filter(None, map(_moment, written)), default=None) or _moment(about.get("creationTimestamp")),
            version=str(about.get("resourceVersion") or ""),
            tags=tuple(sorted((str(name), str(value)) for name, value in (about.get("labels") or {}).items())),
        )

    def names(self) -> SecretListing:
        given = ("get", "secrets", "--all-namespaces", "-o", "custom-columns=:metadata.namespace,:metadata.name")
        text = self._ask("the list of secrets", *given, "--no-headers")
        if isinstance(text, Unseen):
            return SecretListing(secrets=(), gaps=(text,))
        pairs = sorted(line.split() for line in text.decode("utf-8", "replace").splitlines() if len(line.split()) == 2)
        names = (f"{namespace}/{name}" for namespace, name in pairs)
        return SecretListing(secrets=tuple(ListedSecret(name=name, path=name) for name in names))

    def posture(self) -> ManagerPosture | Unseen:
        kinds = "roles,clusterroles,rolebindings,clusterrolebindings"
        answer = self._json("the roles", "get", kinds, "--all-namespaces")
        transport = self._transport()
        if isinstance(answer, Unseen):
            if isinstance(transport, Unseen):
                return answer
            policies: tuple[Policy, ...] | Unseen = answer
            holders: tuple[Holder, ...] | Unseen = answer
        else:
            items = [item for item in answer.get("items") or () if isinstance(item, dict)]
            policies, holders = tuple(_policies(items)), tuple(_holders(items))
        return ManagerPosture(
            kind=self.kind, transport=transport, at_rest=_UNSAID, audit=_UNSAID, policies=policies, holders=holders
        )

    def _transport(self) -> Transport | Unseen:
        answer = self._json("the cluster's address", "config", "view", "--minify")
        if isinstance(answer, Unseen):
            return answer
        try:
            cluster = answer["clusters"][0]["cluster"]
            ca = cluster.get("certificate-authority")
            inline = bool(cluster.get("certificate-authority-data"))
        except (LookupError, TypeError, AttributeError):
            return Unseen(Reason.NOT_CONFIGURED, "kubectl has no cluster")
        seen = transport_of(str(cluster.get("server") or ""), Path(ca) if ca else None, self._limits.connect)
        if isinstance(seen, Transport) and inline and not cluster.get("insecure-skip-tls-verify"):
            # kubectl has asked there and has checked the certificate against the CA that its file holds.
            return Transport(encrypted=seen.encrypted, version=seen.version, trusted=seen.encrypted)
        return seen

    def _object(self, reference: str) -> "dict[str, Any] | Unseen":
        namespace, _, name = rest(reference).partition("#")[0].partition("/")
        return self._json(reference, "get", "secret", name, f"--namespace={namespace}", "--show-managed-fields")

    def _json(self, what: str, *words: str) -> "dict[str, Any] | Unseen":
        text = self._ask(what, *words, "-o", "json")
        if isinstance(text, Unseen):
            return text
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return Unseen(Reason.INCOMPLETE, f"{what}: the answer cannot be read")
        return found if isinstance(found, dict) else Unseen(Reason.INCOMPLETE, f"{what}: the answer cannot be read")

    def _ask(self, what: str, *words: str) -> bytes | Unseen:
        command = [self._program, *words]
        if words[0] != "config":
            command.append(f"--request-timeout={max(1, round(self._limits.total))}s")
        if self._configuration is not None:
            command.append(f"--kubeconfig={self._configuration}")
        done = run(command, timeout=self._limits.total + 2, env=self._environment, max_output=MAX_ANSWER)
        if isinstance(done, Unseen):
            return Unseen(done.why, f"{what}: {done.detail}")
        if done.code == 0:
            return done.stdout
        said = done.stderr[-4000:].decode("utf-8", "replace")
        for pattern, reason, words_of_ours in _ANSWERS:
            if re.search(pattern, said, re.IGNORECASE):
                return Unseen(reason, f"{what}: {words_of_ours}")
        return Unseen(Reason.INCOMPLETE, f"{what}: kubectl ends with {done.code}")


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _policies(items: Iterable[dict[str, Any]]) -> Iterator[Policy]:
    """Each role with those of its rules that are about secrets."""
    for item in items:
        if item.get("kind") in ("Role", "ClusterRole"):
            namespace = str(item["metadata"].get("namespace") or "*")
            rules = [_rule(rule, namespace) for rule in item.get("rules") or () if _about_secrets(rule)]
            yield Policy(name=_role_name(item["kind"], item["metadata"]["name"], namespace), language="rbac",
                         rules=tuple(rules))  # fmt: skip


def _about_secrets(rule: dict[str, Any]) -> bool:
    groups, resources = set(rule.get("apiGroups") or ()), set(rule.get("resources") or ())
    return bool(groups & {"", "*"}) and bool(resources & {"secrets", "*"})


def _rule(rule: dict[str, Any], namespace: str) -> PolicyRule:
    names = rule.get("resourceNames") or ["*"]
    return PolicyRule(
        allow=True,
        actions=tuple(map(str, rule.get("verbs") or ())),
        resources=tuple(f"{namespace}/{name}" for name in names),
    )


def _holders(items: Iterable[dict[str, Any]]) -> Iterator[Holder]:
    held: dict[str, list[str]] = {}
    for item in items:
        if item.get("kind") not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        namespace = str(item["metadata"].get("namespace") or "*")
        role = item.get("roleRef") or {}
        name = _role_name(str(role.get("kind")), str(role.get("name")), namespace)
        if role.get("kind") == "ClusterRole" and namespace != "*":
            # Bound in one namespace, a cluster's role counts there alone.
            name = f"{name}@{namespace}"
        for subject in item.get("subjects") or ():
            who = str(subject.get("name"))
            if subject.get("kind") == "ServiceAccount":
                who = f"{subject.get('namespace') or namespace}/{who}"
            else:
                who = f"{str(subject.get('kind')).lower()}:{who}"
            held.setdefault(who, []).append(name)
    for who, policies in sorted(held.items()):
        yield Holder(name=who, policies=tuple(sorted(set(policies))))


def _role_name(kind: str, name: str, namespace: str) -> str:
    return f"clusterrole/{name}" if kind == "ClusterRole" else f"role/{namespace}/{name}"
