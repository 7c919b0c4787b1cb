"""Packages as lock files and manifests name them: with hashes, from registries that are known."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from prodproof.facts import Location
from prodproof.facts.declared import Declared, Registry
from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin, Purpose, Role
from prodproof.guarantees._registries import FORGES, host_of, is_trusted
from prodproof.verdicts import Example, Finding, Verdict, broken, holds
from prodproof.verdicts.example import SHOP
from prodproof.verdicts.verdict import not_applicable


def judge_manifest(manifest: Manifest, declared: Declared) -> Verdict:
    """One lock file, or a manifest without one."""
    fetched = [item for item in manifest.dependencies if item.origin is not Origin.LOCAL]
    if manifest.purpose is Purpose.ASIDE:
        return not_applicable("a fixture, an example or vendored code")
    if findings := _misplaced(manifest, fetched, declared):
        return broken(*findings)
    if manifest.lock is not None:
        return not_applicable(f"judged in {manifest.lock}")
    if manifest.library or not fetched:
        return not_applicable("nothing is installed from it: a library's, or empty")
    bare = [item for item in fetched if not item.hashed and item.origin is not Origin.VCS]
    if manifest.ecosystem in _WITHOUT_HASHES and manifest.role is Role.LOCK:
        bare = []
    if bare:
        names = ", ".join(item.name for item in bare[:3]) + (" …" if len(bare) > 3 else "")
        message = f"{len(bare)} of {len(fetched)} packages are installed without a hash: {names}"
        location = Location(manifest.path, bare[0].line)
        return broken(Finding("no-hash", message, location, manifest.form, "lock them with hashes"))
    return holds(f"{len(fetched)} packages with hashes")


_WITHOUT_HASHES = frozenset((Ecosystem.RUBYGEMS, Ecosystem.PACKAGIST))
"""Their lock files carry no hash of a package by default; the managers' own protections stand in."""


def _misplaced(manifest: Manifest, fetched: list[Dependency], declared: Declared) -> list[Finding]:
    findings = []
    for item in fetched:
        location = Location(manifest.path, item.line)
        owner = next(
            (reg for reg in declared.registries if any(fnmatchcase(item.name, name) for name in reg.private)), None
        )
        if item.insecure:
            message = f"{item.name} is fetched without TLS ({item.written})"
            findings.append(Finding("insecure-source", message, location, item.name, "use https"))
        elif owner and item.source and item.source != host_of(owner) and item.origin is Origin.REGISTRY:
            message = f"{item.name} is private, but is locked to {item.source}"
            findings.append(Finding("private-name-elsewhere", message, location, item.name, "lock it to its registry"))
        elif item.source and not _is_known(item, manifest.ecosystem, declared) and not declared.inferred:
            message = f"{item.name} comes from {item.source}, which is not declared"
            findings.append(Finding("undeclared-source", message, location, item.name, "declare it: [[registry]]"))
    return findings


def _is_known(item: Dependency, ecosystem: Ecosystem, declared: Declared) -> bool:
    assert item.source is not None
    if is_trusted(item.source, ecosystem, declared):
        return True
    return item.source in FORGES and (item.origin is not Origin.REGISTRY or ecosystem is Ecosystem.PACKAGIST)


ACME = Registry(url="https://pypi.acme.example/simple", private=("acme-*",))
DECLARED = replace(SHOP, registries=(ACME,))
_PACKAGE = Dependency(name="django", written="django==5.2.1", version="5.2.1", hashed=True, line=1)
_LOCK = Manifest(
    path="uv.lock",
    ecosystem=Ecosystem.PYPI,
    form="uv.lock",
    role=Role.LOCK,
    whole=True,
    dependencies=(replace(_PACKAGE, source="pypi.org"),),
)


def _locked(**changes: Any) -> Manifest:
    return replace(_LOCK, dependencies=(replace(_PACKAGE, **changes),))


EXAMPLES = (
    Example("a lock with hashes", _LOCK, holds),
    Example("a lock without", replace(_LOCK, dependencies=(replace(_PACKAGE, hashed=False),)), broken, says="hash"),
    Example(
        "a private name that was locked to the public index",
        replace(_LOCK, dependencies=(replace(_PACKAGE, name="acme-core", source="pypi.org"),)),
        broken,
        DECLARED,
        says="acme-core is private",
    ),
    Example("from a strange host", replace(_LOCK, dependencies=(replace(_PACKAGE, source="x.example"),)), broken),
    Example("a lock among fixtures", replace(_LOCK, purpose=Purpose.ASIDE), not_applicable),
    Example("a manifest beside its lock", replace(_LOCK, lock="uv.lock"), not_applicable),
    Example("a library's manifest", replace(_LOCK, library=True), not_applicable),
    Example("nothing but local packages", _locked(origin=Origin.LOCAL, hashed=False), not_applicable),
    Example("a package from a repository", _locked(origin=Origin.VCS, source="github.com", hashed=False), holds),
    Example("an archive of a repository", _locked(origin=Origin.URL, source="codeload.github.com"), holds),
    Example("from a forge, as if it were a registry", _locked(source="github.com"), broken),
    Example(
        "composer takes archives from forges",
        replace(_locked(source="api.github.com"), ecosystem=Ecosystem.PACKAGIST),
        holds,
    ),
    Example("composer, from elsewhere", replace(_locked(source="x.example"), ecosystem=Ecosystem.PACKAGIST), broken),
    Example("a repository of an undeclared host", _locked(origin=Origin.VCS, source="git.x.example"), broken),
    Example("bundler's lock has no hashes", replace(_locked(hashed=False), ecosystem=Ecosystem.RUBYGEMS), holds),
    Example("composer's lock has none either", replace(_locked(hashed=False), ecosystem=Ecosystem.PACKAGIST), holds),
    Example(
        "a Gemfile without a lock",
        replace(_locked(hashed=False), ecosystem=Ecosystem.RUBYGEMS, role=Role.MANIFEST),
        broken,
    ),
    Example("over plain HTTP", _locked(insecure=True), broken, says="without TLS"),
    Example("a private name, source unknown", _locked(name="acme-core"), holds, DECLARED),
    Example("a private name from its registry", _locked(name="acme-core", source="pypi.acme.example"), holds, DECLARED),
    Example(
        "a private name from its repository",
        _locked(name="acme-core", source="github.com", origin=Origin.VCS),
        holds,
        DECLARED,
    ),
    Example(
        "one of two private patterns",
        _locked(name="acme-core", source="pypi.org"),
        broken,
        replace(SHOP, registries=(replace(ACME, private=("shop-*", "acme-*")),)),
    ),
    Example("a public name beside private ones", _locked(source="pypi.org"), holds, DECLARED),
    Example(
        "from a strange host, and no system file", _locked(source="x.example"), holds, replace(SHOP, inferred=True)
    ),
)
