"""Updates arrive as reviewed pull requests (Dependabot, Renovate) for every ecosystem in use.

Risk: A hole in a library is published, attackers use it within days, and nobody in the team hears of the fix for
months.
Verified: The files dependabot.yml and Renovate configurations (JSON, JSON5) are compared with each manifest in the
repository: Python, npm, pub, Docker, compose, GitHub Actions, Terraform, Go, Ruby, Rust, submodules and others, folder
by folder. Samples and vendored code are left out. Whether the proposed changes are left lying is not looked at yet.
Mend: Write one `package-ecosystem` entry in `.github/dependabot.yml` for each ecosystem, with `directories: ["**/*"]`
where there are many folders and a `cooldown`; or Renovate with `config:recommended`.
"""

from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.globs import matches
from prodproof.facts.updates import Manifest, UpdateBots, UpdateRule
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable

_ALSO = {
    "bun": {"bun", "npm"},
    "npm": {"npm", "bun"},
    "terraform": {"terraform", "opentofu"},
    "pip": {"pip", "uv"},
}
_REACHES_SUBFOLDERS = {"pip", "uv"}
"""Ecosystems for which Dependabot looks one folder deeper by itself."""


@guarantee("supply.updates-automated", seeds="H-10 L-9", proof="inside", severity="medium", verifiable=False)
def judge(bots: UpdateBots) -> Verdict:
    """Each manifest against the rules."""
    if not bots.manifests:
        return not_applicable("no manifest of any ecosystem was found")
    if not bots.rules:
        ecosystems = ", ".join(sorted({item.ecosystem for item in bots.manifests}))
        what = f"{bots.configuration[0]} proposes nothing" if bots.configuration else "no bot is configured"
        return broken(Finding("no-update-bot", f"{what}; in use: {ecosystems}"))
    missed: dict[str, list[Manifest]] = {}
    for manifest in bots.manifests:
        if not any(_covers(rule, manifest) for rule in bots.rules):
            missed.setdefault(manifest.ecosystem, []).append(manifest)
    if missed:
        return broken(*(_finding(ecosystem, manifests, bots) for ecosystem, manifests in missed.items()))
    names = " and ".join(sorted({rule.bot for rule in bots.rules if not rule.disabled}))
    return holds(f"{len(bots.manifests)} manifests, each is kept up to date by {names}")


def _finding(ecosystem: str, manifests: list[Manifest], bots: UpdateBots) -> Finding:
    first = manifests[0]
    more = f" and {len(manifests) - 1} more" if len(manifests) > 1 else ""
    off = any(rule.disabled and ecosystem in rule.ecosystems for rule in bots.rules)
    why = "its updates are switched off" if off else "no update is proposed for it"
    return Finding("uncovered-ecosystem", f"{ecosystem} ({first.path}{more}): {why}", Location(first.path), ecosystem)


def _covers(rule: UpdateRule, manifest: Manifest) -> bool:
    accepted = _ALSO.get(manifest.ecosystem, {manifest.ecosystem})
    if rule.disabled or not accepted & set(rule.ecosystems):
        return False
    if any(_glob(pattern.lstrip("/"), manifest.path) for pattern in rule.excluded):
        return False
    folder = manifest.directory
    for wanted in rule.directories:
        if wanted == "**" or _glob(wanted, folder) or (rule.bot == "renovate" and _glob(wanted, manifest.path)):
            return True
        if manifest.ecosystem in _REACHES_SUBFOLDERS and _glob(wanted, folder.rpartition("/")[0] or "/"):
            return True
        if manifest.ecosystem == "github-actions" and wanted in ("/", "/.github/workflows"):
            return True
    return False


def _glob(pattern: str, path: str) -> bool:
    return matches(pattern.rstrip("/") or "/", path.rstrip("/") or "/")


_WHOLE = UpdateBots(
    (
        Manifest("pip", "/", "requirements.txt"),
        Manifest("docker", "/", "Dockerfile"),
        Manifest("github-actions", "/", ".github/workflows/ci.yml"),
    ),
    tuple(UpdateRule("dependabot", (name,), ("/",)) for name in ("pip", "docker", "github-actions")),
    (".github/dependabot.yml",),
)
_RENOVATE = replace(
    _WHOLE, rules=(UpdateRule("renovate", ("docker", "github-actions", "pip"), ("**",), ("**/vendor/**",)),)
)


