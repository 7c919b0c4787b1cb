"""The steps of an exercised leak beside those of the rotation and of the runbook."""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from prodproof.drills._load import polled
from prodproof.drills._rotation import Bench, must, seeing
from prodproof.drills.drill import Done, Plain, Proven, Refuted, Scene, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, SecretManager
from prodproof.probes._globbed import globbed
from prodproof.probes._logs import whole
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.stores import MANAGED
from prodproof.reach.secrets.trail import FileTrail, Position
from prodproof.system.errors import UserError
from prodproof.trace.quest import quest_for
from prodproof.trace.search import Search
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.sources.git import GitSource
from prodproof.trace.stream import Source
from prodproof.trace.values import Wanted
from prodproof.trace.values.wanted import LEAST

CANARY = "the planted canary"
HISTORY = "history of"
LAST_LINE = "Written by a drill of prodproof; nothing of this has been sent.\n"
MAX_PLACES = 50
TRAIL_SECONDS = 30.0


# ---- plant


def canary_file(scene: Scene) -> Path:
    """Where the canary lies: in the work tree, as what somebody committed by mistake would."""
    return Path(scene.declared.root or ".") / f".prodproof-canary-{scene.drill}"


def canary_of(scene: Scene) -> str:
    """A made-up value that opens nothing, the same at each attempt."""
    return "prodproof-canary-" + hashlib.sha256(f"canary of {scene.drill}".encode()).hexdigest()


def is_planted(scene: Scene) -> Todo | Done | Unseen:
    try:
        text = canary_file(scene).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Todo()
    except OSError as error:
        return Unseen(Reason.DENIED, f"the canary cannot be read: {error.strerror}")
    # What was cut off while it was written is written again.
    return Done(_planted(scene)) if canary_of(scene) in text else Todo()


def plant(scene: Scene) -> Values | Unseen:
    try:
        descriptor = os.open(canary_file(scene), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"# Planted by prodproof drill {scene.drill}; it opens nothing.\nSECRET={canary_of(scene)}\n")
    except OSError as error:
        return Unseen(Reason.DENIED, f"the canary cannot be planted: {error.strerror}")
    return _planted(scene)


def _planted(scene: Scene) -> dict[str, Plain]:
    return {"file": canary_file(scene).name}


def canary_lies_there(scene: Scene) -> Proven | Refuted:
    return Proven() if isinstance(is_planted(scene), Done) else Refuted("what was planted is not there")


def take_canary_away(scene: Scene) -> None:
    try:
        canary_file(scene).unlink(missing_ok=True)
    except OSError as error:
        raise StepError(f"the canary cannot be removed: {error.strerror}") from None


# ---- begin: how far the audit trail had come when it leaked


def begin(scene: Scene) -> Values | Unseen:
    trail = trail_of(scene)
    if isinstance(trail, Unseen):
        return trail
    position = trail.position()
    if isinstance(position, Unseen):
        return position
    return {"inode": position.inode, "size": position.size}


def begun(scene: Scene) -> Proven:
    return Proven("from here on its audit trail is read")


def manager_of(scene: Scene) -> SecretManager | None:
    """The manager that keeps the secret."""
    secret = scene.target
    kind = MANAGED.get(secret.kind, "files")
    known = [item for item in scene.declared.secret_managers if item.kind == kind]
    named = [item for item in known if secret.manager in (None, item.name)]
    return named[0] if len(named) == 1 else None


def trail_of(scene: Scene) -> FileTrail | Unseen:
    """The audit trail of the store that keeps the secret."""
    manager = manager_of(scene)
    if manager is None or not manager.trail:
        return Unseen(
            Reason.NOT_CONFIGURED, f"no audit trail tells who reads {scene.target.name}: `trail` of [[secret_manager]]"
        )
    scheme, _, path = manager.trail.partition(":")
    if scheme != "file":
        return Unseen(Reason.NOT_VERIFIABLE_YET, f"a trail of the form {scheme}: is not read by this drill yet")
    return FileTrail(Path(scene.declared.root or ".") / path)


# ---- who can use it


