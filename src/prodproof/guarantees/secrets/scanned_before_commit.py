"""A secret is stopped before it reaches history: pre-commit and push protection.

Risk: A secret that is stopped before the commit costs a minute; one that is pushed costs a night.
Verified: With trust, the committed hook configuration (pre-commit, husky, lefthook, a folder of hooks for
core.hooksPath) is run in a disposable clone, without network and credentials, on a harmless commit that must pass, and
on commits with made-up secrets of several kinds that must be refused. Hooks that would have to be fetched or built
are left out and named; where one of them is a scanner, the answer is unknown. Push protection is read from the forge
once there is an adapter for it: until then this can be found broken, and never holds.
Mend: Add a secret scanner to the pre-commit hooks (`prodproof trace --patterns --staged` is one), and turn push
protection on in the forge.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.hooks import HookConfiguration, HookFiles, HookTrial, TriedHooks
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_MEND = "add a hook that runs a secret scanner on what is staged: `prodproof trace --patterns --staged`"


@guarantee("secrets.scanned-before-commit", seeds="L-2 H-5", proof="active", severity="medium", verifiable=False)
def judge(trial: HookTrial) -> Verdict:
    """One repository: each kind of secret must be stopped by one of its configurations."""
    stopped = {kind for tried in trial.tried for kind in tried.stopped}
    through = [kind for kind in trial.kinds if kind not in stopped]
    if not through:
        return holds(f"{', '.join(trial.kinds)}: refused by {_paths(trial)}")
    for tried in trial.tried:
        if tried.why is not None:
            return unknown(tried.why, f"{tried.configuration.path}: {tried.detail}")
        if tried.left_out_scanners:
            return unknown(
                Reason.INCOMPLETE,
                f"{tried.configuration.path}: {tried.left_out_scanners[0]} would have to be fetched or built first, "
                "so it was not tried",
            )
    place = trial.tried[0].configuration.path
    return broken(
        *(
            Finding("not-stopped", f"a commit with this passes the hooks of {_paths(trial)}: {kind}",
                    Location(place), kind, _MEND)
            for kind in through
        )
    )  # fmt: skip


@judge.also
def configured(files: HookFiles) -> Verdict:
    """What can be said without running anything of the repository."""
    if not files.configurations:
        return broken(Finding("no-hooks", "no pre-commit hooks are committed", key="none", mend=_MEND))
    named = ", ".join(f"{item.manager} ({item.path})" for item in files.configurations)
    return holds(f"hooks are configured: {named}")


def _paths(trial: HookTrial) -> str:
    return ", ".join(tried.configuration.path for tried in trial.tried)


_CONFIGURATION = HookConfiguration(manager="pre-commit", path=".pre-commit-config.yaml", scanners=("gitleaks",))
_KINDS = ("AWS access key id", "Private key (PEM)")
_TRIED = TriedHooks(configuration=_CONFIGURATION, harmless=True, stopped=_KINDS)
_WHOLE = HookTrial(tried=(_TRIED,), kinds=_KINDS)
_FETCHED = "gitleaks of https://github.com/gitleaks/gitleaks"


def _tried(**changes: Any) -> HookTrial:
    return replace(_WHOLE, tried=(replace(_TRIED, **changes),))


EXAMPLES = (
    Example("every kind is refused", _WHOLE, holds, says="refused by .pre-commit-config.yaml"),
    Example(
        "no scanner among the hooks", _tried(stopped=(), passed=_KINDS), broken, says="AWS access key id (and 1 more)"
    ),
    Example(
        "a scanner that knows private keys only",
        _tried(stopped=_KINDS[1:], passed=_KINDS[:1]),
        broken,
        says="AWS access key id",
    ),
    Example(
        "hooks that would have to be fetched, none of them a scanner",
        _tried(stopped=(), passed=_KINDS, left_out=("black of https://github.com/psf/black",)),
        broken,
    ),
    Example(
        "the scanner would have to be fetched",
        _tried(stopped=(), passed=_KINDS, left_out=(_FETCHED,), left_out_scanners=(_FETCHED,)),
        unknown,
        says="gitleaks",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "one scanner is fetched, another one stops everything",
        _tried(left_out=(_FETCHED,), left_out_scanners=(_FETCHED,)),
        holds,
    ),
    Example(
        "two configurations, of which one stops each kind",
        replace(
            _WHOLE,
            tried=(
                replace(_TRIED, stopped=_KINDS[:1], passed=_KINDS[1:]),
                replace(_TRIED, stopped=_KINDS[1:], passed=_KINDS[:1]),
            ),
        ),
        holds,
    ),
    Example(
        "a harmless commit is refused too",
        _tried(harmless=False, stopped=(), why=Reason.INCOMPLETE, detail="refuses a harmless commit: npm: not found"),
        unknown,
        says="harmless",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "pre-commit is not installed",
        _tried(harmless=False, stopped=(), why=Reason.TOOL_MISSING, detail="pre-commit is not installed"),
        unknown,
        reason=Reason.TOOL_MISSING,
    ),
    Example("a configuration is there", HookFiles(configurations=(_CONFIGURATION,)), holds, says="pre-commit"),
    Example("there is none", HookFiles(), broken, says="no pre-commit hooks"),
)
