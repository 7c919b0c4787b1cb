"""Dockerfiles, compose files, units and ECS services to facts."""

from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.runtime import ComposeService, EcsService, ImageUser, SystemdUnit
from prodproof.probes.runtime import observe
from tests.probes.files import only, seen, survey


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("FROM python:3\nUSER shop\n", "shop"),
        ("FROM python:3\nUSER shop\nUSER root\n", "root"),
        ("FROM python:3 AS base\nUSER shop\nFROM base\nRUN x\n", "shop"),
        ("FROM python:3 AS base\nUSER shop\nFROM debian\nRUN x\n", None),
        ("FROM python:3\nARG ID=1000\nUSER ${ID}:${ID}\n", "1000:1000"),
        ("FROM python:3\n", None),
    ],
)
def test_the_last_stage_decides(tmp_path: Path, text: str, user: str | None) -> None:
    found: Any = only(survey(observe, tmp_path, {"Dockerfile": text})[ImageUser])
    assert (found.user, found.resolved, found.drops_rights) == (user, True, False)


def test_users_that_only_the_build_or_the_entry_point_knows(tmp_path: Path) -> None:
    files = {
        "a/Dockerfile": "FROM python:3\nARG ID\nUSER $ID\n",
        "b/Dockerfile": 'FROM python:3\nENTRYPOINT ["gosu", "shop", "serve"]\n',
        "c/Dockerfile.dev": "FROM python:3\n",
        "d/Dockerfile": "nonsense\n",
    }
    found = seen(survey(observe, tmp_path, files)[ImageUser])
    assert (found["a/Dockerfile"].resolved, found["b/Dockerfile"].drops_rights) == (False, True)
    assert "c/Dockerfile.dev" not in found
    assert isinstance(found["d/Dockerfile"], Unseen)
    assert found["d/Dockerfile"].why is Reason.INCOMPLETE


COMPOSE = """\
x-base: &base {privileged: true, pid: host}
services:
  web:
    <<: *base
    user: 0
    cap_add: [SYS_ADMIN, CAP_NET_ADMIN]
    security_opt: ["seccomp:unconfined", "no-new-privileges:true"]
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
      - /etc:/host/etc
      - /etc:/host/ro:ro
      - data:/data
      - {type: bind, source: /, target: /host}
  stack:
    healthcheck: {test: [CMD, "true"]}
    deploy: {update_config: {parallelism: 0, failure_action: rollback}}
  quiet:
    healthcheck: {disable: true}
"""


def test_compose_services(tmp_path: Path) -> None:
    files = {"compose.yml": COMPOSE, "compose.override.yml": COMPOSE}
    found = seen(survey(observe, tmp_path, files)[ComposeService])
    web, stack, quiet = (found[f"compose.yml {name}"] for name in ("web", "stack", "quiet"))
    assert (web.privileged, web.user, web.host_namespaces) == (True, "0", ("pid",))
    assert (web.added, web.unconfined) == (("SYS_ADMIN", "NET_ADMIN"), ("seccomp",))
    assert web.mounts == ("/var/run/docker.sock", "/etc", "/")
    assert (stack.deployed, stack.health_check, stack.update.parallelism) == (True, True, 0)
    assert (quiet.deployed, quiet.health_check) == (False, False)
    assert len(found) == 3


def test_a_file_that_is_only_named_like_a_compose_file(tmp_path: Path) -> None:
    files = {
        "rules/stackdriver-exporter.yml": "groups:\n  - name: a\n    rules: []\n",
        "stack.yml": "services: {web: {image: shop}}\n",
        "ui/decompose.yaml": "services: {{ x }}\n",
    }
    assert set(seen(survey(observe, tmp_path, files)[ComposeService])) == {"stack.yml web"}


def test_units(tmp_path: Path) -> None:
    text = (
        "[Unit]\nUser=nobody\n[Service]\nUser=root\nUser=shop\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nType=simple\n"
    )
    files = {"a.service": text, "b.service": "[Service]\nUser={{ user }}\n", "c.service": "[Avahi]\n"}
    found = seen(survey(observe, tmp_path, files)[SystemdUnit])
    assert (found["a.service"].user, found["a.service"].ambient) == ("shop", ("NET_BIND_SERVICE",))
    assert isinstance(found["b.service"], Unseen)
    assert set(found) == {"a.service", "b.service"}


def test_ecs_services(tmp_path: Path) -> None:
    terraform = """
resource "aws_ecs_service" "web" {
  name                               = "web"
  deployment_minimum_healthy_percent = 0
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
}
"""
    resource = "  Web:\n    Type: AWS::ECS::Service\n    Properties:\n      DeploymentController: {Type: CODE_DEPLOY}\n"
    stack = f"Resources:\n{resource}"
    files = {"main.tf": terraform, "stack.yaml": stack, "bad.tf": "resource aws_ecs_service {"}
    found = seen(survey(observe, tmp_path, files)[EcsService])
    web = found["main.tf web"]
    assert (web.circuit_breaker, web.rolls_back, web.minimum_healthy, web.location.line) == (True, True, 0, 2)
    assert found["stack.yaml Web"].controller == "CODE_DEPLOY"
    assert isinstance(found["bad.tf"], Unseen)
