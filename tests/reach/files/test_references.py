# ruff: noqa: E501 (file formats stand here as they are written)
"""What configuration files fetch, and with which version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.references import Reference, ReferenceKind
from prodproof.reach.files.references import form_of, image, read_references

DIGEST = "sha256:" + "a" * 64


def found(form: str, text: str) -> list[Reference]:
    result = read_references(form, text)
    assert isinstance(result, list), result
    return result


def said(form: str, text: str) -> list[tuple[str, str | None]]:
    return [(item.name, item.version) for item in found(form, text)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("python", ("python", None, None)),
        ("python:3.12", ("python", "3.12", None)),
        ("localhost:5000/shop", ("localhost:5000/shop", None, None)),
        ("reg.example:5000/a/b:1.2.3", ("reg.example:5000/a/b", "1.2.3", None)),
        (f"python:latest@{DIGEST}", ("python", "latest", DIGEST)),
        (f"python@{DIGEST}", ("python", None, DIGEST)),
        ("python@sha256:abc", ("python@sha256", "abc", None)),
    ],
)
def test_images(written: str, expected: tuple[str, str | None, str | None]) -> None:
    item = image(written, 1)
    assert (item.name, item.version, item.digest) == expected


def test_dockerfile() -> None:
    text = (
        "ARG V=3.12.4\nARG TOOL=ghcr.io/a/uv:0.5.1\nARG NONE\nFROM python:$V AS base\nFROM base AS build\nARG TOOL\n"
        "COPY --from=$TOOL /uv /uv\nCOPY --from=base /a /a\nCOPY --from=0 /b /b\nRUN --mount=type=bind,from=nginx:1.27.0,target=/x ls\n"
        "FROM scratch\nFROM $NONE\nCOPY --from=busybox /bin/sh /sh\n"
    )
    assert said("Dockerfile", text) == [
        ("python", "3.12.4"),
        ("ghcr.io/a/uv", "0.5.1"),
        ("nginx", "1.27.0"),
        ("$NONE", None),
        ("busybox", None),
    ]
    assert found("Dockerfile", text)[3].undecided


def test_packages_that_a_dockerfile_installs() -> None:
    text = (
        "FROM scratch\nRUN apk add git && pip install --no-cache-dir -i https://idx.example/simple 'flask>=2' gunicorn==22.0.0 "
        "&& pip install -r requirements.txt . ./wheels/x.whl\n"
        "RUN python3 -m pip install $EXTRA; npm install -g @angular/cli pm2@5.4.0; go install golang.org/x/tools/gopls@latest\n"
        "RUN sed -i 's|pip install|x|' a\n"
    )
    items = [(item.name, item.version) for item in found("Dockerfile", text) if item.kind is ReferenceKind.PACKAGE]
    assert items == [
        ("flask", None), ("gunicorn", "22.0.0"), ("@angular/cli", None), ("pm2", "5.4.0"), ("golang.org/x/tools/gopls", "latest"),
    ]  # fmt: skip


def test_workflow() -> None:
    text = """
on: push
jobs:
  build:
    runs-on: ubuntu-24.04
    container: ${{ matrix.os.image }}
    strategy:
      matrix:
        os:
          - image: alpine:3.20.1
        include:
          - os: { image: debian:12.5 }
    services:
      db: { image: postgres:16 }
    steps:
      - uses: actions/checkout@v4
      - uses: ./local
      - uses: docker://alpine:3.20
      - run: |
          echo "uses: nothing@v1"
  call:
    uses: acme/ci/.github/workflows/x.yml@main
