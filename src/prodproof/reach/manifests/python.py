"""Python projects: pyproject.toml (PEP 621, PEP 735, Poetry), setup.cfg, setup.py, Pipfile. Nothing of them is run."""

import ast
import configparser
import re
import tomllib
from dataclasses import replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Role
from prodproof.reach.files.python_source import parse
from prodproof.reach.manifests.parsing import (
    Lines,
    UnparsableError,
    host_of,
    is_insecure,
    listed,
    made,
    plain,
    string,
    table,
)
from prodproof.reach.manifests.requirements import exact, read_requirement

MAX_KEY_PARTS = 100
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{MAX_KEY_PARTS}}}""")
_RUNTIME_EXTRAS = re.compile(r"^(prod|production|server|deploy|runtime|postgres|redis|all)", re.IGNORECASE)


def read_toml(text: str) -> dict[str, object]:
    """A TOML document; raises UnparsableError with the line."""
    for number, line in enumerate(text.split("\n"), 1):
        # The time that tomllib takes grows with the cube of a key's parts.
        if line.count(".") >= MAX_KEY_PARTS and _LONG_KEY.search(line):
            raise UnparsableError(f"not TOML of a sensible depth (line {number})")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise UnparsableError(f"not TOML: {plain(str(error))}") from error


def read_ini(text: str) -> configparser.RawConfigParser:
    """An INI file, its values as they are written; raises UnparsableError."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError) as error:
        raise UnparsableError("not an INI file") from error
    return parser


def read_pyproject(path: str, text: str) -> Manifest:
    """Dependencies of a pyproject.toml; extras and groups count as development unless their name says production."""
    data = read_toml(text)
    lines = Lines(text)
    found: list[Dependency] = []
    project = table(data.get("project"))
    found += _requirements(project.get("dependencies"), lines, development=False)
    for extra, items in table(project.get("optional-dependencies")).items():
        found += _requirements(items, lines, development=not _RUNTIME_EXTRAS.match(extra))
    for items in table(data.get("dependency-groups")).values():
        found += _requirements([item for item in listed(items) if isinstance(item, str)], lines, development=True)
    tool = table(data.get("tool"))
    found += _requirements(table(tool.get("uv")).get("dev-dependencies"), lines, development=True)
    for items in table(table(tool.get("pdm")).get("dev-dependencies")).values():
        found += _requirements(items, lines, development=True)
    poetry = table(tool.get("poetry"))
    found += _poetry(poetry.get("dependencies"), lines, development=False)
    found += _poetry(poetry.get("dev-dependencies"), lines, development=True)
    for name, group in table(poetry.get("group")).items():
        found += _poetry(table(group).get("dependencies"), lines, development=name != "main")
    found = _with_sources(found, table(table(tool.get("uv")).get("sources")))
    own = canonicalize_name(string(project.get("name")) or string(poetry.get("name")) or "-")
    found = [item for item in found if item.name != own]
    packaged = string(project.get("name")) is not None and ("version" in project or "dynamic" in project)
    packaged = packaged and "build-system" in data
    packaged = packaged or (bool(poetry) and poetry.get("package-mode", True) is True and "version" in poetry)
    manifest = made(path, Ecosystem.PYPI, "pyproject", Role.MANIFEST, found)
    return replace(manifest, library=packaged)


def read_setup_cfg(path: str, text: str) -> Manifest:
    """Dependencies of a setup.cfg."""
    parser = read_ini(text)
    lines = Lines(text)
    found: list[Dependency] = []
    if parser.has_option("options", "install_requires"):
        found += _requirements(_block(parser.get("options", "install_requires")), lines, development=False)
    if parser.has_section("options.extras_require"):
        for extra, block in parser.items("options.extras_require"):
            found += _requirements(_block(block), lines, development=not _RUNTIME_EXTRAS.match(extra))
    manifest = made(path, Ecosystem.PYPI, "setup.cfg", Role.MANIFEST, found)
    return replace(manifest, library=parser.has_section("metadata") and parser.has_option("metadata", "name"))


