"""Every kind of store with a way to plant secrets in it, and to take the access away."""

import os
import secrets
from abc import ABC, abstractmethod
from pathlib import Path

from prodproof.reach.secret import Secret
from prodproof.reach.secrets.aws import AwsStore
from prodproof.reach.secrets.kubernetes import KubernetesStore
from prodproof.reach.secrets.local import EnvironmentStore, FileStore
from prodproof.reach.secrets.store import Limits, SecretStore
from prodproof.reach.secrets.vault import VaultStore
from tests.servers.aws import REGION, AwsServer
from tests.servers.kubernetes import KubernetesServer
from tests.servers.vault import VaultServer

QUICK = Limits(connect=1.0, total=1.5)


class Case(ABC):
    """One kind of reference."""

    remote = True
    """Whether it is reached over the network."""

    binary = False
    """Whether it can keep what is no text."""

    @abstractmethod
    def store(self) -> SecretStore:
        """The store, with every right that it needs."""

    @abstractmethod
    def put(self, value: bytes) -> str:
        """Keep a value; its reference."""

    @abstractmethod
    def absent(self) -> str:
        """A reference to nothing."""

    def denied(self) -> SecretStore:
        """The store for somebody who may not."""
        raise NotImplementedError

    def at(self, port: int, limits: Limits = QUICK) -> SecretStore:
        """The store at another port of this machine."""
        raise NotImplementedError


class EnvironmentCase(Case):
    remote = False

    def __init__(self) -> None:
        self._variables: dict[str, str] = {}

    def store(self) -> SecretStore:
        return EnvironmentStore(self._variables)

    def put(self, value: bytes) -> str:
        name = f"V{secrets.token_hex(4)}"
        self._variables[name] = value.decode()
        return f"env:{name}"

    def absent(self) -> str:
        return "env:NONE"


class FileCase(Case):
    remote = False
    binary = True

    def __init__(self, folder: Path, scheme: str) -> None:
        self._folder, self._scheme = folder, scheme

    def store(self) -> SecretStore:
        return FileStore(self._folder, "docker" if self._scheme == "docker" else "files")

    def put(self, value: bytes) -> str:
        name = secrets.token_hex(4)
        (self._folder / name).write_bytes(value)
        return f"{self._scheme}:{name}"

    def absent(self) -> str:
        return f"{self._scheme}:none"


class AwsCase(Case):
    def __init__(self, server: AwsServer, scheme: str) -> None:
        self._server, self._scheme = server, scheme
        self.binary = scheme == "aws-sm"

    def store(self) -> SecretStore:
        return self._at(self._server.url, Limits())

    def put(self, value: bytes) -> str:
        name = secrets.token_hex(4)
        if self._scheme == "aws-ssm":
            self._server.client("ssm").put_parameter(Name=f"/{name}", Value=value.decode(), Type="SecureString")
            return f"aws-ssm:/{name}"
        client = self._server.client("secretsmanager")
        try:
            client.create_secret(Name=name, SecretString=value.decode())
        except UnicodeDecodeError:
            client.create_secret(Name=name, SecretBinary=value)
        return f"aws-sm:{name}"

    def absent(self) -> str:
        return "aws-sm:none" if self._scheme == "aws-sm" else "aws-ssm:/none"

    def at(self, port: int, limits: Limits = QUICK) -> SecretStore:
        return self._at(f"http://127.0.0.1:{port}", limits)

    def _at(self, url: str, limits: Limits) -> SecretStore:
        return AwsStore(REGION, url, Secret("AKIAREADER:reading"), None, limits)


class VaultCase(Case):
    def __init__(self, server: VaultServer, mount: str) -> None:
        self._server, self._mount = server, mount
        self._token = server.token('path "*" { capabilities = ["read", "list", "update"] }')
        self._nobody = server.token('path "elsewhere/*" { capabilities = ["read"] }')

    def store(self) -> SecretStore:
        return VaultStore(self._server.url, Secret(self._token))

    def put(self, value: bytes) -> str:
        name = secrets.token_hex(4)
        data = {"key": value.decode()}
        if self._mount == "old":
            self._server.ask("POST", f"old/shop/{name}", data)
        else:
            self._server.ask("POST", f"{self._mount}/data/shop/{name}", {"data": data})
        return f"vault:{self._mount}/shop/{name}#key"

    def absent(self) -> str:
        return f"vault:{self._mount}/shop/none#key"

    def denied(self) -> SecretStore:
        return VaultStore(self._server.url, Secret(self._nobody))

    def at(self, port: int, limits: Limits = QUICK) -> SecretStore:
        return VaultStore(f"http://127.0.0.1:{port}", Secret(self._token), None, limits)


class KubernetesCase(Case):
    binary = True

    def __init__(self, server: KubernetesServer) -> None:
        self._server = server
        self._environment = {"HOME": os.fspath(server.directory)}

    def store(self) -> SecretStore:
        return KubernetesStore(self._server.configuration(), Limits(), self._environment)

    def put(self, value: bytes) -> str:
        name = secrets.token_hex(4)
        self._server.put("shop", name, {"key": value})
        return f"k8s:shop/{name}#key"

    def absent(self) -> str:
        return "k8s:shop/none#key"

    def denied(self) -> SecretStore:
        return KubernetesStore(self._server.configuration("nobody"), Limits(), self._environment)

    def at(self, port: int, limits: Limits = QUICK) -> SecretStore:
        return KubernetesStore(self._server.configuration(port=port), limits, self._environment)
