"""How surely a time that a row, a file or a server tells lies before a backup."""

from datetime import timedelta

MARGIN = timedelta(minutes=5)
"""A transaction writes the time at which it began; it may have ended after the backup, and so be missing in it."""

ZONES = timedelta(hours=14)
"""By so much a time without a zone may be another one than it looks like, where it was written in local time."""
