"""The servers, and each kind of credential in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reach.rotation.cases import (
    Case,
    of_aws,
    of_commands,
    of_postgres,
    of_redis,
    of_static_roles,
    of_vault_leases,
)
from tests.servers import aws, postgres, vault


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="module")
def aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[aws.AwsServer, str]]:
    with aws.running(tmp_path_factory.mktemp("aws"), keys=True) as server:
        admin = server.user("keeper", aws.ALL)
        server.lock()
        yield server, admin


@pytest.fixture(scope="module")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vault.VaultServer]:
    with vault.running(tmp_path_factory.mktemp("vault")) as server:
        server.ask("POST", "sys/mounts/database", {"type": "database"})
        yield server


@pytest.fixture(params=["postgres", "redis", "command", "aws", "vault-lease", "vault-static"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    made = {
        "postgres": of_postgres, "redis": of_redis, "command": of_commands, "aws": of_aws,
        "vault-lease": of_vault_leases, "vault-static": of_static_roles,
    }[request.param]  # fmt: skip
    yield from made(request, tmp_path)
