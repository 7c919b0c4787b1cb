# ruff: noqa: E501 (file formats stand here as they are written)
"""The probes of dependencies on small repositories."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Survey, Unseen
from prodproof.facts import declared as said
from prodproof.facts.codec import decode, encode
from prodproof.facts.dependencies import DependencyAudit, FlutterAudit, Manifest, Purpose
from prodproof.facts.dependency_use import DependencyUse
from prodproof.facts.references import ExternalReferences
from prodproof.facts.registries import RegistrySettings
from prodproof.probes import dependency_audit, dependency_use, manifests, registries
from prodproof.probes.probe import Probe
from prodproof.range.components.advisories import write_export
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HERE = said.Repository(path=".")


def look(probe: Probe, directory: Path, files: Mapping[str, str], source: str = "none") -> dict[type, dict[str, Any]]:
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    declared = said.Declared(
        system="x",
        environment=said.Environment(name="production"),
        root=str(directory),
        repositories=(HERE,),
        advisories=said.Advisories(source=source),
    )
    world = World(declared, NOW, repositories={".": RepositoryReader.open(directory)})
    answer = probe.observe(HERE, world)
    surveys = answer if isinstance(answer, tuple) else (answer,)
    found: dict[type, dict[str, Any]] = {}
    for survey in surveys:
        assert isinstance(survey, Survey)
        found[survey.fact] = {item.subject.name: item.seen for item in survey.observations}
        for fact in found[survey.fact].values():
            if not isinstance(fact, Unseen):
                assert decode(type(fact), encode(fact)) == fact
    return found


def test_audit(tmp_path: Path) -> None:
    write_export(tmp_path / "osv", NOW)
    files = {
        "requirements.txt": "django==4.2.10\nredis>=5\n",
        "requirements-dev.txt": "django==4.2.10\n",
        "tests/fixtures/requirements.txt": "django==4.2.10\n",
        "package-lock.json": json.dumps({"packages": {"node_modules/minimist": {"version": "1.2.5", "dev": True}}}),
        "Cargo.lock": '[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry+https://x.example"\n',
        "pubspec.lock": 'packages:\n  http: {source: hosted, version: "0.13.2", description: {name: http}}\n',
    }
    found = look(dependency_audit.observe, tmp_path, files, "osv-export:osv")
    audits = found[DependencyAudit]
    python = audits["requirements.txt"]
    assert [hit.ids[0] for hit in python.known] == ["CVE-2024-27351"]
    assert (python.ranges, python.packages, python.whole, python.data_age_days) == (("redis",), 1, False, 0)
    assert audits["requirements-dev.txt"].purpose is Purpose.DEVELOPMENT
    assert audits["tests/fixtures/requirements.txt"].known == ()
    assert [hit.development for hit in audits["package-lock.json"].known] == [True]
    assert [item.package for item in audits["Cargo.lock"].not_looked_up] == ["serde"]
    assert [hit.ids[0] for hit in found[FlutterAudit]["pubspec.lock"].known] == ["CVE-2020-35669"]


@pytest.mark.parametrize(
    ("source", "reason"), [("none", Reason.NOT_CONFIGURED), ("osv-export:gone", Reason.UNREACHABLE)]
)
def test_audit_without_a_source(tmp_path: Path, source: str, reason: Reason) -> None:
    found = look(dependency_audit.observe, tmp_path, {"requirements.txt": "django==4.2.10\n"}, source)
    unseen = found[DependencyAudit]["requirements.txt"]
    assert isinstance(unseen, Unseen) and unseen.why is reason


def test_manifests_and_references(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:latest\n",
        "broken/Dockerfile": "{{ template }}\n",
        "infra/main.tf": 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws", version = "5.1.0" }\n  }\n}\n',
        "infra/.terraform.lock.hcl": "",
        "k8s/a.yaml": "kind: ConfigMap\n",
        "mkdocs.yml": "x: !!python/name:os.system\n",
        "requirements.txt": "django\n",
    }
    found = look(manifests.observe, tmp_path, files)
    assert set(found[Manifest]) == {"requirements.txt"}
    references = found[ExternalReferences]
    assert set(references) == {"Dockerfile", "broken/Dockerfile", "infra/main.tf"}
    assert isinstance(references["broken/Dockerfile"], Unseen)
    assert references["infra/main.tf"].references[0].locked


def test_registries(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "--extra-index-url https://x.example/simple\nacme-core==1.0\n",
        "pip.conf": "[global\n",
        "Dockerfile": "FROM a\nENV NPM_CONFIG_REGISTRY=https://npm.example\nENV PIP_INDEX_URL=https://y.example\n",
    }
    found = look(registries.observe, tmp_path, files)[RegistrySettings]
    assert found["requirements.txt"].unhashed == ("acme-core",)
    assert isinstance(found["pip.conf"], Unseen)


def used(found: DependencyUse) -> dict[str, str]:
    return {item.name: item.used for item in found.packages}


def installed(directory: Path, name: str, record: str, extra: str = "", points: str = "") -> None:
    folder = directory / ".venv/lib/python3.12/site-packages" / f"{name}-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Name: {name}\nVersion: 1\n{extra}\n\nRequires-Dist: prose\n")
    (folder / "RECORD").write_text(record)
    (folder / "entry_points.txt").write_text(points)


def test_use_with_metadata(tmp_path: Path) -> None:
    installed(tmp_path, "Pillow", "PIL/__init__.py,,\nPIL/Image.py,,\n")
    installed(tmp_path, "google-cloud-storage", "google/cloud/storage/__init__.py,,\n")
    installed(tmp_path, "google-cloud-tasks", "google/cloud/tasks/__init__.py,,\n")
    installed(tmp_path, "requests", "requests/__init__.py,,\n")
    installed(tmp_path, "whitenoise", "whitenoise/__init__.py,,\n")
    installed(tmp_path, "Gunicorn", "gunicorn/__init__.py,,\n../../../bin/gunicorn,,\n")
    installed(
        tmp_path, "pytest-django", "pytest_django/__init__.py,,\n", points="[pytest11]\ndjango = pytest_django.plugin\n"
    )
    installed(tmp_path, "psycopg", "psycopg/__init__.py,,\n", "Requires-Dist: typing-extensions>=4")
    installed(tmp_path, "typing-extensions", "typing_extensions.py,,\n")
    names = "pillow google-cloud-storage google-cloud-tasks requests whitenoise gunicorn pytest-django psycopg typing-extensions"
    files = {
        "requirements.in": "\n".join(names.split()) + "\n",
        "shop/views.py": '"""It requests things."""\nfrom PIL import Image\nfrom google.cloud import storage\n',
        "shop/settings.py": 'M = ["whitenoise.middleware.X"]\nE = "django.db.backends.postgresql"\n',
        "Procfile": "web: gunicorn shop.wsgi\n",
        "k8s/web.yaml": "resources:\n  requests: {cpu: 1}\n",
    }
    found = look(dependency_use.observe, tmp_path, files)[DependencyUse]["requirements.in"]
    assert found.metadata == ".venv/lib/python3.12/site-packages"
    assert [name for name, use in used(found).items() if not use] == ["google-cloud-tasks", "requests"]
    assert used(found)["typing-extensions"] == "psycopg needs it"


def test_use_without_metadata(tmp_path: Path) -> None:
    files = {"requirements.in": "django\nbeautifulsoup4\n", "a.py": "import django, bs4\nprint 'python 2'\n"}
    found = look(dependency_use.observe, tmp_path, files)[DependencyUse]["requirements.in"]
    assert [(item.name, bool(item.used), item.described) for item in found.packages] == [
        ("django", True, False),
        ("beautifulsoup4", False, False),
    ]


def test_use_of_npm_packages(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps(
            {
                "private": True,
                "scripts": {"build": "tsc -p ."},
                "dependencies": {"react": "1", "react-dom": "1", "typescript": "1", "left-pad": "1", "@s/a": "1"},
            }
        ),
        "package-lock.json": json.dumps(
            {
                "packages": {
                    "node_modules/react": {"version": "1.0.0"},
                    "node_modules/react-dom": {"version": "1.0.0"},
                    "node_modules/typescript": {"version": "1.0.0", "bin": {"tsc": "bin/tsc"}},
                    "node_modules/left-pad": {"version": "1.0.0"},
                    "node_modules/@s/a": {"version": "1.0.0", "peerDependencies": {"react-dom": "1"}},
                }
            }
        ),
        "src/a.tsx": "import React from 'react'\nimport x from '@s/a/deep'\n",
    }
    found = look(dependency_use.observe, tmp_path, files)[DependencyUse]["package.json"]
    assert [(item.name, item.described) for item in found.packages if not item.used] == [("left-pad", True)]


def test_other_ecosystems_are_unknown(tmp_path: Path) -> None:
    found = look(dependency_use.observe, tmp_path, {"Gemfile": 'gem "rails"\n'})[DependencyUse]["Gemfile"]
    assert isinstance(found, Unseen) and found.why is Reason.NOT_VERIFIABLE_YET
