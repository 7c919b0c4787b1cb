"""Runs Django's commands for the shop; tests have settings of their own."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    module = "testing" if sys.argv[1:2] == ["test"] else "production"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"harbour.settings.{module}")
    execute_from_command_line(sys.argv)
