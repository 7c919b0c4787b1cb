"""Searches a repository, its whole history and what is not committed yet, for secrets."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from prodproof.facts import Proof, Reason, Survey, Unseen, lost
from prodproof.facts.code_secrets import CodeSearch
from prodproof.facts.declared import Repository
from prodproof.facts.traced import Traced, Unsearched
from prodproof.probes._traced import SEARCH_TIME, kept_searches, known_values, trace
from prodproof.probes.probe import probe
from prodproof.reach.git.command import Git
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World
from prodproof.system.errors import UserError, inert
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.sources.git import GitSource
from prodproof.trace.stream import Source

WITHOUT_REQUESTS = re.compile(r"(?:^|\.)(?:bitbucket\.org|amazonaws\.com)$")
"""Hosts that keep pull requests in no refs that could be fetched."""

_OF_REQUESTS = re.compile(r"refs/(?:pull|merge-requests|pull-requests|changes)/")
_REQUESTS_OF = {"gitlab": "merge-requests"}
"""By a word in the host's name, the folder of refs that holds its requests; `pull` for all others (GitHub, Gitea)."""


@probe(CodeSearch, per=Repository, proof=Proof.INSIDE, time_limit=SEARCH_TIME + 60, tools=("git",))
def observe(repository: Repository, world: World) -> Survey[CodeSearch]:
    """One observation for each repository; without trust by patterns alone."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(CodeSearch, reader.why, reader.detail)
    if reader.unlisted is not None:
        return lost(CodeSearch, reader.unlisted.why, reader.unlisted.detail)
    seen = _search(reader, world)
    return Survey(CodeSearch, (world.inside(repository.subject, seen, reader.commit),))


def _search(reader: RepositoryReader, world: World) -> CodeSearch | Unseen:
    # A secret of staging's in the code is as bad as one of production's.
    known = known_values(world, world.declared.all_secrets)
    sources: list[Source] = []
    files = _uncommitted(reader)
    if isinstance(files, Unseen):
        return files
    if reader.git is not None:
        try:
            sources.append(GitSource.open("history", reader.directory, kept_searches(world, known)))
        except UserError as error:
            return Unseen(Reason.INCOMPLETE, str(error))
    if files:
        sources.append(FilesSource("files", reader.directory, only=files))
    traced = trace(world, sources, known=known)
    plain = () if reader.git is not None else _gaps(reader)
    return CodeSearch(
        traced=_once_each(traced, plain),
        history=reader.git is not None,
        uncommitted=len(files),
        absent=tuple(_absent(reader.git)) if reader.git is not None else (),
    )


def _uncommitted(reader: RepositoryReader) -> tuple[str, ...] | Unseen:
    """What lies in the work tree and in no object of git."""
    if reader.git is None:
        return reader.files
    if reader.bare:
        return ()
    listed = reader.git.lines("ls-files", "-z", "--modified", "--others", "--exclude-standard")
    if isinstance(listed, Unseen):
        return listed
    paths = dict.fromkeys(item.decode("utf-8", "surrogateescape") for item in listed)
    # What is listed as changed and is not there was deleted.
    return tuple(path for path in paths if (reader.directory / path).is_file())


def _gaps(reader: RepositoryReader) -> tuple[Unsearched, ...]:
    return tuple(Unsearched(path="", why=gap.why, detail=gap.detail) for gap in reader.gaps)


def _once_each(traced: Traced, gaps: tuple[Unsearched, ...]) -> Traced:
    """Without what a changed file still has of its committed version."""
    committed = {(item.path, item.rule, item.fingerprint) for item in traced.seen if item.commit}
    seen = tuple(
        item for item in traced.seen if item.commit or (item.path, item.rule, item.fingerprint) not in committed
    )
    return replace(traced, seen=seen, unsearched=(*traced.unsearched, *gaps))


def _absent(git: Git) -> Iterator[str]:
    """What the remotes have, as far as can be told without asking them, and this clone does not fetch."""
    settings = git("config", "--null", "--get-regexp", r"^remote\..*\.(url|fetch)$", timeout=10)
    refs = git("for-each-ref", "--format=%(refname)", timeout=20)
    if isinstance(settings, Unseen) or isinstance(refs, Unseen):
        return
    urls: dict[str, str] = {}
    fetched: dict[str, list[str]] = {}
    for entry in settings.stdout.decode("utf-8", "replace").split("\0"):
        key, _, value = entry.partition("\n")
        name, _, kind = key.removeprefix("remote.").rpartition(".")
        if kind == "url":
            urls.setdefault(name, value)
        elif kind == "fetch":
            fetched.setdefault(name, []).append(value)
    requests_here = _OF_REQUESTS.search(refs.stdout.decode("utf-8", "replace")) is not None
    for name, url in urls.items():
        specs, shown = fetched.get(name, []), inert(name, 60)
        if not any("refs/heads/*" in spec or spec.lstrip("+").startswith("refs/*") for spec in specs):
            yield f"branches of {shown} (git remote set-branches {shown} '*' && git fetch {shown})"
        host = _host(url)
        if host is None or WITHOUT_REQUESTS.search(host) or requests_here:
            continue
        if not any(_OF_REQUESTS.search(spec) or spec.lstrip("+").startswith("refs/*") for spec in specs):
            folder = next((folder for word, folder in _REQUESTS_OF.items() if word in host), "pull")
            yield f"pull requests of {shown} (git fetch {shown} '+refs/{folder}/*:refs/{folder}/*')"


def _host(url: str) -> str | None:
    """The host of a remote's URL; None for a folder of this machine."""
    if "://" in url:
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        return parts.hostname.lower() if parts.hostname and parts.scheme != "file" else None
    short = re.match(r"(?:[^@/:]+@)?([\w.-]+):(?!\\)", url)
    return short[1].lower() if short else None
