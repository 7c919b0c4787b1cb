"""A range of a few components only, for tests of these."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodproof.range import processes
from prodproof.range.component import Component, program_path
from prodproof.range.places import Form
from prodproof.range.range import Range


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where a program is not installed; the reason names it."""
    missing = [name for name in programs if program_path(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@contextmanager
def range_of(form: Form, *kinds: type[Component]) -> Iterator[Range]:
    """A range with these components, in this order; nothing of it may be left at the end."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="range-") as parent:
        for module in ("range", "component"):
            patch.setattr(f"prodproof.range.{module}.components", lambda: kinds)
        # Servers that do not run as root must get to their folders.
        Path(parent).chmod(0o711)
        made = Range.up(Path(parent) / "range", form)
        try:
            yield made
        finally:
            made.down()
        assert not made.directory.exists()
        assert list(processes.belonging(made.identity, made.directory, ())) == []
