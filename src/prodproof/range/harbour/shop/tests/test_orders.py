"""A customer sees and changes their own orders only."""

from django.db import connection

from shop.models import Order
from shop.tests.support import ShopTestCase

ADDRESS = {"full_name": "Ben Moor", "street_address": "Pier 7", "phone": ""}


class Orders(ShopTestCase):
    """Placing, looking, cancelling."""

    def test_others_orders_are_not_found(self) -> None:
        paths = (f"/orders/{self.order.pk}/", f"/orders/{self.order.pk}/checkout/")
        self.client.force_login(self.ana)
        self.assertEqual([self.client.get(path).status_code for path in paths], [200, 200])
        self.client.force_login(self.ben)
        self.assertEqual([self.client.get(path).status_code for path in paths], [404, 404])
        self.assertEqual(self.client.post(f"/orders/{self.order.pk}/cancel/").status_code, 404)
        self.assertTrue(Order.objects.filter(pk=self.order.pk).exists())

    def test_visitors_log_in_first(self) -> None:
        for path in ("/orders/", f"/orders/{self.order.pk}/", "/licences/", "/tokens/"):
            self.assertIn("/accounts/login/", self.client.get(path).headers["Location"])

    def test_placed_at_the_catalogues_price(self) -> None:
        self.client.force_login(self.ben)
        self.client.post("/orders/", {"product": self.boat.pk, "quantity": 3, "price": 1, "paid": "on"} | ADDRESS)
        (order,) = self.orders_of(self.ben)
        self.assertEqual((order.amount, order.paid), (13_500, False))
        self.boat.refresh_from_db()
        self.assertEqual(self.boat.stock, 0)

    def test_no_more_than_there_are(self) -> None:
        self.client.force_login(self.ben)
        answer = self.client.post("/orders/", {"product": self.boat.pk, "quantity": 4} | ADDRESS)
        self.assertContains(answer, "There are not as many left.")
        self.assertEqual(self.orders_of(self.ben), [])

    def test_cancelled_goes_back_to_the_stock(self) -> None:
        self.client.force_login(self.ana)
        self.client.post(f"/orders/{self.order.pk}/cancel/")
        self.boat.refresh_from_db()
        self.assertEqual((self.boat.stock, self.orders_of(self.ana)), (5, []))

    def test_paid_orders_cannot_be_cancelled(self) -> None:
        Order.objects.update(paid=True)
        self.client.force_login(self.ana)
        self.assertEqual(self.client.post(f"/orders/{self.order.pk}/cancel/").status_code, 404)

    def test_ten_a_minute(self) -> None:
        self.client.force_login(self.ben)
        answers = [self.client.post("/orders/", {}).status_code for _ in range(11)]
        self.assertEqual(answers, [200] * 10 + [429])

    def test_addresses_are_encrypted_in_the_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT street_address, phone FROM shop_order")
            row = str(cursor.fetchone())
        self.assertNotIn("Quay", row)
        self.assertNotIn("5550100", row)
        self.order.refresh_from_db()
        self.assertEqual((self.order.street_address, self.order.phone), ("Quay 1", "5550100"))