@seeing
def who(bench: Bench) -> Values:
    manager = manager_of(bench.scene)
    path = bench.secret.ref.partition(":")[2].partition("#")[0]
    services = manager.services if manager else ()
    may: list[Plain] = [item.name for item in services if any(_covers(pattern, path) for pattern in item.paths)]
    using = must(bench.credential.use(bench.current())).who
    return {"may": may, "using": list[Plain](sorted(using))}


def _covers(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def somebody_is_known(scene: Scene) -> Proven | Refuted:
    may, using = scene.gave[scene.step]["may"], scene.gave[scene.step]["using"]
    assert isinstance(may, list) and isinstance(using, list)
    if not may:
        return Refuted(
            "nobody is declared to read it, so nobody knows whom a leak concerns: [[secret_manager.service]]"
        )
    return Proven(
        f"{', '.join(map(str, may))} may read it; in use by {', '.join(map(str, using)) or 'nobody just now'}"
    )


# ---- where it is


@seeing
def search(bench: Bench) -> Values:
    scene = bench.scene
    wanted = [Wanted(CANARY, Secret(canary_of(scene)))]
    # The password by itself: where it lies it need not lie with its user and host. A user's name is no secret.
    texts = [value.reveal() for ref, value in bench.current().values.items() if ref != bench.rotation.user_ref]
    texts += [login.password] if (login := bench.login()) else []
    wanted += [Wanted(bench.secret.name, Secret(text)) for text in dict.fromkeys(texts) if len(text.encode()) >= LEAST]
    sources, unsearched = sources_of(scene)
    # Nothing that is found is told by its fingerprint, so the key may be anything.
    outcome = Search(sources, quest_for(os.urandom(32), wanted=wanted).matchers).run()
    places = sorted({(item.place, item.path) for item in outcome.findings if item.kind != CANARY})
    own = {scene.target.ref.partition(":")[2].partition("#")[0]} if scene.target.kind == "file" else set()
    # The store itself is no leak; that it was once committed is one.
    listed = list[Plain](
        [{"place": at, "path": path} for at, path in places if path not in own or at.startswith(HISTORY)]
    )
    gaps = [f"{gap.place}: {gap.path}: {gap.detail}" for gap in outcome.gaps]
    return {
        "canary": any(item.kind == CANARY for item in outcome.findings),
        "places": listed[:MAX_PLACES],
        "unsearched": list[Plain]([*unsearched, *gaps][:MAX_PLACES]),
        "left_out": list[Plain](left_out(scene.declared)),
        "bytes": outcome.bytes_read,
    }


def sources_of(scene: Scene) -> tuple[list[Source], list[str]]:
    """Where a leaked secret is looked for, and what of it cannot be opened: a line each."""
    declared, root = scene.declared, Path(scene.declared.root or ".")
    paths = [item.path for item in declared.repositories] or ["."]
    sources: list[Source] = [FilesSource(f"work tree {path}", root / path, decode=True) for path in paths]
    lost: list[str] = []
    for path in paths:
        try:
            sources.append(GitSource.open(f"{HISTORY} {path}", root / path))
        except UserError as error:
            # A folder that is in no repository has no history; one whose history cannot be opened has one.
            here = (root / path).resolve()
            if any((folder / ".git").exists() for folder in (here, *here.parents)):
                lost.append(f"{HISTORY} {path}: {error}")
    for log in declared.logs:
        reading = asyncio.run(whole(log, scene.world))
        sources += reading.sources
        lost += [f"{log.name}: {reading.why.detail}"] if reading.why else []
    for backup in (item for item in declared.backups if item.path):
        files = globbed(root, backup.path)
        if isinstance(files, Unseen):
            lost.append(f"{backup.name}: {files.detail}")
        else:
            sources += [FilesSource(backup.name, file) for file in files]
    return sources, lost


def left_out(declared: Declared) -> list[str]:
    """What is not looked into, a line each: backups that are no plain files."""
    return [
        f"{item.name}, for only what is restored from a repository ({item.kind}) can be searched"
        for item in declared.backups
        if not item.path
    ]


def search_finds(scene: Scene) -> Proven | Refuted:
    seen = scene.gave[scene.step]
    places, unsearched = seen["places"], seen["unsearched"]
    assert isinstance(places, list) and isinstance(unsearched, list)
    if not seen["canary"]:
        return Refuted("the search did not find what was planted, so finding nothing would mean nothing")
    beside = f"; not searched: {'; '.join(map(str, unsearched[:3]))}" if unsearched else ""
    beside += f"; left out: {'; '.join(map(str, _left_out(seen)))}" if _left_out(seen) else ""
    return Proven(f"the canary was found; the secret itself lies in {len(places)} other places{beside}")


def _left_out(search: Values) -> list[Plain]:
    told = search["left_out"]
    assert isinstance(told, list)
    return told


# ---- use since the leak


@seeing
def read_trail(bench: Bench) -> Values:
    scene = bench.scene
    trail, start = must(trail_of(scene)), scene.gave["begin"]
    since = Position(int(str(start["inode"])), int(str(start["size"])))
    mark = must(must(bench.stores.of(bench.secret)).marked_read(bench.secret.ref))
    stands = polled(lambda: must(trail.has(mark.request, since)), TRAIL_SECONDS, scene.ending)
    entries = [item for item in must(trail.about(mark.path, since)) if item.operation == "read"]
    counts, last = Counter(item.who for item in entries), {item.who: item.at for item in entries}
    readers = list[Plain]([{"who": name, "times": counts[name], "last": last[name]} for name in sorted(counts)])
    return {"ours": stands, "readers": readers}


def trail_tells(scene: Scene) -> Proven | Refuted:
    seen = scene.gave[scene.step]
    readers = seen["readers"]
    assert isinstance(readers, list)
    if not seen["ours"]:
        return Refuted("a read of prodproof's own does not stand in the audit trail, so it says nothing of others")
    return Proven(f"read by {len(readers)} logins since, ours among them")


# ---- the notification


def draft_file(scene: Scene) -> Path:
    """Where the draft lies as long as the drill goes on."""
    return Path(scene.declared.root or ".") / f".prodproof-notification-{scene.drill}.md"


def draft_lies_there(scene: Scene) -> Todo | Done | Unseen:
    try:
        text = draft_file(scene).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Todo()
    except OSError as error:
        return Unseen(Reason.DENIED, f"the draft cannot be read: {error.strerror}")
    return Done(_draft_of(text)) if text.endswith(LAST_LINE) else Todo()


def draft(scene: Scene) -> Values | Unseen:
    text = drafted(scene.target.name, scene.target.purpose, scene.target.owner, scene.gave)
    try:
        descriptor = os.open(draft_file(scene), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        return Unseen(Reason.DENIED, f"the draft cannot be written: {error.strerror}")
    return _draft_of(text)


def _draft_of(text: str) -> dict[str, Plain]:
    return {"draft": text}


def is_drafted(scene: Scene) -> Proven | Refuted:
    if not isinstance(draft_lies_there(scene), Done):
        return Refuted("the draft is not there")
    return Proven(f"in {draft_file(scene).name}: what is known is filled in, what is not stands as a question")


def take_draft_away(scene: Scene) -> None:
    try:
        draft_file(scene).unlink(missing_ok=True)
    except OSError as error:
        raise StepError(f"the draft cannot be removed: {error.strerror}") from None


def drafted(name: str, purpose: str, owner: str, gave: Mapping[str, Values]) -> str:
    """The text that would be sent, from what the steps gave."""

    def listed(items: Plain, key: str) -> str:
        rows = items if isinstance(items, list) else []
        return ", ".join(str(row[key]) if isinstance(row, dict) else str(row) for row in rows) or "nobody and nothing"

    found, told, seen = gave["search"], gave["trail"], gave["who"]
    return "\n".join(
        (
            f"A credential of ours became known to others: {name} ({purpose or 'what for?'}).",
            f"It answers to {owner or 'whom?'}, and is read by {listed(seen['may'], '')}.",
            f"It lay in: {listed(found['places'], 'path')}.",
            *(f"It was not looked for in {item}." for item in _left_out(found)),
            "It was replaced, and the old one is refused.",
            f"Since the leak it was read by: {listed(told['readers'], 'who')}.",
            "Which data could be reached with it, and was any of it reached? (to be answered before this is sent)",
            LAST_LINE,
        )
    )
