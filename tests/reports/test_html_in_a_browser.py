"""The HTML report in a real browser: no accessibility violation, light, dark and narrow."""

import html
import importlib.resources
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from prodproof.reports.html import as_html
from tests.reports.sample import decision, verification

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(("size", "dark"), [("1280,900", False), ("1280,900", True), ("360,740", False)])
def test_axe_finds_nothing(tmp_path: Path, size: str, dark: bool) -> None:
    run = verification()
    axe = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text()
    script = (
        f"<script>{axe}</script><script>document.querySelectorAll('details').forEach(d => d.open = true);"
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then(r => {"
        "const out = document.createElement('pre'); out.id = 'axe';"
        "out.textContent = JSON.stringify({passes: r.passes.length, violations: r.violations.map("
        "v => [v.id, v.nodes.map(n => n.target.join(' ')).slice(0, 3)])}); document.body.append(out); });</script>"
    )
    # The report's own policy forbids scripts, the test's among them.
    page = re.sub(r"<meta http-equiv=[^>]*>", "", as_html(run, decision(run))).replace("</body>", f"{script}</body>")
    file = tmp_path / "report.html"
    file.write_text(page)
    assert CHROMIUM is not None
    scheme = ["--force-dark-mode", "--enable-features=WebContentsForceDark"] if dark else []
    answer = subprocess.run(
        [CHROMIUM, *ARGUMENTS, *scheme, f"--window-size={size}", f"--user-data-dir={tmp_path}/profile", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="axe">(.*?)</pre>', answer.stdout, re.DOTALL)
    assert found, answer.stderr[-500:]
    result = json.loads(html.unescape(found[1]))
    assert result["violations"] == []
    assert result["passes"] > 10
