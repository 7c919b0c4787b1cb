"""Compares the packages that manifests ask for with what code, settings and commands mention."""

import json
import posixpath
import re
from collections.abc import Callable

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Purpose, Role
from prodproof.facts.dependency_use import AskedPackage, DependencyUse
from prodproof.probes.probe import probe
from prodproof.reach.files.installed import Installed, read_installed
from prodproof.reach.files.mentions import Mentions, python_mentions, script_mentions
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.manifests import collect
from prodproof.reach.world import World

_BY_WORD = {
    "psycopg": "postgres", "psycopg2": "postgres", "psycopg2-binary": "postgres", "psycopg-binary": "postgres",
    "psycopg-c": "postgres", "asyncpg": "postgres", "mysqlclient": "mysql", "pymysql": "mysql", "oracledb": "oracle",
    "cx-oracle": "oracle", "mssql-django": "mssql", "redis": "redis", "hiredis": "redis", "pylibmc": "memcache",
    "pymemcache": "memcache", "argon2-cffi": "argon2", "bcrypt": "bcrypt", "pillow": "imagefield", "brotli": "brotli",
    "uvloop": "uvicorn", "httptools": "uvicorn", "watchfiles": "uvicorn", "gevent": "gevent", "eventlet": "eventlet",
    "boto3": "s3", "google-cloud-storage": "gcloud", "azure-storage-blob": "azure", "libsass": "sass",
}  # fmt: skip
"""Packages that a framework loads by itself when a setting has this word: drivers, hashers, storages."""

_ALWAYS = re.compile(r"^(types-.*|.*-stubs|setuptools|wheel|pip|tzdata|certifi)$")


