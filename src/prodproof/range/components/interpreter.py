"""The metadata of a virtual environment, as an installer leaves it; without the packages themselves."""

from pathlib import Path

PLACE = ".venv/lib/python3.12/site-packages"
_MODULES = {"django": "django", "gunicorn": "gunicorn", "pillow": "PIL", "psycopg": "psycopg", "requests": "requests"}


class Interpreter:
    """`.venv` of the demo shop."""

    def __init__(self, repository: Path) -> None:
        self.directory = repository / ".venv"
        for name, module in _MODULES.items():
            folder = repository / PLACE / f"{name}-1.0.dist-info"
            folder.mkdir(parents=True)
            (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n")
            (folder / "RECORD").write_text(f"{module}/__init__.py,,\n{name}-1.0.dist-info/METADATA,,\n")
            if name == "gunicorn":
                (folder / "entry_points.txt").write_text("[console_scripts]\ngunicorn = gunicorn.app.wsgiapp:run\n")
