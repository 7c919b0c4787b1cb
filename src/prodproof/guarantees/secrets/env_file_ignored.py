""".env and its like are ignored by git and were never committed.

Risk: A file with passwords that was committed once is in every clone and fork for ever, deleted or not; bots find such
files in public repositories within minutes.
Verified: Git's own ignore rules (`.gitignore` files, not one machine's) are asked for `.env`, `.env.local`,
`.env.production`, for the names that compose files and settings read, and for those that a template such as
`.env.example` stands for. The history of all refs is searched for such paths, deleted ones, merged side branches and
renames too. Templates, encrypted forms (`.env.vault`, `.env.enc`), `.env.test` and `.env.ci` may be committed; folders
of fixtures, examples and vendored code are set aside and named. A shallow or single-branch clone is unknown. The web
root of each declared entry point is asked for `/.env` and its like from outside, beside a path that cannot exist.
Mend: Add `.env`, `.env.*` and `!.env.example` to `.gitignore`. A file that was ever committed: replace every secret in
it first, then remove it from the history (`git filter-repo --path .env --invert-paths`) and have clones made anew.
"""

from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.env_files import CommittedFile, EnvFiles, IgnoreAnswer
from prodproof.facts.paths import PathAnswer, PathLost, ServedEnvFiles, Table
from prodproof.guarantees._reached import present, unseen
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("secrets.env-file-ignored", seeds="M-S8", proof="inside", severity="high")
def judge(files: EnvFiles) -> Verdict:
    """One repository; what was found counts even where the history is not all there."""
    tracked = {item.path for item in files.tracked}
    findings = [
        Finding(
            "tracked", f"{item.path} is tracked by git", item, item.path, "replace its secrets, then `git rm --cached`"
        )
        for item in files.tracked
    ]
    findings += [_once(item) for item in files.history if item.path not in tracked]
    open_names = [item for item in files.asked if not item.ignored]
    usual = [item.path for item in open_names if not item.why]
    if usual:  # one line of .gitignore mends them all
        findings.append(_not_ignored(" and ".join(filter(None, (", ".join(usual[:-1]), usual[-1]))), "usual names"))
    findings += [_not_ignored(f"{item.path} ({item.why})", item.path) for item in open_names if item.why]
    if findings:
        return broken(*findings)
    if files.shallow:
        return unknown(Reason.INCOMPLETE, "the clone is shallow: only a part of the history could be searched")
    if files.narrow:
        return unknown(Reason.INCOMPLETE, "the clone has only some branches: those that are missing were not searched")
    aside = f"; {len(files.aside)} in fixtures or examples" if files.aside else ""
    return holds(f"{len(files.asked)} names are ignored, none in the history of {files.refs} refs{aside}")


@judge.also
def served(fact: ServedEnvFiles) -> Verdict:
    found = [
        Finding("served", f"{answer.path} is served to anybody", key=answer.path, mend="keep it out of the web root")
        for answer in fact.answers
        if present(answer) and answer.recognised
    ]
    if found:
        return broken(*found)
    return unseen(fact.home, fact.answers, fact.lost, Table.NONE) or holds("no such file is served")


def _once(item: CommittedFile) -> Finding:
    return Finding(
        "once-committed",
        f"{item.path} was committed ({item.commit[:12]}) and is still in the history",
        Location(item.path),
        item.path,
        "replace every secret in it, then remove it from the history",
    )


def _not_ignored(what: str, key: str) -> Finding:
    return Finding(
        "not-ignored",
        f"git would take {what}",
        Location(".gitignore"),
        key,
        "add `.env`, `.env.*`, `*.env` and `!.env.example` to .gitignore",
    )


_WHOLE = EnvFiles(
    asked=(
        IgnoreAnswer(path=".env", ignored=True),
        IgnoreAnswer(path=".env.local", ignored=True),
        IgnoreAnswer(path=".env.production", ignored=True),
    ),
    refs=4,
)
_OPEN = (*_WHOLE.asked[:2], IgnoreAnswer(path=".env.production", ignored=False))
_COMMITTED = CommittedFile(path="deploy/.env", commit="5f2c7e1b9d0a4c3e8f6a7b1c2d3e4f5061728394")
_HOME = PathAnswer(path="/", what="home", status=200, as_unknown=False)
_ABSENT = PathAnswer(path="/.env", what="environment file", status=404, as_unknown=True)
_SITE = ServedEnvFiles(answers=(_ABSENT,), home=_HOME)
_SERVED = replace(_ABSENT, status=200, as_unknown=False, recognised=True)

EXAMPLES = (
    Example("ignored, and never committed", _WHOLE, holds),
    Example("committed once and deleted later", replace(_WHOLE, history=(_COMMITTED,)), broken, says="deploy/.env"),
    Example("tracked now", replace(_WHOLE, tracked=(Location(".env"),)), broken, says=".env is tracked"),
    Example("one of the names is open", replace(_WHOLE, asked=_OPEN), broken, says="git would take .env.production"),
    Example(
        "none of the names is ignored",
        replace(_WHOLE, asked=tuple(replace(item, ignored=False) for item in _WHOLE.asked)),
        broken,
        says="git would take .env, .env.local and .env.production",
    ),
    Example("a shallow clone", replace(_WHOLE, shallow=True), unknown, says="shallow", reason=Reason.INCOMPLETE),
    Example("a shallow clone that shows enough", replace(_WHOLE, shallow=True, history=(_COMMITTED,)), broken),
    Example("a clone of one branch", replace(_WHOLE, narrow=True), unknown, reason=Reason.INCOMPLETE),
    Example("only a fixture", replace(_WHOLE, aside=("tests/fixtures/.env",)), holds, says="1 in fixtures"),
    Example("the web root has none", _SITE, holds),
    Example("the web server hands it out", replace(_SITE, answers=(_SERVED,)), broken, says="/.env is served"),
    Example("every path shows the application", replace(_SITE, answers=(replace(_ABSENT, status=200),)), holds),
    Example(
        "it did not answer",
        replace(_SITE, lost=(PathLost("/.env", Reason.TIMED_OUT, "no answer"),)),
        unknown,
        reason=Reason.TIMED_OUT,
    ),
    Example(
        "tracked now, and in the history",
        replace(_WHOLE, tracked=(Location("deploy/.env"),), history=(_COMMITTED,)),
        broken,
        says="deploy/.env is tracked by git",
    ),
    Example(
        "a name of its own is open",
        replace(
            _WHOLE, asked=(*_WHOLE.asked, IgnoreAnswer(path="prod.env", ignored=False, why="named in compose.yml"))
        ),
        broken,
        says="git would take prod.env (named in compose.yml)",
    ),
    Example(
        "a usual name and one of its own are two findings",
        replace(_WHOLE, asked=(*_OPEN, IgnoreAnswer(path="prod.env", ignored=False, why="named in compose.yml"))),
        broken,
        says="git would take .env.production (and 1 more)",
    ),
    Example(
        "a page at that path that is no such file", replace(_SITE, answers=(replace(_SERVED, recognised=False),)), holds
    ),
    Example(
        "a path that every unknown path resembles", replace(_SITE, answers=(replace(_SERVED, as_unknown=True),)), holds
    ),
)
