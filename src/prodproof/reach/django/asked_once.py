"""Answers of Django applications, for several probes of one run."""

import threading
from pathlib import Path
from typing import Any

from prodproof.facts import Unseen
from prodproof.facts.declared import DjangoApp
from prodproof.reach.django.application import ask


class AskedOnce:
    """Starts an application at most once: large ones need ten seconds to start."""

    def __init__(self, root: Path, fingerprint_key: bytes) -> None:
        """
        Args:
            root: the directory of the system file.
            fingerprint_key: key of the fingerprints of secrets; empty: none are made.
        """
        self._root, self._key = root, fingerprint_key
        self._lock = threading.Lock()
        self._locks: dict[DjangoApp, threading.Lock] = {}
        self._answers: dict[DjangoApp, dict[str, Any] | Unseen] = {}

    def ask(self, app: DjangoApp) -> "dict[str, Any] | Unseen":
        """The collector's answer. The caller has made sure that there is trust. Threads may share this."""
        with self._lock:
            lock = self._locks.setdefault(app, threading.Lock())
        with lock:
            if app not in self._answers:
                self._answers[app] = ask(app, self._root, self._key)
            return self._answers[app]
