"""DEBUG on: in the settings, by a text that counts as true, in what visitors see alone, and in source alone."""

from prodproof.facts import Reason
from prodproof.range.components.application import ASKED_FOR
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def on(harbour: Range) -> None:
    harbour.app.settings(DEBUG=True)


def text_that_counts_as_true(harbour: Range) -> None:
    harbour.app.replace(
        "harbour/settings/production.py",
        "SECURE_SSL_REDIRECT = True",
        'SECURE_SSL_REDIRECT = True\nDEBUG = os.environ.get("HARBOUR_DEBUG", "False")',
    )


def served_with_other_settings(harbour: Range) -> None:
    """Commands load the settings of production; what visitors reach does not."""
    harbour.app.write("harbour/settings/trial.py", "from harbour.settings.production import *\n\nDEBUG = True\n")
    harbour.app.replace("harbour/wsgi.py", "harbour.settings.production", "harbour.settings.trial")


def in_source_alone(harbour: Range) -> None:
    """Not deployed yet, and nobody can ask the running application."""
    harbour.repo.replace("harbour/settings/base.py", "DEBUG = False", "DEBUG = True")
    harbour.app.refuse_commands()


def untrusted(harbour: Range) -> None:
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="application.debug-off",
    breaks=on,
    says="the running application has DEBUG on",
    variants=(text_that_counts_as_true, served_with_other_settings, in_source_alone),
    withdraws=untrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "application", "front"),
    # The debug page is an error page, and django-csp leaves its policy out there.
    # What was sent stands on it, too.
    touches=(
        "application.csrf",
        "application.errors-safe",
        "application.security-headers",
        "secrets.not-in-output",
        *ASKED_FOR,
    ),
)
