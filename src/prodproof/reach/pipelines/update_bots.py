"""Configurations of Dependabot and Renovate."""

import json
import re
from typing import Any

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.updates import UpdateRule
from prodproof.reach.files.placed import PlacedList, PlacedMap, read_documents

MAX_RULES = 500
_IGNORED_BY_RECOMMENDED = (
    "**/node_modules/**",
    "**/bower_components/**",
    "**/vendor/**",
    "**/examples/**",
    "**/__tests__/**",
    "**/test/**",
    "**/tests/**",
    "**/__fixtures__/**",
)
_RECOMMENDED = re.compile(r"^(config:(base|recommended|best-practices|js-app|js-lib)|:ignoreModulesAndTests)$")
MANAGERS: dict[str, tuple[str, ...]] = {
    "dockerfile": ("docker",),
    "docker-compose": ("docker-compose",),
    "github-actions": ("github-actions",),
    "pip_requirements": ("pip",),
    "pip_setup": ("pip",),
    "setup-cfg": ("pip",),
    "poetry": ("pip",),
    "pep621": ("pip", "uv"),
    "pip-compile": ("pip",),
    "pipenv": ("pip",),
    "npm": ("npm", "bun"),
    "bun": ("bun",),
    "pub": ("pub",),
    "gomod": ("gomod",),
    "terraform": ("terraform",),
    "bundler": ("bundler",),
    "cargo": ("cargo",),
    "git-submodules": ("gitsubmodule",),
    "composer": ("composer",),
    "maven": ("maven",),
    "gradle": ("gradle",),
    "nuget": ("nuget",),
    "helmv3": ("helm",),
}
"""Dependabot's ecosystem for each manager of Renovate."""


def dependabot(text: str, path: str) -> tuple[UpdateRule, ...] | Unseen:
    """The rules of a dependabot.yml, or incomplete when it is none."""
    documents = read_documents(text, rendered=True)
    if isinstance(documents, Unseen):
        return Unseen(documents.why, f"{path} {documents.detail}")
    if len(documents) != 1 or not isinstance(documents[0], PlacedMap):
        return Unseen(Reason.INCOMPLETE, f"{path} is not a YAML mapping")
    rules = []
    for entry in documents[0].maps("updates")[:MAX_RULES]:
        folders = entry.texts("directories") or entry.texts("directory") or ("/",)
        rules.append(
            UpdateRule(
                bot="dependabot",
                ecosystems=entry.texts("package-ecosystem"),
                directories=tuple("/" + folder.strip("/").removeprefix("./") for folder in folders),
                excluded=entry.texts("exclude-paths"),
                disabled=entry.text("open-pull-requests-limit") == "0",
                location=Location(path, entry.line),
            )
        )
    return tuple(rules)


def renovate(text: str, path: str) -> tuple[UpdateRule, ...] | Unseen:
    """What a Renovate configuration (JSON, JSON with comments, JSON5) covers, or incomplete when it is none."""
    data = _json5(text)
    if path.endswith("package.json") and isinstance(data, dict):
        data = data.get("renovate")
    if not isinstance(data, dict):
        return Unseen(Reason.INCOMPLETE, f"{path} is no readable Renovate configuration")
    enabled = [item for item in _listed(data.get("enabledManagers")) if isinstance(item, str)]
    switched_off = {
        manager for manager, options in data.items() if isinstance(options, dict) and options.get("enabled") is False
    }
    for rule in _listed(data.get("packageRules")):
        if not isinstance(rule, dict) or rule.get("enabled") is not False:
            continue
        if {key for key in rule if key.startswith("match")} == {"matchManagers"}:
            switched_off |= {item for item in _listed(rule.get("matchManagers")) if isinstance(item, str)}
    names = set(enabled) or set(MANAGERS) - {"git-submodules"}
    submodules = data.get("git-submodules")
    if isinstance(submodules, dict) and submodules.get("enabled") is True:
        names.add("git-submodules")
    presets = [item for item in _listed(data.get("extends")) if isinstance(item, str)]
    ignored = [item for item in _listed(data.get("ignorePaths")) if isinstance(item, str)]
    if "ignorePaths" not in data and any(_RECOMMENDED.match(preset) for preset in presets):
        ignored = list(_IGNORED_BY_RECOMMENDED)
    included = tuple(item for item in _listed(data.get("includePaths")) if isinstance(item, str))
    ecosystems = {ecosystem for name in names - switched_off for ecosystem in MANAGERS.get(name, ())}
    return (
        UpdateRule(
            bot="renovate",
            ecosystems=tuple(sorted(ecosystems)),
            directories=included or ("**",),
            excluded=tuple(ignored),
            disabled=data.get("enabled") is False,
            location=Location(path),
        ),
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | PlacedList) else [value] if isinstance(value, str) else []


def _json5(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    # JSON5 without its comments is YAML's flow style: bare keys, single quotes and trailing commas are all in it.
    plain = re.sub(
        # What is never closed runs to the end, so that it is looked through only once.
        r"(\"(?:\\(?:.|\Z)|[^\"\\])*(?:\"|\Z)|'(?:\\(?:.|\Z)|[^'\\])*(?:'|\Z))|//[^\n]*|/\*.*?(?:\*/|\Z)",
        lambda match: match[1] or " ",
        text,
        flags=re.DOTALL,
    )
    documents = read_documents(re.sub(r"(?<=[{,\s])([\w$]+):(?=\S)", r"\1: ", plain), rendered=True)
    return documents[0] if isinstance(documents, list) and len(documents) == 1 else None
