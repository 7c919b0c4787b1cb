"""Packages and images come from trusted registries, with hashes, and no private name can be taken over publicly.

Risk: Somebody publishes a package under the name of your internal one, or exchanges the file behind a version that you
use, and your next build installs it and runs it with the pipeline's rights.
Verified: The settings of pip, uv, Poetry, PDM, Pipenv, npm and Yarn, and of Dockerfiles, name only the public default
registries and those of `[[registry]]`, over TLS with the certificate checked. Beside an extra index, of which pip
takes whichever version is higher, no private name is installed without a hash; without declared private names that is
unknown. Lock files carry a hash for each package and name trusted hosts; a manifest without lock or hashes is broken
(a library's is not applicable). Private names in lock files come from their own registry. Images come from well-known
public registries or declared ones. Public indexes are not asked for private names: where a public namesake could win,
that is a finding whether or not somebody has taken the name yet. Fixtures and examples are not applicable.
Mend: Use one index that mirrors the public one (`--index-url`), or uv's and Poetry's explicit indexes, or a scope with
its own registry in `.npmrc`; declare it under `[[registry]]` with its `private` names; lock with hashes
(`uv lock`, `pip-compile --generate-hashes`, `npm install`).
"""

from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from prodproof.facts import Location, Reason
from prodproof.facts.declared import Declared, Registry
from prodproof.facts.dependencies import Ecosystem, Purpose
from prodproof.facts.references import ExternalReferences, Reference, ReferenceKind
from prodproof.facts.registries import RegistrySettings, RegistrySource, RegistryUse
from prodproof.guarantees._registries import FORGES, IMAGE_REGISTRIES, PUBLIC, host_of, is_trusted, private_names
from prodproof.guarantees.supply import _locked_packages as packages
from prodproof.guarantees.supply._locked_packages import ACME, DECLARED
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP
from prodproof.verdicts.verdict import not_applicable


@guarantee("supply.trusted-registries", seeds="L-3", proof="inside", severity="high", when_none="not_applicable")
def judge(settings: RegistrySettings, declared: Declared) -> Verdict:
    """One file that names registries."""
    if settings.purpose is Purpose.ASIDE:
        return not_applicable("a fixture, an example or vendored code")
    findings: list[Finding] = []
    doubts: list[str] = []
    for source in settings.sources:
        location = Location(settings.path, source.line)
        if source.insecure:
            message = f"{source.written} is used without a checked TLS certificate"
            findings.append(
                Finding("insecure-registry", message, location, source.written, "use https and a trusted CA")
            )
        elif source.host not in ("", "local") and not is_trusted(source.host, settings.ecosystem, declared):
            if declared.inferred:
                doubts.append(f"{source.host} is not declared; there is no system file that says whether it is trusted")
            else:
                message = f"packages come from {source.host}, which is not declared"
                findings.append(
                    Finding("undeclared-registry", message, location, source.host, "declare it: [[registry]]")
                )
        elif source.host == "":
            doubts.append(f"only the build decides which registry {source.written} is")
        if source.use is RegistryUse.EXTRA and source.host not in PUBLIC[settings.ecosystem]:
            findings += _confusable(settings, source, declared)
            if not private_names(source.host, declared) and settings.unhashed:
                doubts.append(f"which names come from {source.host or source.written} is not declared")
    if findings:
        return broken(*findings)
    if doubts:
        return unknown(Reason.NOT_DECLARED, doubts[0])
    return holds("only trusted registries, over TLS")


def _confusable(settings: RegistrySettings, source: RegistrySource, declared: Declared) -> list[Finding]:
    private = private_names(source.host, declared)
    exposed = [name for name in settings.unhashed if any(fnmatchcase(name, pattern) for pattern in private)]
    return [
        Finding(
            "confusable-name",
            f"{name} is installed without a hash from two indexes: whoever publishes a higher version publicly wins",
            Location(settings.path, source.line),
            name,
            "use one index (--index-url), an explicit index, or hashes",
        )
        for name in exposed
    ]


judge.also(packages.judge_manifest)


@judge.also
def judge_images(file: ExternalReferences, declared: Declared) -> Verdict:
    """One file that names images or modules."""
    if file.purpose is Purpose.ASIDE:
        return not_applicable("a fixture, an example or vendored code")
    placed = [(item, host) for item in file.references if (host := _place(item)) is not None]
    if not placed:
        return not_applicable("names no image and no remote module")
    findings: dict[str, Finding] = {}
    foreign = []
    for item, host in placed:
        location = Location(file.path, item.line)
        if item.name.startswith(("http://", "git::http://")):
            message = f"{item.kind} {item.name} is fetched without TLS"
            findings[item.name] = Finding("insecure-source", message, location, item.name, "use https")
        elif not _is_image_place(item, host, declared):
            foreign.append(host)
            message = f"{item.kind} {item.name} comes from {host}, which is not declared"
            findings[item.name] = Finding(
                "undeclared-registry", message, location, item.name, "declare it: [[registry]]"
            )
    insecure = [finding for finding in findings.values() if finding.rule == "insecure-source"]
    if insecure or (findings and not declared.inferred):
        return broken(*(insecure if declared.inferred else findings.values()))
    if foreign:
        return unknown(Reason.NOT_DECLARED, f"{foreign[0]} is not declared; no system file says whether it is trusted")
    if undecided := [item for item, _ in placed if item.undecided and not _place(item)]:
        return unknown(Reason.INCOMPLETE, f"only the build or deployment decides {undecided[0].written}")
    return holds("from public default or declared registries")


