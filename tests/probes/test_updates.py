"""Which manifests are found, and which are none."""

from pathlib import Path

from prodproof.facts import Unseen
from prodproof.facts.updates import UpdateBots
from prodproof.probes.updates import observe
from tests.probes.files import only, survey


def test_manifests(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ci.yml": "",
        "requirements/base.txt": "django==5.2\n",
        "pyproject.toml": "[project]\nname='x'\n",
        "tools/pyproject.toml": "[tool.ruff]\n",
        "api/pyproject.toml": "[project]\n",
        "api/uv.lock": "",
        "package.json": '{"workspaces": ["a"], "dependencies": {"x": "1"}}',
        "a/package.json": '{"dependencies": {"x": "1"}}',
        "deploy/Dockerfile.web": "FROM python:3.12\n",
        "scratch/Dockerfile": "FROM scratch\n",
        "compose.yml": "services:\n  db:\n    image: postgres:15\n",
        "infra/main.tf": "terraform {\n  required_providers {}\n}\n",
        "tests/requirements.txt": "pytest\n",
        ".gitmodules": '[submodule "x"]\n',
        "go.mod": "module x\n",
    }
    found = only(survey(observe, tmp_path, files)[UpdateBots])
    assert {(item.ecosystem, item.directory) for item in found.manifests} == {
        ("github-actions", "/"),
        ("pip", "/requirements"),
        ("pip", "/"),
        ("uv", "/api"),
        ("npm", "/"),
        ("docker", "/deploy"),
        ("docker-compose", "/"),
        ("terraform", "/infra"),
        ("gitsubmodule", "/"),
    }


def test_a_broken_configuration_is_unseen(tmp_path: Path) -> None:
    surveyed = survey(observe, tmp_path, {".github/dependabot.yml": "updates: ["})[UpdateBots]
    assert isinstance(surveyed.observations[0].seen, Unseen)


def test_rules_of_both_bots(tmp_path: Path) -> None:
    files = {".github/dependabot.yml": "updates: [{package-ecosystem: pip, directory: /}]", "renovate.json": "{}"}
    found = only(survey(observe, tmp_path, files)[UpdateBots])
    assert [rule.bot for rule in found.rules] == ["dependabot", "renovate"]
    assert found.configuration == (".github/dependabot.yml", "renovate.json")
