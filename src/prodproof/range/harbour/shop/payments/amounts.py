"""Amounts, in the currency's smallest unit, computed on the server from the catalogue's prices alone."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_QUANTITY = 1_000


@dataclass(frozen=True)
class Item:
    """One line of an order; the price comes from the catalogue, never from the request."""

    price: int
    quantity: int

    def __post_init__(self) -> None:
        if self.price < 0 or not 1 <= self.quantity <= MAX_QUANTITY:
            raise ValueError("a price below zero or an impossible quantity")


def total(items: Iterable[Item]) -> int:
    """What an order costs."""
    return sum(item.price * item.quantity for item in items)


def is_settled(expected: int, paid: int) -> bool:
    """Whether what the provider says was paid is what the order costs: exactly, in the same currency."""
    return expected == paid
