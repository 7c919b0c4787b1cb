"""The login of the database is what lies in the file now."""

import json
import tempfile
from pathlib import Path
from unittest.mock import Mock

from django.test import SimpleTestCase

from shop.postgresql.base import DatabaseWrapper


class LoginFile(SimpleTestCase):
    """Without a server: what would be connected with, and when a connection is given up."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "database"
        self.write("shop", "one")

    def write(self, user: str, password: str) -> None:
        self.file.write_text(json.dumps({"user": user, "password": password}))

    def wrapper(self, file: str | None) -> DatabaseWrapper:
        given = {"NAME": "shop", "HOST": "db", "PORT": "", "USER": "shop", "PASSWORD": "old", "OPTIONS": {}}
        more = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False, "AUTOCOMMIT": True, "TIME_ZONE": None}
        made = DatabaseWrapper({**given, **more, "LOGIN_FILE": file})
        made.autocommit = True
        return made

    def login(self, wrapper: DatabaseWrapper) -> tuple[str, str]:
        params = wrapper.get_connection_params()
        return params["user"], params["password"]

    def test_who_connects_reads_the_file(self) -> None:
        wrapper = self.wrapper(str(self.file))
        self.assertEqual(self.login(wrapper), ("shop", "one"))
        self.write("shop_b", "two")
        self.assertEqual(self.login(wrapper), ("shop_b", "two"))

    def test_without_a_file_the_settings_count(self) -> None:
        self.assertEqual(self.login(self.wrapper(None)), ("shop", "old"))

    def test_a_connection_with_the_login_before_is_closed_between_two_requests(self) -> None:
        wrapper = self.wrapper(str(self.file))
        self.login(wrapper)
        wrapper.connection = connection = Mock()
        wrapper.close_if_unusable_or_obsolete()
        connection.close.assert_not_called()
        self.write("shop_b", "two")
        wrapper.close_if_unusable_or_obsolete()
        connection.close.assert_called_once()

    def test_not_in_the_middle_of_a_transaction(self) -> None:
        wrapper = self.wrapper(str(self.file))
        self.login(wrapper)
        wrapper.connection = connection = Mock()
        wrapper.in_atomic_block = True
        self.write("shop_b", "two")
        wrapper.close_if_unusable_or_obsolete()
        connection.close.assert_not_called()
