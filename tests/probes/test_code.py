"""Code that is read for injections, and code that is not."""

from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.facts.code import CodeFindings
from prodproof.probes.code import observe
from tests.probes.files import survey

GO = 'exec.Command("sh", "-c", "ping "+address)\n'


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"main.go": GO}, "1 file of Go: this version reads Python and HTML templates only"),
        ({"main.go": GO, "ui/a.ts": "", "app.py": "x = 1\n"}, "2 files of Go, TypeScript"),
    ],
)
def test_code_in_other_languages_is_a_gap(tmp_path: Path, files: dict[str, str], said: str) -> None:
    found = survey(observe, tmp_path, files)[CodeFindings]
    assert [(gap.why, gap.detail.startswith(said)) for gap in found.gaps] == [(Reason.INSUFFICIENT_PROOF, True)]


def test_settings_of_tools_and_other_peoples_scripts_are_none(tmp_path: Path) -> None:
    files = {
        "app.py": "x = 1\n",
        "eslint.config.js": "",
        ".prettierrc.js": "",
        "static/jquery.js": "",
        "tests/a.js": "",
    }
    found = survey(observe, tmp_path, files)[CodeFindings]
    assert found.complete
    assert len(found.observations) == 1