def _in(directory: str) -> UpdateBots:
    return replace(_WHOLE, manifests=(Manifest("docker", directory, f"{directory[1:]}/Dockerfile"),))


def _updates(ecosystem: str, directory: str, entry: str, of: str) -> UpdateBots:
    manifest = Manifest(ecosystem, directory, f"{directory[1:]}/x")
    return UpdateBots((manifest,), (UpdateRule("dependabot", (entry,), (of,)),))


EXAMPLES = (
    Example("an entry for each ecosystem", _WHOLE, holds),
    Example("Renovate looks everywhere", _RENOVATE, holds),
    Example(
        "docker left out", replace(_WHOLE, rules=(_WHOLE.rules[0], _WHOLE.rules[2])), broken, says="docker (Dockerfile)"
    ),
    Example("a folder that no entry names", _in("/worker"), broken),
    Example(
        "folders by a glob",
        replace(_in("/services/worker"), rules=(UpdateRule("dependabot", ("docker",), ("/services/*",)),)),
        holds,
    ),
    Example("all folders", replace(_in("/a/b/c"), rules=(UpdateRule("dependabot", ("docker",), ("/**/*",)),)), holds),
    Example(
        "switched off",
        replace(_WHOLE, rules=tuple(replace(rule, disabled=True) for rule in _WHOLE.rules)),
        broken,
        says="switched off",
    ),
    Example("no bot at all", replace(_WHOLE, rules=(), configuration=()), broken, says="no bot is configured"),
    Example("nothing to keep up to date", UpdateBots((), ()), not_applicable),
    Example("uv in a folder below", _updates("uv", "/api", "uv", "/"), holds),
    Example("pip in a folder below", _updates("pip", "/api", "pip", "/"), holds),
    Example("pip in a folder two below", _updates("pip", "/services/api", "pip", "/"), broken),
    Example("pip in a folder below a named one", _updates("pip", "/services/api", "pip", "/services"), holds),
    Example("pip elsewhere", _updates("pip", "/api", "pip", "/web"), broken),
    *(
        Example(f"{ecosystem} by an entry for {entry}", _updates(ecosystem, "/", entry, "/"), holds)
        for ecosystem, entry in (
            ("bun", "npm"),
            ("bun", "bun"),
            ("npm", "bun"),
            ("npm", "npm"),
            ("pip", "uv"),
            ("terraform", "opentofu"),
            ("terraform", "terraform"),
            ("uv", "uv"),
        )
    ),
    Example("uv by an entry for pip", _updates("uv", "/", "pip", "/"), broken),
    Example(
        "workflows by their folder",
        _updates("github-actions", "/.github/workflows", "github-actions", "/.github/workflows"),
        holds,
    ),
    Example("workflows by the root", _updates("github-actions", "/.github/actions/x", "github-actions", "/"), holds),
    Example(
        "workflows, the folder above their own",
        _updates("github-actions", "/x", "github-actions", "/.github/workflows"),
        holds,
    ),
    Example(
        "workflows by another folder", _updates("github-actions", "/.github/workflows", "github-actions", "/x"), broken
    ),
    Example("docker in a folder below", _updates("docker", "/api", "docker", "/"), broken),
    Example("docker by the workflows' folder", _updates("docker", "/", "docker", "/.github/workflows"), broken),
    Example("a folder with a slash at its end", _updates("docker", "/api", "docker", "/api/"), holds),
    Example(
        "Renovate names the file",
        replace(_in("/api"), rules=(UpdateRule("renovate", ("docker",), ("**/Dockerfile",)),)),
        holds,
    ),
    Example(
        "Dependabot names the file",
        replace(_in("/api"), rules=(UpdateRule("dependabot", ("docker",), ("**/Dockerfile",)),)),
        broken,
    ),
    Example("Renovate leaves the folder out", replace(_in("/vendor/x"), rules=_RENOVATE.rules), broken),
    Example(
        "Renovate leaves the folder out, from the root",
        replace(_in("/vendor"), rules=(UpdateRule("renovate", ("docker",), ("**",), ("/vendor/**",)),)),
        broken,
    ),
    Example(
        "Renovate looks in another folder",
        replace(_in("/api"), rules=(UpdateRule("renovate", ("docker",), ("/web",)),)),
        broken,
    ),
)
