"""The servers that stores are tried on; each is started once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reach.secrets.cases import AwsCase, Case, EnvironmentCase, FileCase, KubernetesCase, VaultCase
from tests.servers import aws, kubernetes, vault

SETUP: list[dict[str, Any]] = [
    {"path": "sys/mounts/secret", "data": {"type": "kv", "options": {"version": "2"}}},
    {"path": "sys/mounts/teams/shop", "data": {"type": "kv-v2"}},
    {"path": "sys/mounts/old", "data": {"type": "kv"}},
    {"path": "sys/mounts/database", "data": {"type": "database"}},
    {"path": "sys/auth/approle", "data": {"type": "approle"}},
]


@pytest.fixture(scope="session")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vault.VaultServer]:
    with vault.running(tmp_path_factory.mktemp("vault"), SETUP) as server:
        yield server


@pytest.fixture(scope="session")
def aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.AwsServer]:
    with aws.running(tmp_path_factory.mktemp("aws")) as server:
        yield server


@pytest.fixture(scope="session")
def kubernetes_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kubernetes.KubernetesServer]:
    with kubernetes.running(tmp_path_factory.mktemp("kubernetes")) as server:
        yield server


LOCAL = ("env", "file", "docker")
REMOTE = ("aws-sm", "aws-ssm", "vault", "vault-nested", "vault-v1", "k8s")


def made(name: str, request: pytest.FixtureRequest, folder: Path) -> Case:
    """The case of that name, its server started."""
    if name == "env":
        return EnvironmentCase()
    if name in ("file", "docker"):
        return FileCase(folder, name)
    if name.startswith("aws"):
        return AwsCase(request.getfixturevalue("aws_server"), name)
    if name == "k8s":
        return KubernetesCase(request.getfixturevalue("kubernetes_server"))
    mount = {"vault": "secret", "vault-nested": "teams/shop", "vault-v1": "old"}[name]
    return VaultCase(request.getfixturevalue("vault_server"), mount)


@pytest.fixture(params=[*LOCAL, *REMOTE])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each kind of reference in turn."""
    return made(request.param, request, tmp_path)


@pytest.fixture(params=REMOTE)
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each kind that is reached over the network."""
    return made(request.param, request, tmp_path)
