"""What must stay true of the shop's pages."""

from django.contrib.auth import get_user_model
from django.test import TestCase

from shop.models import Order, Product


class OwnOrders(TestCase):
    """A customer sees and changes their own orders only."""

    def setUp(self) -> None:
        users = get_user_model().objects
        self.ana, self.ben = users.create_user("ana"), users.create_user("ben")
        boat = Product.objects.create(name="Skiff", price=4500)
        self.order = Order.objects.create(customer=self.ana, product=boat, full_name="Ana", street_address="Quay 1")

    def test_others_orders_are_not_found(self) -> None:
        self.client.force_login(self.ben)
        self.assertEqual(self.client.get(f"/orders/{self.order.pk}/", secure=True).status_code, 404)
        self.assertEqual(self.client.post(f"/orders/{self.order.pk}/cancel/", secure=True).status_code, 404)
        self.assertTrue(Order.objects.filter(pk=self.order.pk).exists())

    def test_payment_notice_needs_a_signature(self) -> None:
        answer = self.client.post("/payments/paid/", b"{}", content_type="application/json", secure=True)
        self.assertEqual(answer.status_code, 403)