def _block(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def read_setup_py(path: str, text: str) -> Manifest:
    """Dependencies of a setup.py, where they are literals; raises UnparsableError where they are computed."""
    try:
        module = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnparsableError("not Python (of this version)") from error
    literals = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    call = next((node for node in ast.walk(module) if isinstance(node, ast.Call) and _is_setup(node)), None)
    if call is None:
        raise UnparsableError("it calls no setup()")
    found: list[Dependency] = []
    named = False
    for keyword in call.keywords:
        if keyword.arg is None:
            raise UnparsableError("setup() is called with computed arguments")
        named = named or keyword.arg == "name"
        value = literals.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
        if keyword.arg == "install_requires":
            found += _literal(value, development=False)
        elif keyword.arg == "extras_require":
            if not isinstance(value, ast.Dict):
                raise UnparsableError("extras_require is computed")
            for items in value.values:
                found += _literal(items, development=True)
    return replace(made(path, Ecosystem.PYPI, "setup.py", Role.MANIFEST, found), library=named)


def _is_setup(call: ast.Call) -> bool:
    function = call.func
    return (isinstance(function, ast.Name) and function.id == "setup") or (
        isinstance(function, ast.Attribute) and function.attr == "setup"
    )


def _literal(node: ast.expr, *, development: bool) -> list[Dependency]:
    if not isinstance(node, ast.List | ast.Tuple):
        raise UnparsableError("its requirements are computed when it runs")
    found = []
    for item in node.elts:
        if not isinstance(item, ast.Constant) or not isinstance(item.value, str):
            raise UnparsableError("its requirements are computed when it runs")
        found.append(read_requirement(item.value, item.lineno, development=development))
    return found


def read_pipfile(path: str, text: str) -> Manifest:
    """Dependencies of a Pipfile."""
    data = read_toml(text)
    lines = Lines(text)
    found = _poetry(data.get("packages"), lines, development=False)
    found += _poetry(data.get("dev-packages"), lines, development=True)
    return made(path, Ecosystem.PYPI, "Pipfile", Role.MANIFEST, found)


def _requirements(items: object, lines: Lines, *, development: bool) -> list[Dependency]:
    found = []
    for item in listed(items):
        if not isinstance(item, str):
            raise UnparsableError("a requirement is not a text")
        found.append(read_requirement(item, lines.of(f'"{item}"', f"'{item}'", item), development=development))
    return found


def _poetry(items: object, lines: Lines, *, development: bool) -> list[Dependency]:
    found = []
    for name, value in table(items).items():
        if name.lower() == "python":
            continue
        line = lines.of(f"\n{name} ", f"\n{name}=", f'\n"{name}"')
        # Several constraints (by marker) for one name: each is one entry.
        specs = value if isinstance(value, list) else [value]
        found += [_poetry_entry(name, spec, line, development=development) for spec in specs]
    return found


def _poetry_entry(name: str, spec: object, line: int | None, *, development: bool) -> Dependency:
    settings = table(spec)
    version = string(spec) or string(settings.get("version")) or "*"
    address = string(settings.get("git")) or string(settings.get("url"))
    local = settings.get("path") is not None or settings.get("file") is not None
    origin = Origin.LOCAL if local else Origin.REGISTRY
    if address:
        origin = Origin.VCS if "git" in settings else Origin.URL
    revision = next((string(settings[key]) for key in ("rev", "ref", "tag", "branch") if key in settings), None)
    return Dependency(
        name=canonicalize_name(name),
        written=plain(f"{name} {address or version}"),
        version=_poetry_exact(version) if origin is Origin.REGISTRY else None,
        origin=origin,
        source=host_of(address) if address else None,
        revision=revision,
        insecure=bool(address) and is_insecure(address or ""),
        development=development,
        line=line,
    )


def _poetry_exact(version: str) -> str | None:
    if re.fullmatch(r"=?=?\s*v?\d[0-9A-Za-z.+!-]*", version):
        # Poetry takes a bare version for an exact one, Pipfile as well.
        return version.lstrip("= v")
    try:
        return exact(SpecifierSet(version))
    except InvalidSpecifier:
        return None


def _with_sources(found: list[Dependency], sources: dict[str, object]) -> list[Dependency]:
    by_name = {canonicalize_name(name): table(value) for name, value in sources.items()}
    changed = []
    for item in found:
        source = by_name.get(canonicalize_name(item.name), {})
        address = string(source.get("git")) or string(source.get("url"))
        if source.get("workspace") is True or "path" in source:
            item = replace(item, origin=Origin.LOCAL)
        elif address:
            revision = next((string(source[key]) for key in ("rev", "tag", "branch") if key in source), None)
            origin = Origin.VCS if "git" in source else Origin.URL
            item = replace(
                item, origin=origin, source=host_of(address), revision=revision, insecure=is_insecure(address)
            )
        changed.append(item)
    return changed
