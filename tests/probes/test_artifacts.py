"""Secrets in Dockerfiles, manifests, compose files, and in what was built."""

import base64
import io
import json
import secrets
import tarfile
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason
from prodproof.facts.artifacts import ArtifactSearch, Baking, BuildFiles
from prodproof.facts.declared import Artifact, Secret
from prodproof.probes.artifacts import build_files, built
from prodproof.trace.patterns.canary import made_up, rule_of
from tests.probes.work import Work, seen_by, why, world_of
from tests.probes.work import kept_here as kept_here

pytestmark = pytest.mark.usefixtures("kept_here")
LITERAL = "9vTq2-Lw8xRk"
SIGNING = Secret(name="signing", ref="env:TEST_SIGNING_KEY")
IMAGE = Artifact(path="dist/*.tar", kind="image")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "shop")


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_urlsafe(30)
    monkeypatch.setenv("TEST_SIGNING_KEY", value)
    return value


def look(work: Work, **files: str) -> BuildFiles:
    for path, text in files.items():
        work.put(path.replace("__", "/"), text)
    work.commit()
    found = seen_by(build_files, world_of(work.directory))
    assert isinstance(found, BuildFiles), found
    return found


def baked(work: Work, path: str, text: str) -> list[tuple[Baking, str, int | None]]:
    work.write(path, text)
    found = seen_by(build_files, world_of(work.directory))
    assert isinstance(found, BuildFiles), found
    return [(item.how, item.name, item.location.line) for item in found.baked]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"ENV DATABASE_PASSWORD={LITERAL}", (Baking.IMAGE_VARIABLE, "DATABASE_PASSWORD")),
        (f'ENV A=1 API_TOKEN="{LITERAL}"', (Baking.IMAGE_VARIABLE, "API_TOKEN")),
        (f"ENV SECRET_KEY {LITERAL}", (Baking.IMAGE_VARIABLE, "SECRET_KEY")),
        (f"ARG NPM_TOKEN={LITERAL}", (Baking.IMAGE_VARIABLE, "NPM_TOKEN")),
        ("ARG NPM_TOKEN", (Baking.BUILD_ARGUMENT, "NPM_TOKEN")),
        (f"RUN SECRET_KEY={LITERAL} python manage.py migrate", (Baking.COMMAND, "SECRET_KEY")),
        (f"RUN <<EOF\nexport DB_PASSWORD='{LITERAL}'\nEOF", (Baking.COMMAND, "DB_PASSWORD")),
        ("COPY .env /app/", (Baking.COPY, ".env")),
        ('ADD ["deploy/.env.production", "/app/.env"]', (Baking.COPY, "deploy/.env.production")),
        ("COPY --chown=1:1 keys/id_rsa /root/.ssh/", (Baking.COPY, "keys/id_rsa")),
        ("COPY .aws /root/.aws", (Baking.COPY, ".aws")),
        ("ENV PASSWORD_FILE=/run/secrets/db", None),
        ("ENV TOKEN_TTL=3600s JWT_ALGORITHM=HS256a9", None),
        ("ENV PUBLIC_KEY=MCowBQYDK2VwAyEAGb9F", None),
        ("ENV SECRET_KEY=$KEY", None),
        ("ENV SECRET_KEY=changeme", None),
        ("ENV SECRET_KEY=", None),
        ("ARG VERSION=1", None),
        ("RUN SECRET_KEY=$(cat /run/secrets/key) python manage.py migrate", None),
        ("RUN --mount=type=secret,id=token,env=TOKEN make", None),
        ("COPY .env.example /app/", None),
        ("COPY requirements.txt keyboard.py /app/", None),
    ],
)
def test_dockerfiles(work: Work, line: str, expected: tuple[Baking, str] | None) -> None:
    found = baked(work, "Dockerfile", f"FROM debian:12\n{line}\nUSER 1000\n")
    assert found == ([(*expected, 2)] if expected else [])


