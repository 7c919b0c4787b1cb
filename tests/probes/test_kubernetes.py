"""Manifests to facts: what a pod really gets, who is selected by which policy, what is not rendered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts.kubernetes import (
    ClusterAccessBinding,
    ClusterAccessRole,
    KubernetesNamespace,
    KubernetesSettings,
    Workload,
)
from prodproof.probes.kubernetes import facts_of, observe
from prodproof.reach.files.kube_objects import KubeObject, Kustomizations, read_objects
from tests.probes.files import only, seen, survey

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 10, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: app
        image: shop:1
        securityContext: {capabilities: {drop: [all], add: [CAP_SYS_ADMIN]}}
      - name: side
        image: side@sha256:00
        securityContext: {runAsUser: 0, runAsNonRoot: false, privileged: true}
      initContainers:
      - {name: init, image: "$IMAGE"}
      volumes:
      - hostPath: {path: /var/run/docker.sock}
        name: docker
"""


def workload(directory: Path, *more: str) -> Workload:
    files = {"k8s/a.yaml": "---\n".join((POD, *more))}
    found = only(survey(observe, directory, files)[Workload])
    assert isinstance(found, Workload)
    return found


def test_containers_get_what_the_pod_says_unless_they_say_otherwise(tmp_path: Path) -> None:
    found = workload(tmp_path)
    init, app, side = found.containers
    assert (app.run_as_user, app.run_as_non_root, app.seccomp) == (10, True, "RuntimeDefault")
    assert (side.run_as_user, side.run_as_non_root, side.privileged) == (0, False, True)
    assert (app.added, app.dropped) == (("SYS_ADMIN",), ("ALL",))
    assert (init.init, init.pinned, app.pinned, side.pinned) == (True, None, False, True)
    assert found.host_paths == ("/var/run/docker.sock",)
    assert found.rollout is not None
    assert found.rollout.strategy == "RollingUpdate"


def policy(spec: str, head: str = "networking.k8s.io/v1\nkind: NetworkPolicy", namespace: str = "shop") -> str:
    return f"apiVersion: {head}\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("text", "selects"),
    [
        (policy("{podSelector: {}}"), True),
        (policy("{podSelector: {}, policyTypes: [Egress]}"), False),
        (policy("{podSelector: {}, ingress: [{}]}"), False),
        (policy("{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}"), True),
        (policy("{podSelector: {matchLabels: {app: db}}}"), False),
        (policy("{podSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}}"), True),
        (policy("{podSelector: {}}", namespace="other"), False),
        (policy("{endpointSelector: {}, ingress: []}", "cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy"), True),
        (policy("{endpointSelector: {}, egress: []}", "cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy"), False),
        (policy("{selector: all(), types: [Ingress]}", "projectcalico.org/v3\nkind: GlobalNetworkPolicy"), True),
        (policy("{selector: \"app == 'db'\"}", "projectcalico.org/v3\nkind: GlobalNetworkPolicy"), False),
        (
            policy(
                "{subject: {namespaces: {}}, ingress: [{action: Deny}]}",
                "policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy",
            ),
            True,
        ),
    ],
)
def test_network_policies(tmp_path: Path, text: str, selects: bool) -> None:
    assert bool(workload(tmp_path, text).policies) is selects


def test_kustomizations_give_namespace_and_digest(tmp_path: Path) -> None:
    pod = POD.replace(", namespace: shop", "")
    files = {
        "base/web.yaml": pod,
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "prod/kustomization.yaml": (
            "namespace: live\nresources: [../base]\nimages: [{name: shop, digest: 'sha256:00'}]\n"
        ),
    }
    found = only(survey(observe, tmp_path, files)[Workload])
    assert isinstance(found, Workload)
    assert (found.namespace, found.containers[1].pinned) == ("live", True)


def test_patches_are_no_objects_and_leave_a_doubt(tmp_path: Path) -> None:
    files = {
        "base/web.yaml": POD,
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "prod/more.yaml": POD.replace("name: web", "name: patched"),
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: more.yaml}]\n",
    }
    found = seen(survey(observe, tmp_path, files)[Workload])
    assert set(found) == {"Deployment/shop/web", "prod/kustomization.yaml"}
    assert isinstance(found["prod/kustomization.yaml"], Unseen)


def test_an_unrendered_chart_is_one_unseen_subject(tmp_path: Path) -> None:
    files = {
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\n",
        "chart/templates/a.yaml": POD.replace("name: web", "name: {{ .Release.Name }}"),
        "chart/templates/b.yaml": "{{- if .Values.x }}\n" + POD + "{{- end }}\n",
        "chart/templates/plain.yaml": POD,
    }
    found = seen(survey(observe, tmp_path, files)[Workload])
    assert isinstance(found["chart"], Unseen)
    assert found["chart"].why is Reason.INCOMPLETE
    assert set(found) == {"chart", "Deployment/shop/web"}


def test_the_same_object_of_two_overlays_is_two_subjects(tmp_path: Path) -> None:
    found = survey(observe, tmp_path, {"dev/a.yaml": POD, "prod/a.yaml": POD})[Workload]
    assert len({one.subject for one in found.observations}) == 2


RIGHTS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: ServiceAccount, name: bot, namespace: shop}
- {kind: Group, name: "system:masters"}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers: [{identity: {}}, {aescbc: {}}]
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
"""


def test_roles_bindings_namespaces_and_the_cluster(tmp_path: Path) -> None:
    found = survey(observe, tmp_path, {"cluster.yaml": RIGHTS})
    role: Any = only(found[ClusterAccessRole])
    assert role.bound_everywhere
    binding: Any = only(found[ClusterAccessBinding])
    assert binding.subjects == ("ServiceAccount:shop/bot", "Group:system:masters")
    namespace: Any = only(found[KubernetesNamespace])
    assert namespace.enforce == "baseline"
    settings: Any = only(found[KubernetesSettings])
    assert (settings.encrypts_secrets, settings.gitops) == (False, ("Application shop",))


def test_a_repository_without_manifests_has_no_cluster(tmp_path: Path) -> None:
    found = survey(observe, tmp_path, {"compose.yml": "services: {}\n", "a.yaml": "kind: nothing\n"})
    assert all(one.observations == () and one.complete for one in found.values())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["metadata", "spec", "template", "containers", "kind", "items", "name", "securityContext"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_object_is_too_strange(body: Any) -> None:
    for kind in ("Deployment", "List", "Role", "ClusterRoleBinding", "NetworkPolicy", "CronJob"):
        version = "rbac.authorization.k8s.io/v1" if "Role" in kind else "v1"
        objects = read_objects(json.dumps({"apiVersion": version, "kind": kind, "spec": body, "metadata": body}), "a")
        assert isinstance(objects, list)
        assert all(isinstance(item, KubeObject) for item in objects)
        assert list(facts_of(objects, Kustomizations())) is not None
