"""Settings of package managers that name registries: pip, uv, Poetry, PDM, Pipenv, npm, Yarn, and Dockerfiles."""

import re
from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.dependencies import Ecosystem
from prodproof.facts.registries import RegistrySource, RegistryUse
from prodproof.reach.files.dockerfile import is_dockerfile, parse_dockerfile
from prodproof.reach.files.placed import PlacedMap, read_documents
from prodproof.reach.manifests.parsing import (
    Lines,
    UnparsableError,
    host_of,
    is_insecure,
    listed,
    plain,
    string,
    table,
)
from prodproof.reach.manifests.python import read_ini, read_toml
from prodproof.reach.manifests.requirements import IndexOption
from prodproof.reach.pipelines.shell import commands

_PIP_OPTION = re.compile(
    r"(?:^|\s)(--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host|--registry)[=\s]+[\"']?([^\s\"']+)"
)
_PIP_VARIABLE = re.compile(
    r"\b(PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|PIP_TRUSTED_HOST|PIP_FIND_LINKS|UV_DEFAULT_INDEX|UV_INDEX_URL"
    r"|UV_EXTRA_INDEX_URL|UV_INDEX|UV_INSECURE_HOST|NPM_CONFIG_REGISTRY)[=\s]+[\"']?([^\s\"']+)",
    re.IGNORECASE,
)
_INSTALLER = re.compile(r"(^|[\s/])(pip3?|uv|npm|yarn|pnpm)(\s|$)")
_KINDS = {
    "--index-url": "index", "-i": "index", "--extra-index-url": "extra", "--find-links": "links", "-f": "links",
    "--trusted-host": "trusted", "pip_index_url": "index", "pip_extra_index_url": "extra", "pip_find_links": "links",
    "pip_trusted_host": "trusted", "uv_default_index": "index", "uv_index_url": "index", "uv_extra_index_url": "first",
    "uv_index": "first", "uv_insecure_host": "trusted",
}  # fmt: skip
_NAMES = frozenset(("pip.conf", "pip.ini", ".pip.conf", "uv.toml", "pyproject.toml", "Pipfile", ".npmrc", ".yarnrc"))

Settings = list[tuple[Ecosystem, RegistrySource]]


def may_name_registries(path: str) -> bool:
    """Whether a file of this name can hold such settings."""
    name = path.rpartition("/")[2]
    return name in _NAMES or name in (".yarnrc.yml", ".yarnrc.yaml") or is_dockerfile(path)


def read_settings(path: str, text: str) -> Settings | Unseen:
    """The registries that one file names."""
    name = path.rpartition("/")[2]
    try:
        if is_dockerfile(path):
            return _dockerfile(text)
        if name.endswith((".conf", ".ini")):
            return _python(_pip_conf(text))
        if name in ("uv.toml", "pyproject.toml", "Pipfile"):
            return _python(_toml(name, text))
        return [(Ecosystem.NPM, source) for source in (_yarn_berry(text) if "yml" in name else _npmrc(text))]
    except UnparsableError as error:
        return Unseen(Reason.INCOMPLETE, f"{path} could not be read: {error}")


def from_options(options: tuple[IndexOption, ...]) -> list[RegistrySource]:
    """The registries of a requirements file's own options."""
    return [_source(item.kind, item.value, item.line) for item in options]


def _python(sources: Iterator[RegistrySource]) -> Settings:
    return [(Ecosystem.PYPI, source) for source in sources]


def _source(kind: str, value: str, line: int | None) -> RegistrySource:
    if kind == "trusted":
        # pip and uv then take whatever certificate this host shows.
        host = value.partition("/")[0].lower()
        local = host.partition(":")[0] in ("localhost", "127.0.0.1")
        return RegistrySource(
            use=RegistryUse.SCOPED, host=host, written=f"trusted host {plain(host)}", insecure=not local, line=line
        )
    uses = {"index": RegistryUse.DEFAULT, "extra": RegistryUse.EXTRA, "links": RegistryUse.EXTRA}
    use = uses.get(kind, RegistryUse.SCOPED if kind == "scoped" else RegistryUse.FIRST)
    return RegistrySource(
        use=use,
        host=host_of(value) or ("" if "://" in value or "$" in value else "local"),
        written=plain(value),
        insecure=is_insecure(value),
        line=line,
    )


