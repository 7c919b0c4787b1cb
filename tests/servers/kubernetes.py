"""The few paths of a Kubernetes API server that secrets are read by, so that the real `kubectl` can be asked."""

import base64
import json
import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from prodproof.range.components.certificates import Authority

KINDS = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")


class KubernetesServer:
    """A running one: secrets and roles as plain data, one token that may read them."""

    def __init__(self, directory: Path, port: int, authority: Authority) -> None:
        self.directory, self.port = directory, port
        self._authority = authority
        self.secrets: dict[tuple[str, str], dict[str, Any]] = {}
        self.roles: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}

    def put(self, namespace: str, name: str, data: dict[str, bytes], written: str = "2026-11-01T00:00:00Z") -> None:
        """Keep a secret whose data was written at that time."""
        self.secrets[namespace, name] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {
                "namespace": namespace,
                "name": name,
                "creationTimestamp": "2025-01-01T00:00:00Z",
                "resourceVersion": "7",
                "labels": {"app": "shop"},
                "managedFields": [
                    {"manager": "kubectl", "operation": "Update", "time": written, "fieldsV1": {"f:data": {}}},
                    {"manager": "x", "time": "2026-11-20T00:00:00Z", "fieldsV1": {"f:metadata": {}}},
                ],
            },
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }

    def configuration(self, token: str = "reader", port: int | None = None) -> Path:
        """A kubeconfig file for a token."""
        file = self.directory / f"kubeconfig-{token}-{port or self.port}"
        # Without TLS kubectl sends no token.
        where = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": str(self._authority.ca_file)}
        cluster = {"name": "c", "cluster": where if port is None else {"server": f"http://127.0.0.1:{port}"}}
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [cluster],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"token": token}}],
        }  # fmt: skip
        file.write_text(yaml.safe_dump(document))
        return file

    def answer(self, path: str, token: str) -> tuple[int, dict[str, Any]]:
        """Status and document for a path."""
        rbac = "rbac.authorization.k8s.io"
        known: dict[str, dict[str, Any]] = {
            "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{
                "name": rbac, "versions": [{"groupVersion": f"{rbac}/v1", "version": "v1"}],
                "preferredVersion": {"groupVersion": f"{rbac}/v1", "version": "v1"}}]},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                {"name": "secrets", "singularName": "secret", "namespaced": True, "kind": "Secret",
                 "verbs": ["get", "list"]}]},
            f"/apis/{rbac}/v1": {"kind": "APIResourceList", "groupVersion": f"{rbac}/v1", "resources": [
                {"name": kind, "singularName": kind[:-1], "namespaced": not kind.startswith("c"),
                 "kind": _kind(kind), "verbs": ["get", "list"]} for kind in KINDS]},
        }  # fmt: skip
        if path in known:
            return 200, known[path]
        if token != "Bearer reader":
            return 403, _status(403, "Forbidden", "secrets is forbidden: User cannot get resource")
        if path == "/api/v1/secrets":
            return 200, {"kind": "SecretList", "apiVersion": "v1", "items": list(self.secrets.values())}
        for kind in KINDS:
            if path == f"/apis/{rbac}/v1/{kind}":
                return 200, {"kind": f"{_kind(kind)}List", "apiVersion": f"{rbac}/v1", "items": [
                    {"apiVersion": f"{rbac}/v1", **item} for item in self.roles[kind]]}  # fmt: skip
        parts = path.split("/")
        if len(parts) == 7 and parts[5] == "secrets" and (parts[4], parts[6]) in self.secrets:
            return 200, self.secrets[parts[4], parts[6]]
        return 404, _status(404, "NotFound", f'secrets "{parts[-1]}" not found')


def _kind(name: str) -> str:
    return {"roles": "Role", "clusterroles": "ClusterRole", "rolebindings": "RoleBinding",
            "clusterrolebindings": "ClusterRoleBinding"}[name]  # fmt: skip


def _status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code,
            "message": message}  # fmt: skip


@contextmanager
def running(directory: Path) -> Iterator[KubernetesServer]:
    """Serve in threads of this process."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = server.answer(self.path.partition("?")[0], self.headers.get("Authorization", ""))
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    authority = Authority(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("127.0.0.1"))
    listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
    server = KubernetesServer(directory, listening.server_address[1], authority)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
