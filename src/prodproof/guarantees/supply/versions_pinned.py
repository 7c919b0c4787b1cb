"""Every dependency, base image, action and module is pinned; nothing floats on 'latest'.

Risk: The same commit builds something else tomorrow than it did today; whoever takes over one tag or one package runs
code in your pipeline and in production, and no review sees a change.
Verified: Floating is no tag, latest, stable, a major or minor tag only. Exact versions (three parts; two where a
project has no third, such as postgres:16.4), dates, commits and digests are pinned (latest@sha256 too). Build
arguments and compose defaults are resolved, stage aliases and images that are built here are skipped. GitHub actions
and reusable workflows are pinned by commit id only, for their tags move; for pre-commit hooks, terraform modules and
GitLab includes an exact version tag counts as well. terraform providers need a lock file beside them. A manifest needs
a lock file that holds its names; a requirements file counts as one when every entry is exact and it is compiled or
carries hashes, otherwise what its packages bring along is unknown. The manifest of a library without a lock is not
applicable: its ranges are for its users (their lock files are judged). Packages that a Dockerfile installs by name
with pip, npm or go are judged, those of the distribution (apt, apk) and the runner image of a job are not. Fixtures,
examples and vendored code are listed as not applicable.
Mend: Name the exact version, better the digest (`docker buildx imagetools inspect IMAGE`); `uv lock`, `npm install`,
`pip-compile --generate-hashes`, `terraform init` and commit the lock; pin actions by commit (`pinact run`), and let
Dependabot or Renovate move the pins.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Purpose, Role
from prodproof.facts.references import ExternalReferences, Reference, ReferenceKind
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.verdict import not_applicable

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_THREE_PARTS = re.compile(r"(?:^|[^0-9.])v?\d+\.\d+\.\d+")
_TWO_PARTS = re.compile(r"(?:^|[^0-9.])v?\d+\.\d+(?:$|[^0-9.])")
_DATE = re.compile(r"(?:^|\D)20\d\d-?[01]\d-?[0-3]\d")
_SHORT_COMMIT = re.compile(r"(?:^|[-_.])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}$")
_LEADING = re.compile(r"v?(\d+(?:\.\d+)*)")
_BUILD_NUMBER = re.compile(r"(?:^|[-_])(?:build|b|r|v)?-?\d{3,}$")
_TWO_PART_PROJECTS = frozenset(("postgres", "debian", "almalinux", "rockylinux", "oraclelinux", "adminer", "postgis"))
_EXACT_TAG = re.compile(
    r"(?:.*[-_/@])?v?\d+\.\d+(?:\.\d+)+(?:[-+.]?[0-9A-Za-z.]+)?|(?:.*[-_/@])?v?20\d\d[.-]\d+(?:[.-]\d+)*"
)
_EXACT_CONSTRAINT = re.compile(r"=?\s*v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?")
_EXACT_HOOK = re.compile(
    r"v?\d+\.\d+(?:\.\d+)*(?:[-.]?[0-9A-Za-z.]+)?|.*[-_/]v?\d+\.\d+(?:\.\d+)*|v?20\d{4,6}(?:\.\d+)*"
)


@guarantee("supply.versions-pinned", seeds="H-10", proof="inside", severity="medium", when_none="not_applicable")
def judge(file: ExternalReferences) -> Verdict:
    """One file that names images, actions, modules or hooks."""
    if file.purpose is Purpose.ASIDE:
        return not_applicable("a fixture, an example or vendored code")
    floating = [item for item in file.references if not item.undecided and not _is_pinned(item)]
    if floating:
        return broken(*_distinct(_finding(file, item) for item in floating))
    if undecided := [item for item in file.references if item.undecided]:
        more = f" (and {len(undecided) - 1} more)" if len(undecided) > 1 else ""
        return unknown(Reason.INCOMPLETE, f"only the build or deployment decides {undecided[0].written}{more}")
    return holds(f"{_counted(len(file.references), 'reference')}, all exact")


def _is_pinned(item: Reference) -> bool:
    if item.digest or item.locked:
        return True
    version = item.version or ""
    if item.kind is ReferenceKind.IMAGE:
        return _is_exact_tag(item.name, version)
    if _COMMIT.fullmatch(version):
        return True
    if item.kind is ReferenceKind.ACTION:
        return False
    if item.kind is ReferenceKind.HOOK:
        return _EXACT_HOOK.fullmatch(version) is not None
    if item.kind is ReferenceKind.MODULE:
        return _EXACT_TAG.fullmatch(version) is not None or _EXACT_CONSTRAINT.fullmatch(version) is not None
    if item.kind is ReferenceKind.PACKAGE:
        return re.fullmatch(r"v?\d[\w.+!-]*", version) is not None and re.search(r"[*xX]", version) is None
    return False  # a provider without a lock file is chosen anew by each init, whatever its constraint


def _is_exact_tag(name: str, tag: str) -> bool:
    if _DATE.search(tag) or _SHORT_COMMIT.search(tag) or _BUILD_NUMBER.search(tag):
        return True
    two_are_enough = name.rpartition("/")[2] in _TWO_PART_PROJECTS
    if leading := _LEADING.match(tag):
        # What follows is the base's version: `22-alpine3.20.1` still floats on 22.
        return leading[1].count(".") >= (1 if two_are_enough else 2)
    return _THREE_PARTS.search(tag) is not None or (two_are_enough and _TWO_PARTS.search(tag) is not None)


_WHAT = {
    ReferenceKind.IMAGE: ("floating-image", "image", "name its exact version, better its digest (@sha256:…)"),
    ReferenceKind.ACTION: ("floating-action", "action", "pin it by commit id, with the version as a comment"),
    ReferenceKind.MODULE: ("floating-module", "module", "name an exact version or a commit"),
    ReferenceKind.PROVIDER: ("floating-provider", "provider", "commit .terraform.lock.hcl (`terraform init`)"),
    ReferenceKind.HOOK: ("floating-hook", "hook", "name an exact tag or a commit (`pre-commit autoupdate --freeze`)"),
    ReferenceKind.PACKAGE: ("floating-package", "package", "name its exact version, or install from a lock file"),
}


def _finding(file: ExternalReferences, item: Reference) -> Finding:
    rule, noun, mend = _WHAT[item.kind]
    if item.kind is ReferenceKind.PROVIDER:
        why = "has no lock file beside it"
    elif item.version is None:
        why = "has no version"
    elif item.kind is ReferenceKind.ACTION:
        why = f"floats on {item.version!r}, which is no commit id"
    else:
        why = f"floats on {item.version!r}"
    location = Location(file.path, item.line)
    return Finding(rule, f"{noun} {item.name} {why}", location, f"{item.name}:{item.version or ''}", mend)


@judge.also
def judge_manifest(manifest: Manifest) -> Verdict:
    """One manifest or lock file."""
    if manifest.purpose is Purpose.ASIDE:
        return not_applicable("a fixture, an example or vendored code")
    fetched = [item for item in manifest.dependencies if item.origin is not Origin.LOCAL]
    if manifest.lock is not None:
        if manifest.lock_lacks:
            names = ", ".join(manifest.lock_lacks[:3])
            message = f"{manifest.lock} does not hold {names}: it is behind its manifest"
            return broken(Finding("lock-behind", message, manifest.location, manifest.lock, "write the lock anew"))
        return holds(f"locked in {manifest.lock}")
    if not fetched and not manifest.unread:
        return not_applicable("names nothing that is fetched")
    if manifest.library:
        return not_applicable("a library without a lock: its ranges are for those who install it")
    if manifest.form in _LOCKABLE and any(not _is_exact(item) for item in fetched):
        message = f"{_counted(len(fetched), 'package')} without a lock file"
        return broken(
            Finding("no-lock", message, manifest.location, manifest.form, f"commit {_LOCKABLE[manifest.form]}")
        )
    if floating := [item for item in fetched if not _is_exact(item)]:
        return broken(*_distinct(_package_finding(manifest, item) for item in floating))
    if manifest.unread:
        return unknown(Reason.INCOMPLETE, f"line {manifest.unread[0]} was not understood")
    if not manifest.whole:
        text = "every name is exact, but what these packages bring along is not locked (no hashes, not compiled)"
        return unknown(Reason.INCOMPLETE, text)
    return holds(f"{_counted(len(fetched), 'package')}, all exact")


_LOCKABLE = {
    "pyproject": "a lock (`uv lock`, `poetry lock`)",
    "setup.cfg": "a lock (`uv pip compile`)",
    "setup.py": "a lock (`uv pip compile`)",
    "Pipfile": "Pipfile.lock",
    "package.json": "package-lock.json (or yarn.lock, pnpm-lock.yaml)",
    "pubspec": "pubspec.lock",
    "Cargo.toml": "Cargo.lock",
    "Gemfile": "Gemfile.lock",
    "composer.json": "composer.lock",
}


def _is_exact(item: Dependency) -> bool:
    if item.origin is Origin.VCS:
        revision = item.revision or ""
        return _COMMIT.fullmatch(revision) is not None or _EXACT_TAG.fullmatch(revision) is not None
    if item.origin is Origin.URL:
        return item.hashed or item.version is not None
    return item.version is not None


def _package_finding(manifest: Manifest, item: Dependency) -> Finding:
    why = "is fetched without a hash" if item.origin is Origin.URL else "floats"
    return Finding(
        "floating-package",
        f"package {item.name} {why} ({item.written})",
        Location(manifest.path, item.line),
        item.name,
        "lock it: `uv pip compile --generate-hashes`, `npm install`, `flutter pub get`",
    )


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One for each thing that floats, however often the file names it."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        found.setdefault((finding.rule, finding.key), finding)
    return tuple(found.values())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _image(tag: str | None, name: str = "python", digest: str | None = None) -> Reference:
    return Reference(kind=ReferenceKind.IMAGE, name=name, written=f"{name}:{tag}", version=tag, digest=digest, line=1)


_FILE = ExternalReferences(
    path="Dockerfile", form="Dockerfile", purpose=Purpose.RUNTIME, references=(_image("3.12.4-slim"),)
)
_ACTION = Reference(
    kind=ReferenceKind.ACTION,
    name="actions/checkout",
    written="actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    version="11bd71901bbe5b1630ceea73d27597364c9af683",
    line=9,
)
_MODULE = Reference(kind=ReferenceKind.MODULE, name="terraform-aws-modules/vpc/aws", written="", version="5.8.1")
_PROVIDER = Reference(kind=ReferenceKind.PROVIDER, name="hashicorp/aws", written="", version="~> 5.0", locked=True)
_HOOK = Reference(kind=ReferenceKind.HOOK, name="https://github.com/psf/black", written="", version="24.4.2")


def _with(*references: Reference) -> ExternalReferences:
    return replace(_FILE, references=references)


_DJANGO = Dependency(name="django", written="django==5.2.1", version="5.2.1", hashed=True, line=1)
_REQUIREMENTS = Manifest(
    path="requirements.txt",
    ecosystem=Ecosystem.PYPI,
    form="requirements",
    role=Role.MANIFEST,
    dependencies=(_DJANGO,),
    whole=True,
)
_PROJECT = replace(
    _REQUIREMENTS,
    path="pyproject.toml",
    form="pyproject",
    whole=False,
    dependencies=(replace(_DJANGO, version=None, written="django>=5.2", hashed=False),),
)


def _needs(**changes: Any) -> Manifest:
    changed = replace(_DJANGO, **changes)
    return replace(_REQUIREMENTS, dependencies=(changed,))


EXAMPLES = (
    Example("an exact tag", _FILE, holds),
    Example("latest", _with(_image("latest")), broken, says="floats on 'latest'"),
    Example("no tag", _with(_image(None)), broken, says="has no version"),
    Example("a minor tag", _with(_image("3.12-slim")), broken),
    Example("a major tag", _with(_image("3")), broken),
    Example("latest with a digest", _with(_image("latest", digest="sha256:" + "0" * 64)), holds),
    Example("a project with two parts", _with(_image("16.4-bookworm", "postgres")), holds),
    Example(
        "an argument without default", _with(replace(_image(None), undecided=True)), unknown, reason=Reason.INCOMPLETE
    ),
    Example("an action by commit", _with(_ACTION), holds),
    Example("an action by tag", _with(replace(_ACTION, version="v4.2.2")), broken, says="no commit id"),
    Example("a module by version", _with(_MODULE), holds),
    Example("a module by range", _with(replace(_MODULE, version="~> 5.8")), broken),
    Example("a provider with a lock", _with(_PROVIDER), holds),
    Example("a provider without", _with(replace(_PROVIDER, locked=False)), broken),
    Example("a hook by tag", _with(_HOOK), holds),
    Example("a hook by branch", _with(replace(_HOOK, version="main")), broken),
    Example("a fixture", replace(_with(_image("latest")), purpose=Purpose.ASIDE), not_applicable),
    Example("exact, with hashes", _REQUIREMENTS, holds),
    Example(
        "a range",
        replace(_REQUIREMENTS, whole=False, dependencies=(replace(_DJANGO, version=None),)),
        broken,
        says="package django floats",
    ),
    Example("exact, but not compiled", replace(_REQUIREMENTS, whole=False), unknown, reason=Reason.INCOMPLETE),
    Example("a project without lock", _PROJECT, broken, says="without a lock"),
    Example("with its lock", replace(_PROJECT, lock="uv.lock"), holds),
    Example("a lock that is behind", replace(_PROJECT, lock="uv.lock", lock_lacks=("django",)), broken, says="behind"),
    Example("a library", replace(_PROJECT, library=True), not_applicable),
    Example("a provider with an exact version alone", _with(replace(_PROVIDER, locked=False, version="5.0.1")), broken),
    Example("a manifest among fixtures", replace(_PROJECT, purpose=Purpose.ASIDE), not_applicable),
    Example("a manifest of local packages", _needs(origin=Origin.LOCAL, version=None), not_applicable),
    Example("an empty manifest", replace(_REQUIREMENTS, dependencies=()), not_applicable),
    Example(
        "nothing but a line that was not understood",
        replace(_REQUIREMENTS, dependencies=(), unread=(7,)),
        unknown,
        says="line 7",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an exact line beside one that was not understood",
        replace(_REQUIREMENTS, unread=(7,)),
        unknown,
        says="line 7",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a project whose every name is exact",
        replace(_PROJECT, dependencies=(_DJANGO,)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a project with one range",
        replace(_PROJECT, dependencies=(*_PROJECT.dependencies, _DJANGO)),
        broken,
        says="without a lock",
    ),
    Example("a package.json without a lock", replace(_PROJECT, form="package.json"), broken, says="without a lock"),
    Example("a commit of a repository", _needs(origin=Origin.VCS, version=None, revision="a1" * 20), holds),
    Example("a tag of a repository", _needs(origin=Origin.VCS, version=None, revision="v5.2.1"), holds),
    Example("a branch of a repository", _needs(origin=Origin.VCS, version=None, revision="main"), broken),
    Example("a repository's default branch", _needs(origin=Origin.VCS, revision=None), broken),
    Example("an archive with its hash", _needs(origin=Origin.URL, version=None), holds),
    Example("an archive with its version", _needs(origin=Origin.URL, hashed=False), holds),
    Example(
        "an archive by its address alone",
        _needs(origin=Origin.URL, version=None, hashed=False),
        broken,
        says="without a hash",
    ),
)
