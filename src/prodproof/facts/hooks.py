"""Pre-commit hooks of a repository, and what they did with a secret that was made up for them."""

from dataclasses import dataclass

from prodproof.facts.reason import Reason


@dataclass(frozen=True, kw_only=True)
class HookConfiguration:
    """Something committed that says what runs before a commit."""

    manager: str
    """`pre-commit`, `husky`, `lefthook`, `hooks` (a folder of git hooks), or another one by its name."""

    path: str
    scanners: tuple[str, ...] = ()
    """Programs and hooks that it names and that are known to look for secrets."""


@dataclass(frozen=True, kw_only=True)
class HookFiles:
    """Every such configuration of a repository."""

    configurations: tuple[HookConfiguration, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TriedHooks:
    """One configuration, tried on commits in a disposable clone without network."""

    configuration: HookConfiguration
    harmless: bool = False
    """Whether a commit with nothing wrong in it passed; if not, a refusal says nothing."""

    stopped: tuple[str, ...] = ()
    """Kinds of secrets whose commit was refused."""

    passed: tuple[str, ...] = ()
    """Kinds of secrets whose commit went through."""

    left_out: tuple[str, ...] = ()
    """Hooks that were not run, since they would have to be fetched or built first."""

    left_out_scanners: tuple[str, ...] = ()
    """Those of them that are known to look for secrets."""

    why: Reason | None = None
    """Why it could not be tried; None when it was."""

    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class HookTrial:
    """Every configuration of a repository, tried."""

    tried: tuple[TriedHooks, ...]
    kinds: tuple[str, ...]
    """The kinds of secrets that were committed."""
