"""Debug modes of Flask, FastAPI and Express, and whether a deployment reaches them."""

from pathlib import Path

import pytest

from prodproof.facts.code import DebugSwitches
from prodproof.probes.code import observe
from tests.probes.files import survey

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
BY_HAND = FLASK + "if __name__ == '__main__':\n    app.run(debug=True)\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app.py": FLASK + "app.run(debug=True)\n"}, [("Flask", True)]),
        ({"app.py": FLASK + "app.debug = True\n"}, [("Flask", True)]),
        ({"app.py": FLASK + "app.run()\n"}, []),
        ({"app.py": BY_HAND}, [("Flask", False)]),
        ({"app.py": BY_HAND, "Dockerfile": 'CMD ["gunicorn", "app:app"]\n'}, [("Flask", False)]),
        ({"app.py": BY_HAND, "Dockerfile": 'CMD ["python", "app.py"]\n'}, [("Flask", True)]),
        ({"app.py": FLASK, "Dockerfile": "ENV FLASK_DEBUG=1\n"}, [("Flask", True)]),
        ({"app.py": FLASK, "Dockerfile.dev": "ENV FLASK_DEBUG=1\n"}, []),
        ({"app.py": FLASK, "Procfile": "web: flask --app app run --debug\n"}, [("Flask", True)]),
        ({"main.py": "from fastapi import FastAPI\napp = FastAPI(debug=True)\n"}, [("FastAPI", True)]),
        ({"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}, []),
        ({"package.json": '{"dependencies": {"express": "5"}}', "Dockerfile": "ENV NODE_ENV=development\n"},
         [("Express", True)]),
        ({"package.json": '{"dependencies": {"express": "5"}}', "Dockerfile": "ENV NODE_ENV=production\n"}, []),
    ],
)  # fmt: skip
def test_switches(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, bool]]) -> None:
    (observation,) = survey(observe, tmp_path, files)[DebugSwitches].observations
    assert isinstance(observation.seen, DebugSwitches)
    assert [(item.framework, item.reached) for item in observation.seen.switches] == expected


def test_a_repository_without_a_framework_has_nothing_to_say(tmp_path: Path) -> None:
    assert survey(observe, tmp_path, {"main.tf": "", "a.py": "x = 1\n"})[DebugSwitches].observations == ()


def test_django_alone_is_said_to_be_alone(tmp_path: Path) -> None:
    (observation,) = survey(observe, tmp_path, {"a.py": "import django\n"})[DebugSwitches].observations
    assert observation.seen == DebugSwitches(frameworks=("Django",))
