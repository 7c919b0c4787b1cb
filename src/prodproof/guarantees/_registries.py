"""Which registries and forges are trusted: the public ones that everybody knows, and those that are declared."""

from urllib.parse import urlsplit

from prodproof.facts.declared import Declared, Registry
from prodproof.facts.dependencies import Ecosystem

FORGES = frozenset(("github.com", "gitlab.com", "bitbucket.org", "codeload.github.com", "api.github.com"))
PUBLIC = {
    Ecosystem.PYPI: frozenset(("pypi.org", "files.pythonhosted.org", "pypi.python.org", "upload.pypi.org")),
    Ecosystem.NPM: frozenset(("registry.npmjs.org", "registry.yarnpkg.com", "npm.jsr.io")),
    Ecosystem.PUB: frozenset(("pub.dev", "pub.dartlang.org", "pub.flutter-io.cn")),
    Ecosystem.GO: frozenset(("proxy.golang.org",)),
    Ecosystem.CARGO: frozenset(("github.com", "index.crates.io", "static.crates.io")),
    Ecosystem.RUBYGEMS: frozenset(("rubygems.org", "index.rubygems.org")),
    Ecosystem.PACKAGIST: frozenset(("repo.packagist.org", "packagist.org")),
}
IMAGE_REGISTRIES = frozenset(
    (
        "docker.io", "index.docker.io", "registry-1.docker.io", "ghcr.io", "quay.io", "gcr.io", "registry.k8s.io",
        "k8s.gcr.io", "mcr.microsoft.com", "public.ecr.aws", "registry.gitlab.com", "docker.elastic.co", "cgr.dev",
        "registry.access.redhat.com", "registry.redhat.io", "nvcr.io", "dhi.io",
    )
)  # fmt: skip


def private_names(host: str, declared: Declared) -> tuple[str, ...]:
    """Patterns of the private names that a declared registry has."""
    return tuple(pattern for item in declared.registries if host_of(item) == host for pattern in item.private)


def host_of(registry: Registry) -> str:
    """Its host, with the port where it names one."""
    parts = urlsplit(registry.url if "://" in registry.url else f"https://{registry.url}")
    host = (parts.hostname or "").lower()
    try:
        return host if parts.port is None else f"{host}:{parts.port}"
    except ValueError:
        return host


def is_trusted(host: str, ecosystem: Ecosystem, declared: Declared) -> bool:
    """Whether packages of an ecosystem may come from a host."""
    return host in PUBLIC[ecosystem] or any(host_of(item) == host for item in declared.registries)
