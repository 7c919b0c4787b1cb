"""Damaged and malicious repositories, each in one way; every function spoils a healthy one."""

import io
import os
import shutil
import socket
import subprocess
import zipfile
from pathlib import Path

MEGABYTE = 1024 * 1024
IDENTITY = {
    "PATH": os.environ["PATH"],
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@harbour.example",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@harbour.example",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}
WORKFLOW = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n    - run: 'true'\n"


def git(directory: Path, *arguments: str) -> str:
    """Run git in the repository; its output."""
    command = ["git", "-C", os.fspath(directory), *arguments]
    return subprocess.run(command, check=True, env=IDENTITY, capture_output=True, text=True).stdout


def write(repo: Path, path: str | bytes, content: str | bytes) -> None:
    """Write one file that git is not told of: it is read all the same."""
    place = os.path.join(os.fsencode(repo), path.encode() if isinstance(path, str) else path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        file.write(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)


def emptied(repo: Path) -> None:
    """An empty directory."""
    shutil.rmtree(repo)
    repo.mkdir()


def bare(repo: Path) -> None:
    """A repository without a work tree."""
    _replaced(repo, "--bare")


def shallow(repo: Path) -> None:
    """A clone of the last commit only."""
    _replaced(repo, "--depth=1")


def without_a_blob(repo: Path) -> None:
    """A bare repository that lacks the object of one file."""
    bare(repo)
    _lose(repo, "HEAD:monitoring/alerts.yml")


def without_a_tree(repo: Path) -> None:
    """A bare repository that lacks the object of one folder."""
    bare(repo)
    _lose(repo, "HEAD:monitoring")


def corrupt_pack(repo: Path) -> None:
    """A bare repository whose only pack has damaged bytes in its middle."""
    bare(repo)
    git(repo, "repack", "-adq")
    pack = next((repo / "objects" / "pack").glob("*.pack"))
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[100 : len(data) - 100] = bytes(len(data) - 200)
    pack.write_bytes(data)


def corrupt_index(repo: Path) -> None:
    """A work tree whose index is garbage."""
    (repo / ".git" / "index").write_bytes(b"DIRC" + os.urandom(3000))


def lost_head(repo: Path) -> None:
    """A repository whose HEAD names nothing that can be."""
    (repo / ".git" / "HEAD").write_bytes(b"ref: refs/heads/../../../etc/passwd\x1b[31m\n")


def git_elsewhere(repo: Path) -> None:
    """`.git` is a file that points at another place."""
    shutil.rmtree(repo / ".git")
    write(repo, ".git", "gitdir: /dev/fd/0\n")


def submodule(repo: Path) -> None:
    """A folder that is another repository."""
    other = repo.parent / "other"
    git(repo.parent, "clone", "--quiet", str(repo), str(other))
    git(repo, "submodule", "add", "--quiet", str(other), "vendor/other")


def link_loops(repo: Path) -> None:
    """Links to themselves, to each other, to their parents, and out of the repository."""
    secret = repo.parent / "secret.yml"
    secret.write_text("services: {outside: {image: 'secret-outside', privileged: true}}\n")
    (repo / "compose.loop.yml").symlink_to("compose.loop.yml")
    (repo / "first").symlink_to("second")
    (repo / "second").symlink_to("first")
    (repo / "monitoring" / "up").symlink_to("..")
    (repo / "compose.out.yml").symlink_to(secret)


def special_files(repo: Path) -> None:
    """Pipes, sockets and devices where configuration is expected."""
    os.mkfifo(repo / "compose.pipe.yml")
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(repo)  # paths of sockets are short
        try:
            made.bind("nginx.conf")
        finally:
            os.chdir(here)
    (repo / ".github" / "workflows" / "endless.yml").symlink_to("/dev/zero")


def many_workflows(repo: Path) -> None:
    """Ten thousand workflows."""
    for number in range(10_000):
        (repo / ".github" / "workflows" / f"w{number}.yml").write_text(WORKFLOW)


def deep_and_many(repo: Path) -> None:
    """Twenty thousand files, and folders a hundred deep."""
    for folder in range(200):
        place = repo / "data" / f"f{folder}"
        place.mkdir(parents=True)
        for number in range(100):
            (place / f"{number}.{'txt' if number % 4 else 'json'}").write_text("{}")
    write(repo, "d/" * 100 + "compose.yml", "services: {}\n")


NAMES = (
    b"caf\xe9",
    b"\x1b]0;owned\x07\x1b[2J",
    b"line\nbreak",
    b"<img src=x onerror=alert(1)>",
    b"[click](javascript:alert(1)) @everyone",
    b"::error::x",
    b"\xe2\x80\xaegnp.exe",
    b"=cmd|' 'A0",
    b"$(touch sprung)`touch sprung`",
    b"-rf",
    b"%s%n{0}{x}[bold]",
    b"a" * 200,
)


def hostile_names(repo: Path) -> None:
    """File names that are not UTF-8, or that mean something to terminals, browsers, shells and forges."""
    for name in NAMES:
        name = name.replace(b"/", b"_")
        write(repo, b"deploy/" + name + b".yml", "kind: Deployment\napiVersion: apps/v1\nspec: [\n")
        write(repo, b".github/workflows/" + name + b".yml", "jobs: [\n")
        write(repo, b"monitoring/" + name + b".rules", "groups:\n- name: a\n  rules:\n  - alert: [\n")
        write(repo, name + b"/Dockerfile", "FROM nowhere\n")
        write(repo, name + b"/requirements.txt", "django\n")
        write(repo, b"shop/" + name + b".py", "def broken(\n")
        write(repo, name + b"/.env", "A=1\n")


HOSTILE_TEXT = "\x1b]0;owned\x07\x1b[2J<script>alert(1)</script>\u202e@everyone [x](javascript:x) ]]>"


def hostile_values(repo: Path) -> None:
    """Configuration whose values carry terminal escapes, markup and mentions into every message."""
    quoted = '"' + HOSTILE_TEXT.replace("\x1b", "\\e").replace("\x07", "\\a").replace("\u202e", "\\u202e") + '"'
    write(repo, "monitoring/x.rules.yml", f"groups:\n- name: a\n  rules:\n  - alert: {quoted}\n    expr: {quoted}\n")
    write(
        repo,
        "deploy/x.yaml",
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {quoted}}}\nspec:\n  hostPID: true\n  containers:\n"
        f"  - {{name: {quoted}, image: {quoted}, securityContext: {{privileged: true}}}}\n",
    )
    write(repo, "compose.x.yml", f"services:\n  {quoted}: {{image: {quoted}, privileged: true}}\n")
    write(
        repo,
        ".github/workflows/x.yml",
        f"on: push\njobs:\n  deploy:\n    name: {quoted}\n    runs-on: {quoted}\n    steps:\n    - uses: {quoted}\n"
        f"    - run: {quoted}\n",
    )
    write(repo, "x/requirements.txt", HOSTILE_TEXT.encode() + b"==1\ndjango>=" + HOSTILE_TEXT.encode() + b"\n")
    write(repo, "x/Dockerfile", b"FROM " + HOSTILE_TEXT.encode() + b"\n")
    write(repo, "config/server.properties", f"listeners={HOSTILE_TEXT}://:1\n".encode())