@probe(DependencyUse, per=Repository, proof=Proof.INSIDE, time_limit=120)
def observe(repository: Repository, world: World) -> Survey[DependencyUse]:
    """One observation for each manifest that asks for packages itself (not for locks or compiled lists)."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(DependencyUse, reader.why, reader.detail)
    prefix = f"{repository.subject.name}/" if len(world.declared.repositories) > 1 else ""
    seen: list[tuple[str, DependencyUse | Unseen]] = []
    python: Callable[[Manifest], DependencyUse | Unseen] | None = None
    for path, manifest in collect(reader).files:
        if isinstance(manifest, Unseen):
            seen.append((path, manifest))
        elif _asked(manifest) or (manifest.form == "go.mod" and manifest.dependencies):
            if manifest.ecosystem is Ecosystem.PYPI:
                python = python or _python(reader)
                seen.append((path, python(manifest)))
            elif manifest.form == "pubspec":
                seen.append((path, _dart(reader, manifest)))
            elif manifest.form == "package.json":
                seen.append((path, _npm(reader, manifest)))
            else:
                text = f"this version does not compare what {manifest.form} asks for with the code"
                seen.append((path, Unseen(Reason.NOT_VERIFIABLE_YET, text)))
    observations = tuple(
        Observation(Subject("file", prefix + path), item, world.now, "inside", Proof.INSIDE, reader.commit)
        for path, item in seen
    )
    return Survey(DependencyUse, observations, reader.gaps)


def _asked(manifest: Manifest) -> list[Dependency]:
    if manifest.role is Role.LOCK or manifest.whole or manifest.purpose is not Purpose.RUNTIME:
        return []
    return [item for item in manifest.dependencies if not item.development and item.origin is not Origin.LOCAL]


def _python(reader: RepositoryReader) -> Callable[[Manifest], DependencyUse | Unseen]:
    mentions = python_mentions(reader)
    place, installed = read_installed(reader.directory)

    def compare(manifest: Manifest) -> DependencyUse | Unseen:
        asked = _asked(manifest)
        names = {item.name for item in asked}
        brought = {name: item.name for item in installed.values() if item.name in names for name in item.requires}
        packages = tuple(
            AskedPackage(
                name=item.name,
                described=item.name in installed,
                used=_python_use(item.name, installed.get(item.name), mentions)
                or (f"{brought[item.name]} needs it" if item.name in brought else ""),
                line=item.line,
            )
            for item in asked
        )
        if mentions.unread and not all(item.used for item in packages):
            return Unseen(Reason.INCOMPLETE, f"{mentions.unread[0]} could not be read, so a use may be missed")
        return DependencyUse(path=manifest.path, ecosystem=Ecosystem.PYPI, packages=packages, metadata=place)

    return compare


def _python_use(name: str, installed: Installed | None, mentions: Mentions) -> str:
    if _ALWAYS.match(name):
        return "works without being named"
    plain = name.replace("-", "_")
    modules = set(installed.modules) if installed else set()
    modules |= {plain, plain.removeprefix("python_"), plain.removeprefix("py")} if not modules else set()
    for module in sorted(modules):
        for imported, path in mentions.imports.items():
            if imported == module or imported.startswith(f"{module}."):
                return f"imported in {path}"
        last = module.partition(".")[0] if "." not in module else module.rpartition(".")[2]
        if last in mentions.strings:
            return f"named in {mentions.strings[last]}"
    # Without metadata the name itself may be what stands in a command; with it, `requests` in a manifest of Kubernetes
    # is not taken for the package.
    commands = set(installed.commands) if installed else {name, plain}
    for word in sorted(commands):
        if place := mentions.words.get(word) or mentions.strings.get(word):
            return f"named in {place}"
    if installed and installed.plugin_of:
        return f"a plugin of {min(installed.plugin_of)}"
    if clue := _BY_WORD.get(name):
        for words in (mentions.strings, mentions.words, mentions.imports):
            path = next((path for word, path in words.items() if clue in word.lower()), "")
            if path:
                return f"loaded for a setting in {path}"
    return ""


def _dart(reader: RepositoryReader, manifest: Manifest) -> DependencyUse | Unseen:
    # Packages with native code or assets alone need no import, so that one that is not named is unknown.
    imported: dict[str, str] = {}
    for path in reader.glob("**/*.dart"):
        text = reader.text(path)
        if isinstance(text, Unseen):
            return text
        for name in re.findall(r"[\"']package:(\w+)/", text):
            imported.setdefault(name, shown(path))
    packages = tuple(
        AskedPackage(
            name=item.name,
            described=False,
            used=f"imported in {imported[item.name]}" if item.name in imported else "",
            line=item.line,
        )
        for item in _asked(manifest)
    )
    return DependencyUse(path=manifest.path, ecosystem=Ecosystem.PUB, packages=packages)


_NPM_SHORT = re.compile(
    r"^(?:@types/|(?:@[\w-]+/)?(?:eslint-plugin|eslint-config|babel-plugin|babel-preset|stylelint-config|postcss|plugin"
    r"|preset|gatsby-plugin|gatsby-transformer)-)"
)


def _npm(reader: RepositoryReader, manifest: Manifest) -> DependencyUse | Unseen:
    folder = posixpath.dirname(manifest.path)
    mentions = script_mentions(reader, folder)
    scripts = _scripts(reader, manifest.path)
    described, commands, peers = _lock_entries(reader, manifest.lock)
    packages = []
    for item in _asked(manifest):
        names = {item.name, _NPM_SHORT.sub("", item.name), *commands.get(item.name, ())} - {""}
        path = next((mentions.words[name] for name in sorted(names) if name in mentions.words), "")
        used = f"named in {path}" if path else ""
        if not used and any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", scripts) for name in names):
            used = f"named in {manifest.path}"
        if not used and item.name in peers:
            used = f"{peers[item.name]} needs it"
        packages.append(AskedPackage(name=item.name, described=item.name in described, used=used, line=item.line))
    if mentions.unread and not all(item.used for item in packages):
        return Unseen(Reason.INCOMPLETE, f"{mentions.unread[0]} could not be read, so a use may be missed")
    return DependencyUse(
        path=manifest.path,
        ecosystem=Ecosystem.NPM,
        packages=tuple(packages),
        metadata=manifest.lock or "" if described else "",
    )


def _scripts(reader: RepositoryReader, path: str) -> str:
    """Scripts and settings of a package.json, its lists of dependencies left out."""
    text = reader.text(path)
    try:
        data = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return ""
    kept = {key: value for key, value in data.items() if not key.lower().endswith("dependencies")}
    return json.dumps(kept)


def _lock_entries(reader: RepositoryReader, lock: str | None) -> tuple[set[str], dict[str, set[str]], dict[str, str]]:
    """Names that an npm lock describes, their commands, and who needs whom as a peer."""
    described: set[str] = set()
    commands: dict[str, set[str]] = {}
    peers: dict[str, str] = {}
    text = reader.text(lock, 32 * 1024 * 1024) if lock and lock.endswith(".json") else ""
    try:
        data = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        data = {}
    packages = data.get("packages") if isinstance(data, dict) else None
    for place, entry in packages.items() if isinstance(packages, dict) else ():
        name = place.rpartition("node_modules/")[2]
        if not name or not isinstance(entry, dict):
            continue
        described.add(name)
        if isinstance(entry.get("bin"), dict):
            commands.setdefault(name, set()).update(str(key) for key in entry["bin"])
        if isinstance(entry.get("peerDependencies"), dict):
            peers.update({str(key): name for key in entry["peerDependencies"]})
    return described, commands, peers