def _pip_conf(text: str) -> Iterator[RegistrySource]:
    parser = read_ini(text)
    lines = Lines(text)
    kinds = {"index-url": "index", "extra-index-url": "extra", "find-links": "links", "trusted-host": "trusted"}
    for section in parser.sections():
        for key, value in parser.items(section):
            if kind := kinds.get(key.replace("_", "-")):
                for word in value.split():
                    yield _source(kind, word, lines.of(word))


def _toml(name: str, text: str) -> Iterator[RegistrySource]:
    data = read_toml(text)
    lines = Lines(text)
    tool = table(data.get("tool"))
    uv = data if name == "uv.toml" else table(tool.get("uv"))
    unsafe = str(uv.get("index-strategy", "")).startswith("unsafe")
    beside = "extra" if unsafe else "first"
    for entry in map(table, listed(uv.get("index"))):
        url = string(entry.get("url")) or ""
        kind = "index" if entry.get("default") is True else "scoped" if entry.get("explicit") is True else beside
        yield _source(kind, url, lines.of(url))
    pip = table(uv.get("pip"))
    for settings in (uv, pip):
        if default := string(settings.get("index-url")):
            yield _source("index", default, lines.of(default))
        for url in (string(item) or "" for item in listed(settings.get("extra-index-url"))):
            yield _source(beside, url, lines.of(url))
        for host in (string(item) or "" for item in listed(settings.get("allow-insecure-host"))):
            yield _source("trusted", host, lines.of(host))
    for entry in map(table, listed(table(tool.get("poetry")).get("source"))):
        priority = string(entry.get("priority")) or "primary"
        kind = {"explicit": "scoped", "supplemental": "extra", "secondary": "extra"}.get(priority, "index")
        if address := string(entry.get("url")):
            yield _source(kind, address, lines.of(address))
    for entry in map(table, listed(table(tool.get("pdm")).get("source")) + listed(data.get("source"))):
        if address := string(entry.get("url")):
            made = _source("extra" if name != "Pipfile" else "scoped", address, lines.of(address))
            yield replace(made, insecure=made.insecure or entry.get("verify_ssl") is False)


def _npmrc(text: str) -> Iterator[RegistrySource]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        key, _, value = line.partition("=") if "=" in line else line.partition(" ")
        key, value = key.strip().lower(), value.strip().strip("\"'")
        if key == "registry":
            yield _source("index", value, number)
        elif key.startswith("@") and key.endswith(":registry"):
            yield _source("scoped", value, number)
        elif key == "strict-ssl" and value == "false":
            yield RegistrySource(
                use=RegistryUse.SCOPED, host="", written="strict-ssl is off", insecure=True, line=number
            )


def _yarn_berry(text: str) -> Iterator[RegistrySource]:
    documents = read_documents(text)
    if isinstance(documents, Unseen):
        raise UnparsableError(documents.detail)
    for document in documents[:1]:
        if not isinstance(document, PlacedMap):
            continue
        if url := document.text("npmRegistryServer"):
            yield _source("index", url, document.at("npmRegistryServer"))
        for scope in document.map("npmScopes").values():
            if isinstance(scope, PlacedMap) and (url := scope.text("npmRegistryServer")):
                yield _source("scoped", url, scope.at("npmRegistryServer"))
        for key in ("unsafeHttpWhitelist", "enableStrictSsl"):
            if document.texts(key) and document.text(key) != "true":
                yield RegistrySource(
                    use=RegistryUse.SCOPED, host="", written=f"{key} is set", insecure=True, line=document.at(key)
                )


def _dockerfile(text: str) -> Settings:
    file = parse_dockerfile(text)
    if isinstance(file, Unseen):
        return []  # said by whoever reads its images
    found: Settings = []
    for stage in file.stages:
        for instruction in stage.instructions:
            script = "\n".join((instruction.value, *instruction.heredocs))
            matches = list(_PIP_VARIABLE.findall(script)) if instruction.name in ("ENV", "ARG", "RUN") else []
            if instruction.name == "RUN":
                for command in commands(script):
                    if _INSTALLER.search(" ".join(command.words[:4])):
                        matches += _PIP_OPTION.findall(" ".join(command.words))
            for key, value in matches:
                lowered = key.lower()
                npm = lowered in ("npm_config_registry", "--registry")
                kind = "index" if npm else _KINDS[lowered]
                source = _source(kind, value, instruction.line)
                found.append((Ecosystem.NPM if npm else Ecosystem.PYPI, source))
    return found