def huge_file(repo: Path) -> None:
    """A hundred megabytes where a compose file, a workflow and a lock file should be."""
    for path in ("compose.big.yml", ".github/workflows/big.yml", "big/package-lock.json", "shop/big.py"):
        write(repo, path, b"")
        os.truncate(repo / path, 100 * MEGABYTE)


def billion_laughs(repo: Path) -> None:
    """YAML whose aliases multiply."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    text = "\n".join(lines) + "\n"
    write(repo, "compose.laughs.yml", text + "services: *a11\n")
    write(repo, ".github/workflows/laughs.yml", text + "on: push\njobs: *a11\n")
    write(repo, "deploy/laughs.yaml", text + "kind: Deployment\nspec: *a11\n")
    write(repo, "monitoring/laughs.rules.yml", text + "groups: *a11\n# alert:\n")
    write(repo, "laughs/pnpm-lock.yaml", text + "lockfileVersion: '9'\npackages: *a11\n")


def deeply_nested(repo: Path) -> None:
    """Documents nested far deeper than any stack."""
    deep = 50_000
    write(repo, "compose.deep.yml", "services: " + "[" * deep + "]" * deep + "\n")
    write(repo, ".github/workflows/deep.yml", "on: push\njobs: " + "{a: " * deep + "\n")
    write(repo, "deploy/deep.json", '{"kind": "Deployment", "spec": ' + "[" * deep + "]" * deep + "}")
    write(repo, "deep/pnpm-lock.yaml", "packages: " + "[" * MEGABYTE)
    write(repo, "deep/package-lock.json", '{"packages": ' + '{"a": ' * deep + "1" + "}" * deep + "}")
    write(repo, "deep/pyproject.toml", "[project]\ndependencies = " + "[" * deep + "]" * deep + "\n")
    write(repo, "deep/poetry.lock", ".".join("a" * deep) + " = 1\n")
    write(repo, "infra/deep.tf", "x = " + "[" * 2_000 + "]" * 2_000 + "\n")
    write(repo, "nginx/deep.conf", "http { " * 20_000 + "}" * 20_000)


def one_long_line(repo: Path) -> None:
    """Files of a megabyte without a line break."""
    write(repo, "long/Dockerfile", "FROM a\nRUN pip install " + "a " * (MEGABYTE // 2))
    write(repo, "long/requirements.txt", "a" * MEGABYTE)
    write(repo, "shop/long.py", "x = " + "'a' + " * 100_000 + "'a'\n")
    write(repo, "long/Makefile", "test: " + "a " * (MEGABYTE // 2))
    write(repo, "templates/long.html", "<a " * (MEGABYTE // 3))
    write(repo, "nginx/long.conf", "server_name " + "a" * MEGABYTE + ";")


def floods(repo: Path) -> None:
    """Files made to send regular expressions in circles; each took hours once."""
    lines, blanks, quotes = "\n" * MEGABYTE, " \n" * (MEGABYTE // 2), '\\"' * (MEGABYTE // 2)
    write(repo, "deploy/lines.yaml", "kind: Deployment" + lines)
    write(repo, "deploy/blanks.service", "[Service]" + blanks + "DJANGO")
    write(repo, "flood/Dockerfile", "FROM scratch" + lines + "USER 1" + blanks)
    write(repo, "flood/requirements.in", lines)
    write(repo, "flood/go.mod", lines)
    write(repo, "flood/main.tf", lines)
    write(repo, "shop/flood.py", lines + "import django" + blanks)
    write(repo, "docs/threat-models/flood.md", lines + "> " * MEGABYTE)
    write(repo, "nginx/flood.conf", lines + "server " * (MEGABYTE // 8))
    write(repo, "renovate.json5", "{a: " + quotes)
    write(repo, "runbooks/flood.md", blanks + "-" * MEGABYTE)
    write(repo, ".github/pull_request_template.md", lines + "<!--" * (MEGABYTE // 4))
    for number, token in enumerate(("{{", "{% ", "{# ", "{{ a|", "{% raw %}", "<a ", "<script")):
        write(repo, f"templates/flood{number}.html", token * (MEGABYTE // len(token)))
    for number, token in enumerate(
        ("a", "a.", "/", "\\", '"', "'", "(", "[", "{", "${", "$(", "<<", "=", "#", "@", "*")
    ):
        text = token * (200_000 // len(token))
        for path in ("Makefile", "Dockerfile", ".env.example", "x.sh", "x.yml", "x.tf", "x.conf", "CODEOWNERS", "x.md"):
            write(repo, f"flood/{number}/{path}", text)


def strange_python(repo: Path) -> None:
    """Python that breaks parsers: nested past the stack, null bytes, endless numbers, wrong encodings."""
    write(repo, "shop/nested.py", "x = " + "(" * 10_000 + ")" * 10_000 + "\n")
    write(repo, "shop/chained.py", "x = a" + ".b" * 20_000 + "\n")
    write(repo, "shop/minus.py", "x = " + "-" * 20_000 + "1\n")
    write(repo, "shop/sum.py", "x = " + "1+" * 20_000 + "1\n")
    write(repo, "shop/null.py", b"x = 1\0\n")
    write(repo, "shop/number.py", "x = " + "9" * 200_000 + "\ny = 9**9**9\nz = 'a' * 10**12\n")
    write(repo, "shop/coding.py", b"# -*- coding: rot13 -*-\nx = 1\n")
    write(repo, "shop/surrogate.py", b"x = '\xed\xa0\x80'\n")
    write(repo, "shop/elifs.py", "if a: pass\n" + "elif a: pass\n" * 5_000)
    write(
        repo, "shop/bomb_settings.py", "INSTALLED_APPS = []\nROOT_URLCONF = 'a'\nX = [0] * 10**10\nY = 'a' * 10**10\n"
    )


def circles(repo: Path) -> None:
    """Files that include each other."""
    write(repo, "circle/requirements.txt", "-r b.txt\n-c requirements.txt\n-r ../../../../etc/passwd\n")
    write(repo, "circle/b.txt", "-r requirements.txt\n-r b.txt\n")
    write(repo, "shop/one.py", "from shop.two import *\nX = Y\n")
    write(repo, "shop/two.py", "from shop.one import *\nY = X\n")
    write(repo, "nginx/circle.conf", "http { include circle.conf; include /etc/passwd; include *.conf; }\n")
    write(
        repo,
        "compose.circle.yml",
        "include: [compose.circle.yml]\nservices: {a: {extends: {file: compose.circle.yml, service: a}}}\n",
    )
    write(
        repo,
        ".github/workflows/circle.yml",
        "on: workflow_call\njobs:\n  a:\n    uses: ./.github/workflows/circle.yml\n",
    )
    write(
        repo,
        ".gitlab-ci.yml",
        "include: [.gitlab-ci.yml, {local: /.gitlab-ci.yml}]\na: {extends: b}\nb: {extends: a}\n",
    )
    write(repo, "kustomize/kustomization.yaml", "resources: [., ../kustomize, ../../../../etc]\n")
    write(repo, "templates/circle.html", "{% extends 'circle.html' %}{% include 'circle.html' %}\n")


def trapped(repo: Path) -> None:
    """A `.git/config` and hooks that would run commands; each leaves a file behind if it does."""
    trap = f"touch {repo.parent / 'sprung'}; cat"
    write(repo, ".gitattributes", "* filter=trap diff=trap merge=trap\n")
    write(repo.parent, "included", f'[core]\n\tsshCommand = {trap}\n\tfsmonitor = "{trap}"\n')
    for key in ("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "diff.external",
                "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "diff.trap.command",
                "diff.trap.textconv", "merge.trap.driver", "gpg.program", "credential.helper", "alias.rev-parse",
                "alias.ls-files", "uploadpack.packObjectsHook", "core.alternateRefsCommand"):  # fmt: skip
        git(repo, "config", key, f"!{trap}" if key.startswith(("alias", "credential")) else trap)
    git(repo, "config", "include.path", str(repo.parent / "included"))
    git(repo, "config", "core.hooksPath", ".hooks")
    for folder in (repo / ".git" / "hooks", repo / ".hooks"):
        folder.mkdir(exist_ok=True)
        for hook in ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman", "reference-transaction"):
            (folder / hook).write_text(f"#!/bin/sh\n{trap}\n")
            (folder / hook).chmod(0o755)
    for name in ("setup.py", "conftest.py", "sitecustomize.py", "shop/settings.py", "manage.py"):
        write(repo, name, f"import os\nos.system({trap!r})\n")
    write(repo, "pyproject.toml", "[tool.bandit]\nplugins = ['x']\n")
    write(repo, "zizmor.yml", "rules: {}\n")
    write(repo, "monitoring/alerts.yml", (repo / "monitoring" / "alerts.yml").read_bytes() + b"\n# changed\n")


def advisory_bomb(repo: Path) -> None:
    """A zip of advisories that unpacks to gigabytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for number in range(4):
            with made.open(f"GHSA-{number}.json", "w", force_zip64=True) as file:
                for _ in range(512):
                    file.write(bytes(MEGABYTE))
    write(repo, "osv/PyPI/all.zip", buffer.getvalue())


def _replaced(repo: Path, *options: str) -> None:
    made = repo.parent / "clone"
    git(repo, "commit", "--quiet", "--allow-empty", "-m", "second")
    git(repo.parent, "clone", "--quiet", *options, repo.as_uri(), str(made))
    shutil.rmtree(repo)
    made.rename(repo)


def _lose(repo: Path, name: str) -> None:
    lost = git(repo, "rev-parse", name).strip()
    for pack in tuple((repo / "objects" / "pack").glob("*.pack")):
        moved = pack.rename(repo.parent / "moved.pack")
        pack.with_suffix(".idx").unlink()
        with moved.open("rb") as file:
            subprocess.run(["git", "-C", str(repo), "unpack-objects", "-q"], stdin=file, check=True, env=IDENTITY)
    (repo / "objects" / lost[:2] / lost[2:]).unlink()