def test_only_what_is_shipped_counts_for_files_and_arguments(work: Work) -> None:
    first = f"FROM a AS build\nARG NPM_TOKEN\nCOPY .env .\nENV DB_PASSWORD={LITERAL}\n"
    text = f"{first}FROM a AS base\nARG API_TOKEN\nFROM base\n"
    assert baked(work, "Dockerfile", text) == [
        (Baking.IMAGE_VARIABLE, "DB_PASSWORD", 4),
        (Baking.BUILD_ARGUMENT, "API_TOKEN", 6),
    ]


def test_an_argument_before_the_first_stage(work: Work) -> None:
    assert baked(work, "Dockerfile", f"ARG PIP_TOKEN={LITERAL}\nFROM a\n") == [(Baking.IMAGE_VARIABLE, "PIP_TOKEN", 1)]


def test_config_maps_and_secrets(work: Work) -> None:
    encoded = base64.b64encode(LITERAL.encode()).decode()
    text = f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: shop}}
data:
  API_TOKEN: {LITERAL}
  apiToken: {LITERAL}
  LOG_LEVEL: info
  TOKEN_URL: https://id.example/token
---
apiVersion: v1
kind: Secret
metadata: {{name: shop}}
data:
  anything: {encoded}
  empty: ""
stringData:
  other: {LITERAL}
  filled: ${{FROM_CI}}
---
apiVersion: v1
kind: Secret
metadata: {{name: sealed}}
data: {{key: {encoded}}}
sops: {{mac: x}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {{name: shop}}
spec: {{encryptedData: {{key: {encoded}}}}}
"""
    assert baked(work, "k8s/shop.yaml", text) == [
        (Baking.CONFIG_MAP, "API_TOKEN", 5),
        (Baking.CONFIG_MAP, "apiToken", 6),
        (Baking.SECRET_MANIFEST, "anything", 14),
        (Baking.SECRET_MANIFEST, "other", 17),
    ]


def test_literals_of_containers(work: Work) -> None:
    text = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      containers:
        - name: web
          env:
            - name: DB_PASSWORD
              value: {LITERAL}
            - name: API_TOKEN
              valueFrom: {{secretKeyRef: {{name: shop, key: token}}}}
"""
    assert baked(work, "k8s/web.yaml", text) == [(Baking.CONTAINER_VARIABLE, "DB_PASSWORD", 10)]


def test_compose_files(work: Work) -> None:
    text = f"""\
services:
  web:
    build: {{context: ., args: {{PIP_TOKEN: {LITERAL}}}}}
    environment:
      DB_PASSWORD: {LITERAL}
      API_TOKEN: ${{API_TOKEN}}
  db:
    image: postgres
    environment:
      - POSTGRES_PASSWORD={LITERAL}
"""
    assert baked(work, "compose.yaml", text) == [
        (Baking.CONTAINER_VARIABLE, "DB_PASSWORD", 5),
        (Baking.IMAGE_VARIABLE, "PIP_TOKEN", 3),
        (Baking.CONTAINER_VARIABLE, "POSTGRES_PASSWORD", 9),
    ]


def test_rules_and_values_look_at_them_too(work: Work, value: str) -> None:
    work.put("Dockerfile", f"FROM a\nRUN curl https://x/?k={value}\n")
    work.put("app.py", made_up(rule_of("stripe-secret-key")))
    head = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  motd: |\n    "
    work.write("k8s/web.yaml", head + made_up(rule_of("stripe-secret-key")))
    found = seen_by(build_files, world_of(work.directory, trusted=True, all_secrets=(SIGNING,)))
    assert isinstance(found, BuildFiles)
    assert [(item.rule, item.path) for item in found.traced.seen] == [
        ("value", "Dockerfile"),
        ("stripe-secret-key", "k8s/web.yaml"),
    ]
    assert value not in repr(found) and LITERAL not in repr(look(work, Dockerfile=f"FROM a\nENV API_TOKEN={LITERAL}\n"))


def test_no_such_files(work: Work) -> None:
    found = look(work, README="x")
    assert (found.files, found.baked, found.traced.rules) == (0, (), 0)


def test_what_cannot_be_read_is_a_gap(work: Work) -> None:
    work.write("Dockerfile", "this is no Dockerfile\n")
    survey: Any = build_files.observe(world_of(work.directory).declared.repositories[0], world_of(work.directory))
    assert [gap.why for gap in survey.gaps] == [Reason.INCOMPLETE]


def archive(directory: Path, *layers: dict[str, bytes], env: tuple[str, ...] = ()) -> None:
    """A Docker archive (`docker save`)."""
    members: dict[str, bytes] = {}
    for number, layer in enumerate(layers):
        members[f"{number}/layer.tar"] = tarred(layer)
    members["config.json"] = json.dumps({"config": {"Env": list(env)}, "rootfs": {"type": "layers"}}).encode()
    manifest = [{"Config": "config.json", "Layers": [f"{number}/layer.tar" for number in range(len(layers))]}]
    members["manifest.json"] = json.dumps(manifest).encode()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "shop.tar").write_bytes(tarred(members))


