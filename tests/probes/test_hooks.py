"""Hooks before a commit: found, and tried on made-up secrets in a disposable clone."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.hooks import HookFiles, HookTrial, TriedHooks
from prodproof.probes import hooks
from prodproof.probes.hooks import canaries, files, trial
from prodproof.reach.hooks import clone as disposable
from prodproof.reach.programs import find_program
from prodproof.trace.patterns import kept
from tests.probes.work import HERE, Work, seen_by, why, world_of

ALL = ("AWS access key id", "GitHub personal access token", "Stripe secret key", "Private key (PEM)")
SCANNER = """\
#!/bin/sh
! git diff --cached -U0 | grep -E 'AKIA|ASIA|ghp_|sk_live_|PRIVATE KEY'
"""
"""Stands for a scanner; what matters here is who starts it, and what its answer does."""

needs_isolation = pytest.mark.skipif(
    not isinstance(disposable.without_network(), tuple), reason="this machine lets nobody take the network away"
)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    work = Work(tmp_path / "shop")
    work.write("README.md", "# The shop\n")
    work.put("scan.sh", SCANNER)
    (work.directory / "scan.sh").chmod(0o755)
    work.commit()
    return work


def local(**hook: Any) -> str:
    """A configuration of pre-commit with one hook of the repository's own."""
    made = {"id": "scan", "name": "scan", "language": "script", "entry": "./scan.sh", "pass_filenames": False, **hook}
    return json.dumps({"repos": [{"repo": "local", "hooks": [made]}]})


def tried(work: Work) -> tuple[TriedHooks, ...]:
    found = seen_by(trial, world_of(work.directory, find_program, trusted=True))
    assert isinstance(found, HookTrial), found
    assert found.kinds == ALL
    return found.tried


def configured(work: Work) -> list[tuple[str, str, tuple[str, ...]]]:
    found = seen_by(files, world_of(work.directory))
    assert isinstance(found, HookFiles), found
    return [(item.manager, item.path, item.scanners) for item in found.configurations]


def test_no_hooks(work: Work) -> None:
    assert configured(work) == []
    assert why(seen_by(trial, world_of(work.directory, find_program, trusted=True))) is Reason.NOT_CONFIGURED


def test_what_is_found(work: Work) -> None:
    work.put(
        ".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n  - id: gitleaks\n  # - id: talisman\n  - id: black\n"
    )
    work.put("lefthook.yml", "pre-commit:\n  commands:\n    scan:\n      run: ggshield secret scan pre-commit\n")
    work.put(".husky/pre-commit", "npx lint-staged\n")
    work.put("package.json", '{"lint-staged": {"*": "secretlint"}}\n')
    work.put(".githooks/pre-commit", SCANNER)
    work.put(".overcommit.yml", "PreCommit: {}\n")
    assert configured(work) == [
        ("pre-commit", ".pre-commit-config.yaml", ("gitleaks",)),
        ("lefthook", "lefthook.yml", ("ggshield", "secret")),
        ("husky", ".husky/pre-commit", ("secretlint",)),
        ("hooks", ".githooks/pre-commit", ()),
        ("overcommit", ".overcommit.yml", ()),
    ]


def test_the_folder_that_the_clone_is_set_to(work: Work) -> None:
    work.write("tools/git/pre-commit", SCANNER)
    assert configured(work) == []
    work.git("config", "core.hooksPath", "tools/git")
    assert configured(work) == [("hooks", "tools/git/pre-commit", ())]
    work.git("config", "core.hooksPath", "../elsewhere")
    assert configured(work) == []


def test_a_folder_of_a_repository_has_the_hooks_of_the_whole(work: Work) -> None:
    work.write(".pre-commit-config.yaml", local())
    work.write("service/app.py", "x = 1\n")
    found = seen_by(files, world_of(work.directory / "service"))
    assert isinstance(found, HookFiles)
    assert [item.path for item in found.configurations] == [".pre-commit-config.yaml"]


@needs_isolation
def test_pre_commit_stops_every_kind(work: Work) -> None:
    work.write(".pre-commit-config.yaml", local())
    survey = trial.observe(HERE, world_of(work.directory, find_program, trusted=True))
    assert isinstance(survey, Survey)
    (observation,) = survey.observations
    assert observation.proof is Proof.ACTIVE
    assert isinstance(observation.seen, HookTrial)
    (one,) = observation.seen.tried
    assert (one.harmless, one.stopped, one.passed, one.why) == (True, ALL, (), None)