def _place(item: Reference) -> str | None:
    """The host that something is fetched from; empty where only the build decides, None where there is none."""
    if item.kind is ReferenceKind.IMAGE:
        first, slash, _ = item.name.partition("/")
        if "$" in first or "{" in first:
            return ""
        return first.lower() if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"
    if item.kind is ReferenceKind.MODULE and "://" in item.name:
        return (urlsplit(item.name.rpartition("::")[2]).hostname or "").lower() or None
    return None


def _is_image_place(item: Reference, host: str, declared: Declared) -> bool:
    if host == "" or host.partition(":")[0] in ("localhost", "127.0.0.1"):
        return True
    known = IMAGE_REGISTRIES if item.kind is ReferenceKind.IMAGE else FORGES
    return host in known or any(host_of(registry) == host for registry in declared.registries)


_EXTRA = RegistrySource(
    use=RegistryUse.EXTRA, host="pypi.acme.example", written="https://pypi.acme.example/simple", line=1
)
_SETTINGS = RegistrySettings(
    path="requirements.txt",
    ecosystem=Ecosystem.PYPI,
    purpose=Purpose.RUNTIME,
    sources=(replace(_EXTRA, use=RegistryUse.DEFAULT),),
    unhashed=("acme-core", "django"),
)
_IMAGE = Reference(kind=ReferenceKind.IMAGE, name="python", written="python:3.12.4", version="3.12.4", line=1)
_FILE = ExternalReferences(path="Dockerfile", form="Dockerfile", purpose=Purpose.RUNTIME, references=(_IMAGE,))
_ELSEWHERE = replace(_FILE, references=(replace(_IMAGE, name="registry.acme.example/shop"),))


def _from(host: str) -> RegistrySettings:
    return replace(_SETTINGS, sources=(replace(_EXTRA, use=RegistryUse.DEFAULT, host=host),))


def _named(name: str, kind: ReferenceKind = ReferenceKind.IMAGE) -> ExternalReferences:
    return replace(_FILE, references=(Reference(kind=kind, name=name, written=name, line=1),))