def tarred(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as file:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return made.getvalue()


def search(directory: Path, artifact: Artifact = IMAGE, **declared: Any) -> ArtifactSearch:
    found = seen_by(built, world_of(directory, **declared), artifact)
    assert isinstance(found, ArtifactSearch), found
    return found


def test_an_image_layer_by_layer(tmp_path: Path, value: str) -> None:
    archive(
        tmp_path / "dist",
        {"etc/passwd": b"root:x:0:0::/root:/bin/sh\n"},
        {"app/.env": f"SIGNING={value}\n".encode()},
        {"app/.wh..env": b""},
        env=(f"KEY={value}",),
    )
    found = search(tmp_path, trusted=True, all_secrets=(SIGNING,))
    assert found.files == ("dist/shop.tar",)
    assert [item.rule for item in found.traced.seen if item.rule == "value"] == ["value", "value"]
    assert {"app/.env" in item.path for item in found.traced.seen if item.rule == "value"} == {True, False}


def test_a_clean_image(tmp_path: Path) -> None:
    archive(tmp_path / "dist", {"etc/hostname": b"shop\n"})
    found = search(tmp_path)
    assert (found.traced.seen, found.traced.unsearched) == ((), ())


def test_a_bundle_and_a_package(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "app.js").write_bytes(b"x=1;" + made_up(rule_of("stripe-secret-key")))
    found = search(tmp_path, Artifact(path="dist/*.js", kind="bundle"))
    assert [item.rule for item in found.traced.seen] == ["stripe-secret-key"]


def test_nothing_was_built(tmp_path: Path) -> None:
    assert why(seen_by(built, world_of(tmp_path), IMAGE)) is Reason.UNREACHABLE


@pytest.mark.parametrize("content", [b"", b"no tar", tarred({"README": b"x"})])
def test_what_is_no_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "shop.tar").write_bytes(content)
    assert why(seen_by(built, world_of(tmp_path), IMAGE)) is Reason.INCOMPLETE


def test_a_layer_that_is_cut_off(tmp_path: Path) -> None:
    archive(tmp_path / "dist", {"etc/hostname": b"shop\n" * 5_000})
    file = tmp_path / "dist" / "shop.tar"
    members = {
        "manifest.json": b'[{"Config": "c", "Layers": ["0/layer.tar"]}]',
        "0/layer.tar": file.read_bytes()[:1500],
    }
    file.write_bytes(tarred(members))
    assert search(tmp_path).traced.unsearched


def test_without_trust_the_values_are_not_searched_for(tmp_path: Path, value: str) -> None:
    archive(tmp_path / "dist", {"app/.env": f"SIGNING={value}\n".encode()})
    found = search(tmp_path, all_secrets=(SIGNING,))
    assert [item.why for item in found.traced.unresolved] == [Reason.NOT_PERMITTED]
