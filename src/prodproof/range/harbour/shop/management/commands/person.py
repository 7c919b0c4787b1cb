"""Gives out or forgets what we hold about a customer: `manage.py person export 5`, `manage.py person erase 5`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from shop import people
from shop.models import User


class Command(BaseCommand):
    """Works on one account, named by its id; staff accounts are removed in the admin."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=("export", "erase"))
        parser.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(pk=options["id"], is_staff=False).first()
        if user is None:
            raise CommandError(f"no customer has the id {options['id']}")
        if options["act"] == "erase":
            people.erase(user)
        else:
            self.stdout.write(json.dumps(people.export(user), cls=DjangoJSONEncoder, indent=2))