EXAMPLES = (
    Example("one declared index", _SETTINGS, holds, DECLARED),
    Example(
        "an extra index beside a private name",
        replace(_SETTINGS, sources=(_EXTRA,)),
        broken,
        DECLARED,
        says="acme-core is installed without a hash from two indexes",
    ),
    Example("the private name has a hash", replace(_SETTINGS, sources=(_EXTRA,), unhashed=()), holds, DECLARED),
    Example("an index that nobody declared", _SETTINGS, broken, says="not declared"),
    Example("no system file says so", _SETTINGS, unknown, replace(SHOP, inferred=True), reason=Reason.NOT_DECLARED),
    Example(
        "its private names are not declared",
        replace(_SETTINGS, sources=(_EXTRA,)),
        unknown,
        replace(SHOP, registries=(replace(ACME, private=()),)),
        reason=Reason.NOT_DECLARED,
    ),
    Example("no TLS", replace(_SETTINGS, sources=(replace(_EXTRA, insecure=True),), unhashed=()), broken, DECLARED),
    Example("uv asks it first", replace(_SETTINGS, sources=(replace(_EXTRA, use=RegistryUse.FIRST),)), holds, DECLARED),
    Example("an official image", _FILE, holds),
    Example("an image of an undeclared registry", _ELSEWHERE, broken, says="registry.acme.example"),
    Example(
        "of a declared one",
        _ELSEWHERE,
        holds,
        replace(SHOP, registries=(Registry(url="registry.acme.example"),)),
    ),
    Example("a fixture", replace(_SETTINGS, purpose=Purpose.ASIDE), not_applicable),
    Example("a folder of the repository", _from("local"), holds),
    Example("only the build knows which", _from(""), unknown, says="only the build", reason=Reason.NOT_DECLARED),
    Example(
        "an extra index that is public too", replace(_SETTINGS, sources=(replace(_EXTRA, host="pypi.org"),)), holds
    ),
    Example(
        "an extra index, everything has a hash",
        replace(_SETTINGS, sources=(_EXTRA,), unhashed=()),
        holds,
        replace(SHOP, registries=(replace(ACME, private=()),)),
    ),
    Example(
        "an extra index, and none of the names is private",
        replace(_SETTINGS, sources=(_EXTRA,), unhashed=("django",)),
        holds,
        DECLARED,
    ),
    Example(
        "an extra index, and another one's private name",
        replace(_SETTINGS, sources=(_EXTRA,)),
        unknown,
        replace(SHOP, registries=(replace(ACME, private=()), replace(ACME, url="https://other.example"))),
        reason=Reason.NOT_DECLARED,
    ),
    Example("the registry on another port", _from("pypi.acme.example:8443"), broken, DECLARED),
    Example(
        "the registry on its own port",
        _from("pypi.acme.example:8443"),
        holds,
        replace(SHOP, registries=(Registry(url="pypi.acme.example:8443"),)),
    ),
    Example(
        "declared with a port that is none",
        _from("pypi.acme.example"),
        holds,
        replace(SHOP, registries=(Registry(url="https://pypi.acme.example:x/simple"),)),
    ),
    Example("npm's own registry", replace(_from("registry.npmjs.org"), ecosystem=Ecosystem.NPM), holds),
    Example("pub.dev", replace(_from("pub.dev"), ecosystem=Ecosystem.PUB), holds),
    Example("Go's proxy", replace(_from("proxy.golang.org"), ecosystem=Ecosystem.GO), holds),
    Example("crates.io", replace(_from("index.crates.io"), ecosystem=Ecosystem.CARGO), holds),
    Example("rubygems.org", replace(_from("rubygems.org"), ecosystem=Ecosystem.RUBYGEMS), holds),
    Example("Packagist", replace(_from("repo.packagist.org"), ecosystem=Ecosystem.PACKAGIST), holds),
    Example("another language's registry", _from("rubygems.org"), broken),
    Example("an image among fixtures", replace(_ELSEWHERE, purpose=Purpose.ASIDE), not_applicable),
    Example("an action alone", _named("actions/checkout", ReferenceKind.ACTION), not_applicable),
    Example("an action with a URL", _named("docker://x.example/y", ReferenceKind.ACTION), not_applicable),
    Example(
        "an image of an undeclared registry, and no system file",
        _ELSEWHERE,
        unknown,
        replace(SHOP, inferred=True),
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "only the build knows the registry",
        replace(_FILE, references=(replace(_FILE.references[0], name="${REGISTRY}/shop", undecided=True),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a build argument in braces",
        replace(_FILE, references=(replace(_FILE.references[0], name="{{registry}}/shop", undecided=True),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("a build argument with a default", _named("$REGISTRY/shop"), holds),
    Example(
        "only its tag is decided later",
        replace(_FILE, references=(replace(_FILE.references[0], undecided=True),)),
        holds,
    ),
    Example("a user's image", _named("acme/shop"), holds),
    Example("a name with a tag alone", _named("python:3.12"), holds),
    Example("an image by host and port", _named("registry:5000/shop"), broken),
    Example("the machine's own registry", _named("localhost/shop"), holds),
    Example("the machine's own registry on a port", _named("127.0.0.1:5000/shop"), holds),
    Example("Microsoft's registry", _named("mcr.microsoft.com/playwright"), holds),
    Example("a registry as a module's forge", _named("quay.io/x", ReferenceKind.MODULE), not_applicable),
    Example("a local module", _named("./modules/vpc", ReferenceKind.MODULE), not_applicable),
    Example("a module without a host", _named("file:///srv/module", ReferenceKind.MODULE), not_applicable),
    Example("a module of a forge", _named("git::https://gitlab.com/acme/vpc", ReferenceKind.MODULE), holds),
    Example("a module of Bitbucket", _named("git::https://bitbucket.org/acme/vpc", ReferenceKind.MODULE), holds),
    Example("a module of a strange host", _named("git::https://git.x.example/vpc", ReferenceKind.MODULE), broken),
    Example("a module of an image registry", _named("git::https://quay.io/vpc", ReferenceKind.MODULE), broken),
    Example("a module over plain HTTP", _named("http://gitlab.com/vpc.zip", ReferenceKind.MODULE), broken, says="TLS"),
    Example("git over plain HTTP", _named("git::http://gitlab.com/vpc", ReferenceKind.MODULE), broken, says="TLS"),
    Example(
        "plain HTTP counts without a system file",
        _named("http://x.example/vpc.zip", ReferenceKind.MODULE),
        broken,
        replace(SHOP, inferred=True),
        says="TLS",
    ),
    Example(
        "a build argument without braces",
        replace(_FILE, references=(replace(_FILE.references[0], name="$REGISTRY/shop", undecided=True),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "declared without a host",
        _from("pypi.acme.example"),
        broken,
        replace(SHOP, registries=(Registry(url="https://"),)),
    ),
    *packages.EXAMPLES,
)
