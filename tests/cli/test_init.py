"""`prodproof init` writes a first system file, and overwrites nothing."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prodproof.cli.main import app
from prodproof.system.load import load


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(item) for item in arguments])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "shop").mkdir(parents=True)
    (root / "manage.py").write_text("import django\n")
    (root / "shop" / "settings.py").write_text(
        "ALLOWED_HOSTS = ['shop.example']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.mysql'}}\n"
    )
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def test_it_says_what_it_found_where_and_writes_a_file_that_loads(shop: Path) -> None:
    result = run("init", shop)
    assert result.exit_code == 0, result.output
    assert "Django  manage.py" in result.output
    assert "shop.example (ALLOWED_HOSTS)  shop/settings.py:1" in result.output
    assert "database (mysql)  shop/settings.py:2" in result.output
    declared = load(shop)
    assert declared.system == "shop"
    assert declared.entry_points == ()
    assert declared.data_stores[0].kind == "mysql"
    text = (shop / "prodproof.toml").read_text()
    assert '# url = "https://shop.example"   # seen in shop/settings.py:1' in text
    assert (shop / ".prodproof" / "prodproof.schema.json").is_file()
    assert (shop / ".prodproof" / ".gitignore").read_text() == "*\n"


def test_it_never_overwrites(shop: Path) -> None:
    (shop / "prodproof.toml").write_text("mine")
    result = run("init", shop)
    assert result.exit_code == 2
    assert "exists and is not overwritten" in result.stderr
    assert (shop / "prodproof.toml").read_text() == "mine"
    printed = run("init", shop, "--print")
    assert printed.exit_code == 0
    assert printed.stdout.startswith("#:schema")
    assert (shop / "prodproof.toml").read_text() == "mine"


def test_it_writes_through_no_link(shop: Path, tmp_path: Path) -> None:
    (shop / "prodproof.toml").symlink_to(tmp_path / "elsewhere")
    (shop / ".prodproof").symlink_to(tmp_path)
    assert run("init", shop).exit_code == 2
    (shop / "prodproof.toml").unlink()
    assert run("init", shop).exit_code == 0
    assert sorted(item.name for item in tmp_path.iterdir()) == ["shop"]


def test_wrong_paths_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare"], check=True)
    for name in ("nowhere", "file", "loop", "bare"):
        result = run("init", tmp_path / name)
        assert result.exit_code == 2, name
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1


def test_a_bare_repository_can_be_looked_at(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare"], check=True)
    assert run("init", tmp_path / "bare", "--print").stdout.startswith("#:schema")


def test_an_old_file_is_rewritten_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "prodproof.toml"
    old = 'version = 0\nsystem = "shop" # ours\nurls = ["https://shop.example"]\n'
    file.write_text(old)
    result = run("init", tmp_path, "--migrate")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "prodproof.toml.v0").read_text() == old
    assert "# ours" in file.read_text()
    assert load(file).entry_points[0].url == "https://shop.example"
    again = run("init", tmp_path, "--migrate")
    assert again.exit_code == 2
    assert "nothing to migrate" in again.stderr


def test_the_schema_is_printed() -> None:
    result = run("schema")
    assert result.exit_code == 0
    assert '"$schema"' in result.stdout