@needs_isolation
@pytest.mark.parametrize(
    "hook",
    [{"stages": ["pre-push"]}, {"types": ["python"]}, {"exclude": "."}, {"entry": "true", "language": "system"}],
    ids=["too late", "other files", "left out", "no scanner"],
)
def test_pre_commit_lets_everything_through(work: Work, hook: dict[str, Any]) -> None:
    work.write(".pre-commit-config.yaml", local(**hook))
    (one,) = tried(work)
    assert (one.harmless, one.stopped, one.passed) == (True, (), ALL)


@needs_isolation
def test_a_scanner_that_knows_one_kind(work: Work) -> None:
    work.write("scan.sh", SCANNER.replace("AKIA|ASIA|ghp_|sk_live_|", ""))
    work.write(".pre-commit-config.yaml", local())
    (one,) = tried(work)
    assert (one.stopped, one.passed) == (ALL[3:], ALL[:3])


@needs_isolation
def test_hooks_that_would_have_to_be_fetched_or_built(work: Work) -> None:
    config = json.loads(local())
    config["repos"] += [
        {"repo": "https://github.com/gitleaks/gitleaks", "rev": "v8.18.0", "hooks": [{"id": "gitleaks"}]},
        {"repo": "https://github.com/psf/black", "rev": "24.1.0", "hooks": [{"id": "black"}]},
    ]
    config["repos"][0]["hooks"].append({"id": "built", "name": "b", "language": "python", "entry": "x"})
    work.write(".pre-commit-config.yaml", json.dumps(config))
    (one,) = tried(work)
    assert one.stopped == ALL
    assert one.left_out == (
        "built",
        "gitleaks of https://github.com/gitleaks/gitleaks",
        "black of https://github.com/psf/black",
    )
    assert one.left_out_scanners == ("gitleaks of https://github.com/gitleaks/gitleaks",)


@needs_isolation
def test_nothing_is_left_to_run(work: Work) -> None:
    work.write(".pre-commit-config.yaml", "repos:\n- repo: https://github.com/psf/black\n  hooks:\n  - id: black\n")
    (one,) = tried(work)
    assert (one.harmless, one.passed, one.left_out_scanners) == (True, ALL, ())


@needs_isolation
def test_hooks_that_refuse_everything_prove_nothing(work: Work) -> None:
    work.write(".pre-commit-config.yaml", local(entry="false", language="system"))
    (one,) = tried(work)
    assert (one.harmless, one.stopped, one.why) == (False, (), Reason.INCOMPLETE)
    assert "harmless" in one.detail


@needs_isolation
@pytest.mark.parametrize("version", ["9", "8"])
def test_husky(work: Work, version: str) -> None:
    scene = '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\n' if version == "8" else ""
    work.write(".husky/pre-commit", f"{scene}./scan.sh\n")
    (one,) = tried(work)
    assert (one.harmless, one.stopped) == (True, ALL)


@needs_isolation
def test_a_folder_of_hooks(work: Work) -> None:
    work.put(".githooks/pre-commit", SCANNER)
    (work.directory / ".githooks/pre-commit").chmod(0o755)
    work.commit()
    assert tried(work)[0].stopped == ALL
    (work.directory / ".githooks/pre-commit").chmod(0o644)
    work.commit()
    assert tried(work)[0].passed == ALL, "git does not run what is not executable"


@needs_isolation
def test_programs_that_are_not_there(work: Work) -> None:
    work.write("lefthook.yml", "pre-commit: {}\n")
    work.write(".pre-commit-config.yaml", local())
    found = seen_by(trial, world_of(work.directory, lambda name: None, trusted=True))
    assert isinstance(found, HookTrial)
    assert [item.why for item in found.tried] == [Reason.TOOL_MISSING] * 2


@needs_isolation
def test_a_manager_that_is_not_known_is_not_tried(work: Work) -> None:
    work.write(".overcommit.yml", "PreCommit: {}\n")
    assert tried(work)[0].why is Reason.NOT_VERIFIABLE_YET


