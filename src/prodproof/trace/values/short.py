"""The slower path: forms of fewer than 15 bytes, by Hyperscan."""

from collections.abc import Callable, Sequence

import hyperscan

from prodproof.trace.values.literals import Short


class ShortIndex:
    """A database of short byte strings. Threads share it, each with scratch space of its own (`fork`)."""

    def __init__(self, forms: Sequence[Short], database: "hyperscan.Database | None" = None) -> None:
        self.forms = forms
        if database is None:
            database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            # Written as expressions of escaped bytes, since its literal mode ends a string at its first zero byte.
            database.compile(
                expressions=[b"".join([b"\\x%02x" % byte for byte in short.form.data]) for short in forms],
                ids=list(range(len(forms))),
                elements=len(forms),
                flags=[hyperscan.HS_FLAG_CASELESS if short.form.free else 0 for short in forms],
            )
        self._database = database
        self._scratch = hyperscan.Scratch(database)

    def fork(self) -> "ShortIndex":
        """Another one for another thread."""
        return ShortIndex(self.forms, self._database)

    def search(self, text: memoryview, found: Callable[[Short, int], None]) -> None:
        """Look through a text.

        Args:
            found: called with each form and where it begins.
        """

        def report(number: int, start: int, end: int, flags: int, context: object) -> None:
            short = self.forms[number]
            found(short, end - len(short.form.data))

        # Its stubs know strings only; any buffer does.
        self._database.scan(text, report, scratch=self._scratch)  # type: ignore[type-var]
