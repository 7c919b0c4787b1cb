"""Carries out what the shop left for later, and writes the heartbeat, until it is told to stop."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from shop.jobs import beat, run_next

_LOGGER = logging.getLogger(__name__)


class Command(BaseCommand):
    """Finishes the job at hand when it is told to stop; survives a database that is away for a while."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when no job is due")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between two looks (default: 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        if threading.current_thread() is threading.main_thread() and not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                if not options["once"]:
                    close_old_connections()
                    beat()
                busy = run_next()
            except (OperationalError, InterfaceError):
                if options["once"]:
                    raise
                _LOGGER.exception("the database does not answer")
                connection.close()
                busy = False
            if options["once"] and not busy:
                return
            if not busy:
                stop.wait(options["pause"])