@needs_isolation
def test_what_is_not_committed_is_nobody_s_hook(work: Work) -> None:
    work.put(".pre-commit-config.yaml", local())
    (one,) = tried(work)
    assert (one.why, one.stopped) == (Reason.INCOMPLETE, ())


@needs_isolation
def test_hooks_see_neither_network_nor_credentials_and_change_nothing(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for hooks")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    hook = f"""#!/bin/sh
env > {told}
cat /proc/net/route /proc/net/dev >> {told}
git commit --allow-empty --no-verify -qm mischief; git branch mischief; echo x > README.md
exit 0
"""
    work.write("scan.sh", hook)
    work.write(".pre-commit-config.yaml", local())
    before = [work.git("rev-parse", "HEAD"), work.git("for-each-ref"), work.git("status", "--porcelain")]
    tried(work)
    assert [work.git("rev-parse", "HEAD"), work.git("for-each-ref"), work.git("status", "--porcelain")] == before
    text = told.read_text()
    assert "not for hooks" not in text and "SSH_AUTH_SOCK" not in text
    assert f"HOME={os.environ.get('HOME')}\n" not in text
    interfaces = [line.split(":")[0].strip() for line in text.splitlines() if ": " in line and "=" not in line]
    assert set(interfaces) <= {"lo"}


@needs_isolation
def test_hooks_find_what_was_worked_out_before_and_cannot_change_it(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "cache" / "prodproof" / "rules-1"
    kept.write(file, b"worked out")
    before, told = file.read_bytes(), tmp_path / "told"
    work.write("scan.sh", f'#!/bin/sh\ncd "$XDG_CACHE_HOME/prodproof"; cat * > {told}; echo changed > rules-1\n')
    work.write(".pre-commit-config.yaml", local())
    tried(work)
    assert told.read_bytes() == b"changed\n"
    assert file.read_bytes() == before
    work.write("scan.sh", f'#!/bin/sh\ncat "$XDG_CACHE_HOME/prodproof/rules-1" > {told}\n')
    tried(work)
    assert told.read_bytes() == before


@needs_isolation
def test_the_clone_is_removed_and_only_its_user_can_enter(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    told = tmp_path / "told"
    work.write("scan.sh", f"#!/bin/sh\nstat -c %a ../ > {told}\n")
    work.write(".pre-commit-config.yaml", local())
    tried(work)
    assert stat.S_IMODE(int(told.read_text().strip(), 8)) == 0o700
    assert list((tmp_path / "temporary").iterdir()) == []


@needs_isolation
def test_a_hook_that_hangs_is_ended(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.reach.hooks.trial.ONE_COMMIT", 1.0)
    work.write("scan.sh", "#!/bin/sh\nsleep 600\n")
    work.write(".pre-commit-config.yaml", local())
    (one,) = tried(work)
    assert (one.why, one.stopped) == (Reason.TIMED_OUT, ())


def test_a_machine_that_lets_nobody_take_the_network_away(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write(".pre-commit-config.yaml", local())
    monkeypatch.setattr(disposable, "without_network", lambda: Unseen(Reason.NOT_PERMITTED, "no"))
    assert why(seen_by(trial, world_of(work.directory, find_program, trusted=True))) is Reason.NOT_PERMITTED


@needs_isolation
@pytest.mark.parametrize("text", ["{[<", "repos: 7\n", "- a\n", "\x00\x01", "repos:\n- repo: local\n  hooks: no\n"])
def test_a_configuration_that_is_none(work: Work, text: str) -> None:
    work.write(".pre-commit-config.yaml", text)
    (one,) = tried(work)
    assert not one.stopped


def test_a_folder_without_git(tmp_path: Path) -> None:
    (tmp_path / ".githooks").mkdir()
    (tmp_path / ".githooks" / "pre-commit").write_text(SCANNER)
    assert why(seen_by(trial, world_of(tmp_path, find_program, trusted=True))) is Reason.INCOMPLETE


def test_made_up_secrets_are_new_every_time() -> None:
    one, other = canaries(), canaries()
    assert tuple(one) == ALL
    assert not set(one.values()) & set(other.values())
    assert hooks.trial.needs_trust
