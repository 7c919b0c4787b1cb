"""Specialists that are run or read: workflow, infrastructure and code scanners, advisories."""
