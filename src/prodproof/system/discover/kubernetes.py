"""Kubernetes manifests, with ingress hosts and the stores that run in the cluster."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.containers import store_of
from prodproof.system.discover.found import Found, Kind, at, files, hosts_in, matches

_KIND = re.compile(r"^kind:\s*[\"']?(\w+)", re.MULTILINE)
_VERSION = re.compile(r"^apiVersion:", re.MULTILINE)
_ROUTES = {"Ingress", "IngressRoute", "HTTPRoute", "VirtualService", "Gateway", "Certificate", "Route", "HTTPProxy"}
_HOST_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:host|hostname|commonName|fqdn):[^\n]*|"
    r"^[ \t]*(?:-[ \t]+)?(?:hosts|dnsNames|hostnames):[^\n]*(?:\n[ \t]*-[^\n:]*)*",
    re.MULTILINE,
)
_IMAGE = re.compile(r"^[ \t]*(?:-[ \t]+)?image:\s*[\"']?([\w./-]{1,200})", re.MULTILINE)
_PLACE = re.compile(
    r"(?:^|/)(?:overlays|environments|envs|clusters|deploy|k8s)/(?:.*/)?(staging|stage|stg|uat)(?:/|\.)"
)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """One finding for each directory with manifests or a chart."""
    directories: dict[str, list[str]] = {}
    for file in files(tree, r".*\.ya?ml"):
        if place := _PLACE.search(file.path):
            yield Found(Kind.ENVIRONMENT, "staging", Location(file.path), place[1])
        if not _VERSION.search(file.text):
            continue
        kinds = set(_KIND.findall(file.text))
        if not kinds:
            if file.path.rpartition("/")[2] == "Chart.yaml":
                yield Found(Kind.KUBERNETES, file.path.rpartition("/")[0] or ".", Location(file.path), "Helm chart")
            continue
        directories.setdefault(file.path.rpartition("/")[0] or ".", []).append(file.path)
        if kinds & _ROUTES:
            for match in matches(_HOST_LINE, file.text):
                yield from hosts_in(file, match[0], match.start(), ", ".join(sorted(kinds & _ROUTES)))
        if kinds & {"StatefulSet", "Deployment"}:
            for match in matches(_IMAGE, file.text):
                if store := store_of(match[1]):
                    yield Found(Kind.DATA_STORE, store[0], at(file, match.start(1)), store[1])
    for directory, paths in sorted(directories.items()):
        count = f"{len(paths)} file{'s' if len(paths) > 1 else ''}"
        yield Found(Kind.KUBERNETES, directory, Location(paths[0]), count)