"""
    assert sorted(said("workflow", text), key=str) == [
        ("acme/ci/.github/workflows/x.yml", "main"),
        ("actions/checkout", "v4"),
        ("alpine", "3.20"),
        ("alpine", "3.20.1"),
        ("debian", "12.5"),
        ("postgres", "16"),
    ]


def test_compose_gitlab_hooks_and_values() -> None:
    compose = (
        "services:\n  db: {image: 'postgres:${PG:-16.2}'}\n  web: {build: ., image: shop}\n  x: {image: 'shop:${TAG}'}\n"
        "  y: {image: '${REG?need}/y:1'}\n"
    )
    assert said("compose", compose)[0] == ("postgres", "16.2")
    assert [item.undecided for item in found("compose", compose)] == [False, True, True]
    gitlab = (
        "image: python:3.12\ninclude:\n  - project: acme/ci\n    ref: main\n    file: a.yml\n  - local: b.yml\n"
        "  - component: gitlab.example/x/y@1.0.0\n  - remote: https://x.example/c.yml\n"
        "test:\n  image: {name: 'node:22.1.0'}\n  services: ['redis:7', {name: 'postgres:16.1'}]\n"
    )
    assert sorted(said("GitLab CI", gitlab), key=str) == sorted([
        ("python", "3.12"), ("acme/ci", "main"), ("gitlab.example/x/y", "1.0.0"), ("https://x.example/c.yml", None),
        ("node", "22.1.0"), ("redis", "7"), ("postgres", "16.1"),
    ], key=str)  # fmt: skip
    hooks = "repos:\n  - repo: https://github.com/a/b\n    rev: v1.0.0\n  - repo: local\n    hooks: []\n"
    assert said("pre-commit", hooks) == [("https://github.com/a/b", "v1.0.0")]
    values = "image: {repository: acme/web, tag: latest}\nside: {repository: acme/x, tag: ''}\n"
    assert said("Helm values", values) == [("acme/web", "latest")]


def test_kubernetes_and_charts() -> None:
    pod = (
        "kind: Pod\nspec:\n  initContainers: [{name: a, image: 'a:1'}]\n  containers:\n    - name: b\n      image: b\n"
    )
    assert sorted(said("Kubernetes", f"{pod}---\n{pod}"), key=str) == [("a", "1"), ("a", "1"), ("b", None), ("b", None)]
    chart = 'spec:\n{{ if .x }}\n  containers:\n    - image: busybox\n    - image: "{{ .Values.r }}:{{ .Values.t }}"\n{{ end }}\n'
    items = found("Kubernetes", chart)
    assert [(item.name, item.undecided) for item in items] == [
        ("busybox", False),
        ("{{ .Values.r }}:{{ .Values.t }}", True),
    ]


def test_terraform() -> None:
    text = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
    old = "1.0"
  }
}
# module "off" { source = "x/y/z" }
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
  tags    = { a = "b" }
}
module "own" { source = "./own" }
module "git" {
  source = "git::https://token@github.com/a/b.git//sub?ref=v1.2.0&depth=1"
}
"""
    assert said("terraform", text) == [
        ("hashicorp/aws", "~> 5.0"), ("old", "1.0"), ("terraform-aws-modules/vpc/aws", "5.8.1"),
        ("git::https://github.com/a/b.git//sub", "v1.2.0"),
    ]  # fmt: skip
    assert "token" not in repr(found("terraform", text))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (".github/workflows/a.yml", "workflow"), ("a/action.yml", "workflow"), (".gitlab-ci.yml", "GitLab CI"),
        ("docker-compose.prod.yml", "compose"), ("compose.yaml", "compose"), ("Dockerfile.web", "Dockerfile"),
        (".pre-commit-config.yaml", "pre-commit"), ("infra/main.tf", "terraform"), ("chart/values-prod.yaml", "Helm values"),
        ("k8s/web.yaml", "Kubernetes"), ("README.md", None),
    ],
)  # fmt: skip
def test_forms(path: str, form: str | None) -> None:
    assert form_of(path) == form


@given(
    st.sampled_from(("Dockerfile", "workflow", "GitLab CI", "compose", "pre-commit", "terraform", "Helm values", "Kubernetes")),
    st.lists(
        st.sampled_from(
            ("image: ", "uses: ", "- ", "\n", "  ", "{", "}", "[", "]", "x:1@sha256:", "containers:\n", "services:\n", "repos:\n",
             "FROM ", "${", "{{", "module \"a\" {", "source = \"", "\"", "RUN pip install ", "jobs:\n", "&a ", "*a", "include:\n", "\t")
        ),
        max_size=14,
    ).map("".join),
)  # fmt: skip
def test_no_text_makes_it_fail(form: str, text: str) -> None:
    assert isinstance(read_references(form, text), list | Unseen)
