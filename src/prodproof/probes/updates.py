"""Manifests of every ecosystem, and the bots that are told to keep them up to date."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from prodproof.facts import Proof, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.updates import Manifest, UpdateBots, UpdateRule
from prodproof.probes._files import is_sample
from prodproof.probes.probe import probe
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.pipelines.update_bots import dependabot, renovate
from prodproof.reach.world import World

DEPENDABOT = (".github/dependabot.yml", ".github/dependabot.yaml")
RENOVATE = (
    "renovate.json", "renovate.json5", ".github/renovate.json", ".github/renovate.json5", ".gitlab/renovate.json",
    ".gitlab/renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5",
)  # fmt: skip
MAX_MANIFESTS = 5_000
_NAMES: tuple[tuple[str, str, str], ...] = (
    # ecosystem, file name, what must stand in it (so that a file with tool settings only is none)
    ("docker", r"(Dockerfile|Containerfile)(\..+)?|.+\.[Dd]ockerfile", r"(?im)^[ \t]*FROM\s+(?!scratch\b)"),
    ("docker-compose", r"(docker-)?compose([.\-]\w+)*\.ya?ml", r"(?m)^[ \t]+image:\s*\S"),
    ("pip", r"(.*[-_])?requirements([-_.].*)?\.(txt|in)|requirements/.*\.(txt|in)", r"(?m)^[ \t]*[A-Za-z][\w.\-]*"),
    ("pip", r"pyproject\.toml", r"(?m)^[ \t]*\[project\]|^[ \t]*\[tool\.poetry"),
    ("pip", r"setup\.(py|cfg)", r"install_requires|requires"),
    ("pip", r"Pipfile", r"packages"),
    ("uv", r"uv\.lock", ""),
    ("npm", r"package\.json", r"\"(dev|peer|optional)?[dD]ependencies\"\s*:\s*\{\s*\""),
    ("pub", r"pubspec\.yaml", r"(?m)^dependencies:"),
    ("terraform", r".+\.tf", r"required_providers|^[ \t]*source\s*=\s*\"(?!\.)"),
    ("gomod", r"go\.mod", r"(?m)^[ \t]*require\b"),
    ("bundler", r"Gemfile", r"(?m)^[ \t]*gem\b"),
    ("cargo", r"Cargo\.toml", r"(?m)^\[(workspace\.)?(dev-|build-)?dependencies"),
    ("gitsubmodule", r"\.gitmodules", r"submodule"),
    ("composer", r"composer\.json", r"\"require"),
    ("maven", r"pom\.xml", r"<dependency>"),
    ("gradle", r"build\.gradle(\.kts)?", r"implementation|api\("),
    ("nuget", r".+\.(cs|fs|vb)proj", r"PackageReference"),
    ("helm", r"Chart\.yaml", r"(?m)^dependencies:"),
)  # fmt: skip
_COMPILED = tuple(
    (ecosystem, re.compile(name), re.compile(content, re.MULTILINE)) for ecosystem, name, content in _NAMES
)
_WORKSPACES = re.compile(r"\"workspaces\"\s*:|^packages:", re.MULTILINE)


@probe(UpdateBots, per=Repository, proof=Proof.INSIDE, time_limit=60.0, by_commit=True)
def observe(about: Repository, world: World) -> Survey[UpdateBots]:
    """One observation for the repository."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        return lost(UpdateBots, reader.why, reader.detail)
    return Survey(UpdateBots, (world.inside(about.subject, _bots(reader), reader.commit),), reader.gaps)


def _bots(reader: RepositoryReader) -> UpdateBots | Unseen:
    rules: list[UpdateRule] = []
    files: list[str] = []
    for path in (*DEPENDABOT, *RENOVATE, "package.json"):
        if not reader.exists(path):
            continue
        text = reader.text(path, 1024 * 1024)
        if isinstance(text, Unseen):
            return text
        if path == "package.json" and not re.search(r"\"renovate\"\s*:\s*\{", text):
            continue
        read = dependabot(text, path) if path in DEPENDABOT else renovate(text, path)
        if isinstance(read, Unseen):
            return read
        rules += read
        files.append(path)
    manifests = list(_manifests(reader))
    unread = next((item for item in manifests if isinstance(item, Unseen)), None)
    if unread:
        return unread
    known = {(item.ecosystem, item.directory): item for item in reversed(manifests) if isinstance(item, Manifest)}
    return UpdateBots(tuple(known[key] for key in sorted(known)), tuple(rules), tuple(files))


def _manifests(reader: RepositoryReader) -> Iterable[Manifest | Unseen]:
    if workflows := reader.glob(".github/workflows/*.yml", ".github/workflows/*.yaml"):
        yield Manifest("github-actions", "/", shown(workflows[0]))
    workspaces = _npm_workspaces(reader)
    found = 0
    for path in reader.files:
        if (is_sample(path) and not path.endswith(".gitmodules")) or found >= MAX_MANIFESTS:
            continue
        pure = PurePosixPath(path)
        folder = str(pure.parent)
        for ecosystem, name, content in _COMPILED:
            if not (name.fullmatch(pure.name) or name.fullmatch(f"{pure.parent.name}/{pure.name}")):
                continue
            if ecosystem == "npm" and any(root != folder and _below(folder, root) for root in workspaces):
                continue
            if path.endswith(("pyproject.toml", "setup.py", "setup.cfg")) and reader.exists(_beside(folder, "uv.lock")):
                continue
            text = reader.text(path) if content.pattern else ""
            if isinstance(text, Unseen):
                yield text
            elif not content.pattern or content.search(text):
                found += 1
                yield Manifest(ecosystem, "/" if folder == "." else f"/{shown(folder)}", shown(path))
            break


def _npm_workspaces(reader: RepositoryReader) -> set[str]:
    roots = set()
    for path in reader.glob("**/package.json", "**/pnpm-workspace.yaml")[:MAX_MANIFESTS]:
        text = reader.text(path)
        if not isinstance(text, Unseen) and _WORKSPACES.search(text):
            roots.add(str(PurePosixPath(path).parent))
    return roots


def _below(folder: str, root: str) -> bool:
    return root == "." or folder.startswith(f"{root}/")


def _beside(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"
