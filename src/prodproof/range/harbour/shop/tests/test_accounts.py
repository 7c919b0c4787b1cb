"""Logging in, with and without a second factor."""

import re

from allauth.mfa.models import Authenticator
from django.core import mail

from shop.tests.support import OFFICE, ShopTestCase, code, visitor


class Login(ShopTestCase):
    """A password for customers; a password and a code for staff."""

    def log_in(self, email: str, password: str | None = None):
        return self.client.post("/accounts/login/", {"login": email, "password": password or self.password})

    def test_customer(self) -> None:
        answer = self.log_in(self.ana.email)
        self.assertRedirects(answer, "/orders/", fetch_redirect_response=False)
        cookie = self.client.cookies["__Host-sessionid"]
        self.assertTrue(cookie["secure"] and cookie["httponly"])
        self.assertEqual((cookie["samesite"], cookie["domain"], cookie["path"]), ("Lax", "", "/"))

    def test_wrong_password(self) -> None:
        self.assertEqual(self.log_in(self.ana.email, "wrong").status_code, 200)
        self.assertEqual(self.client.get("/orders/").status_code, 302)

    def test_the_session_changes_at_login(self) -> None:
        self.client.get("/accounts/login/")
        session = self.client.session
        session["before"] = True
        session.save()
        self.client.cookies["__Host-sessionid"] = session.session_key
        self.log_in(self.ana.email)
        self.assertNotEqual(self.client.cookies["__Host-sessionid"].value, session.session_key)

    def test_guessing_ends_after_five(self) -> None:
        for _ in range(5):
            self.log_in(self.ana.email, "wrong")
        self.log_in(self.ana.email)
        self.assertEqual(self.client.get("/orders/").status_code, 302, "the right password came too late")

    def test_a_claimed_address_does_not_help_to_guess(self) -> None:
        """Only what the proxy wrote last counts."""
        for number in range(6):
            self.client.post(
                "/accounts/login/",
                {"login": f"{number}@customers.example", "password": "wrong"},
                headers={"X-Forwarded-For": f"192.0.2.{number}, 203.0.113.7"},
            )
        self.log_in(self.ana.email)
        self.assertEqual(self.client.get("/orders/").status_code, 302)

    def test_staff_need_the_code_too(self) -> None:
        user, secret = self.staff()
        self.client = visitor(OFFICE)
        self.assertRedirects(self.log_in(user.email), "/accounts/2fa/authenticate/", fetch_redirect_response=False)
        self.assertEqual(self.client.get("/admin/").status_code, 302)
        self.client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        self.assertEqual(self.client.get("/admin/").status_code, 302)
        self.client.post("/accounts/2fa/authenticate/", {"code": code(secret)})
        self.assertEqual(self.client.get("/admin/").status_code, 200)

    def test_staff_without_a_second_factor_set_one_up_first(self) -> None:
        user, _ = self.staff(with_second_factor=False)
        self.client = visitor(OFFICE)
        self.log_in(user.email)
        for path in ("/", "/orders/", "/admin/"):
            self.assertRedirects(
                self.client.get(path), "/accounts/2fa/totp/activate/", fetch_redirect_response=False, msg_prefix=path
            )
        self.client.post("/accounts/reauthenticate/", {"password": self.password})
        page = self.client.get("/accounts/2fa/totp/activate/")
        self.assertIn("img-src 'self' data:", page.headers["Content-Security-Policy"])
        secret = page.context["form"].secret
        self.client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
        self.assertEqual(self.client.get("/admin/").status_code, 200)
        stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data
        self.assertNotIn(secret, str(stored), "the secret is encrypted in the database")

    def test_a_staff_session_ends(self) -> None:
        user, _ = self.staff()
        self.client = visitor(OFFICE)
        self.client.force_login(user)
        self.assertEqual(self.client.get("/admin/").status_code, 200)
        session = self.client.session
        session["staff_until"] = 0
        session.save()
        self.assertRedirects(self.client.get("/admin/"), "/accounts/login/", fetch_redirect_response=False)

    def test_a_reset_link_works_once_and_leads_to_us(self) -> None:
        self.client.post("/accounts/password/reset/", {"email": self.ana.email}, headers={"Host": "testserver"})
        link = re.search(r"https://harbour\.example(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
        self.assertIsNotNone(link, mail.outbox[0].body)
        page = self.client.get(link[1], follow=True)
        new = "quay-lantern-rope-71"
        self.client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
        self.ana.refresh_from_db()
        self.assertTrue(self.ana.check_password(new))
        again = visitor().get(link[1], follow=True)
        self.assertTrue(again.context["token_fail"])
