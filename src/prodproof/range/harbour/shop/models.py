"""What the shop remembers."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from shop.fields import EncryptedTextField
from shop.payments.amounts import Item, total
from shop.pictures import random_name


class User(AbstractUser):
    """A customer, or a member of staff. People log in with their e-mail address."""


class Product(models.Model):
    """Something that can be ordered."""

    name = models.CharField(max_length=120)
    price = models.PositiveIntegerField(help_text="In cents.")
    stock = models.PositiveIntegerField(default=0)
    # The table has a default of its own, for the version before writes rows without it.
    low_stock = models.PositiveIntegerField(default=5, db_default=5, help_text="Below that, more is ordered.")
    available = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """What a customer wants, and where it goes."""

    customer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveSmallIntegerField(default=1)
    price = models.PositiveIntegerField(help_text="Of one, in cents, when it was ordered.")
    full_name = models.CharField(max_length=120)
    street_address = EncryptedTextField(max_length=200)
    phone = EncryptedTextField(max_length=30, blank=True)
    paid = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True, editable=False, help_text="When the confirmation was sent.")
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-placed_at", "-pk")

    def __str__(self) -> str:
        return f"Order {self.pk}"

    @property
    def amount(self) -> int:
        """What is to be paid, in cents."""
        return total([Item(price=self.price, quantity=self.quantity)])


class Licence(models.Model):
    """A picture of a customer's boating licence. The file has a random name; only its owner gets it, through a view."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="licences")
    picture = models.ImageField(upload_to=random_name)
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-uploaded_at", "-pk")

    def __str__(self) -> str:
        return f"Licence {self.pk}"


class ApiToken(models.Model):
    """Lets a program act for a customer until it expires. Only a hash is kept: who reads this table gets in nowhere."""

    class Scope(models.TextChoices):
        READ = "read", "read orders"
        ORDER = "order", "read and place orders"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text="What will use it.")
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.READ)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"Token {self.pk}"


class PaymentNotice(models.Model):
    """A notice of the payment provider; its number is accepted once."""

    number = models.CharField(max_length=64, unique=True)
    order = models.ForeignKey(Order, null=True, on_delete=models.SET_NULL)
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Notice {self.pk}"


class Job(models.Model):
    """Work for the background worker, written in the same transaction as what it follows from; see shop/jobs.py."""

    task = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict, help_text="Ids only, never personal data.")
    run_after = models.DateTimeField(default=timezone.now, help_text="Nobody takes it up before.")
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True, help_text="When it was given up.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=("failed_at", "run_after"), name="shop_job_due"),)

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


class Heartbeat(models.Model):
    """One row with the time, written by the worker again and again: in a restored copy it says what was lost."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
