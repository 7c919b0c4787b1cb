"""Shell scripts, cut into commands; which failures count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.reach.pipelines.shell import commands, unwrapped


def ignored(script: str, program: str, pipefail: bool = False) -> str:
    return next(item.ignored for item in commands(script, pipefail) if unwrapped(item.words)[:1] == (program,))


@pytest.mark.parametrize(
    "script",
    [
        "pytest",
        "pytest && echo done",
        "pytest || exit 1",
        "pytest || { echo failed; exit 1; }",
        "if ! pytest; then exit 1; fi",
        "set +e\nset -e\npytest\necho done",
        "(cd app; pytest)",
        "pytest; echo done",
        "cat > x <<EOF\npytest || true\nEOF\npytest",
    ],
)
def test_failures_that_count(script: str) -> None:
    assert ignored(script, "pytest") == ""


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("pytest || true", "swallowed"),
        ("pytest --cov \\\n  app || :", "swallowed"),
        ("pytest || echo 'never mind'", "swallowed"),
        ("pytest | tee log", "pipe"),
        ("pytest &", "background"),
        ("set +e\npytest\necho done", "set +e"),
    ],
)
def test_failures_that_do_not(script: str, why: str) -> None:
    assert why in ignored(script, "pytest")


def test_a_pipe_counts_with_pipefail() -> None:
    assert ignored("pytest | tee log", "pytest", pipefail=True) == ""
    assert ignored("set -o pipefail\npytest | tee log", "pytest") == ""


def test_here_documents_and_comments_are_no_commands() -> None:
    script = "ssh host <<'EOF'\nrm -rf /\nEOF\n# pytest\necho \"a # b; c\" # end"
    assert [item.words[0] for item in commands(script)] == ["ssh", "echo"]
    assert [item.line for item in commands(script)] == [0, 4]
    assert commands(script)[0].fed


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("sudo -u app pytest -q", "pytest"),
        ("poetry run python -m pytest", "pytest"),
        ("uvx bandit==1.8.6 -r .", "bandit"),
        ("npx snyk@latest test", "snyk"),
        ("FOO=1 timeout 5m pytest", "pytest"),
        ("docker compose run --rm -e A=b web pytest", "pytest"),
        ("coverage run -m pytest", "pytest"),
        ("/opt/venv/bin/pytest", "pytest"),
        ("./scripts/test.sh", "./scripts/test.sh"),
    ],
)
def test_the_command_that_really_runs(command: str, program: str) -> None:
    assert unwrapped(commands(command)[0].words)[0] == program


@given(st.text(alphabet="ab \"'\\$#&|;()<>\n{}=-!/@", max_size=200))
def test_any_text_can_be_cut(script: str) -> None:
    for item in commands(script):
        assert item.words
        assert 0 <= item.line <= script.count("\n")
        unwrapped(item.words)


def test_a_long_hostile_script_is_cut_in_bounded_time() -> None:
    assert len(commands("${{ '" * 100_000)) <= 5_000
    assert len(commands("a;" * 200_000)) <= 5_000


def test_a_chain_without_end_is_followed_only_so_far() -> None:
    found = commands("a | " * 60_000, pipefail=True)
    assert "chain of more than" in found[0].ignored
    assert commands("pytest && " * 20 + "true")[0].ignored == ""
