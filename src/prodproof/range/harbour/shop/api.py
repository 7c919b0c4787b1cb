"""The API of the mobile application. Every call but the catalogue needs a token; its schema is docs/openapi.json."""

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, NinjaAPI, Schema, Status
from ninja.errors import HttpError
from ninja.pagination import LimitOffsetPagination, paginate
from ninja.security import HttpBearer

from shop import orders, tokens
from shop.audit import audit
from shop.limits import is_allowed
from shop.models import ApiToken, Order, Product
from shop.payments.amounts import MAX_QUANTITY

READS_PER_MINUTE = 60
ORDERS_PER_MINUTE = 10


class BearerToken(HttpBearer):
    """A token that is valid now, and allows what the call does."""

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self.scopes = scopes

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = tokens.find(token)
        if found is None or found.scope not in self.scopes:
            audit(found.owner if found else "anonymous", "api.called", request.path, outcome="refused")
            return None
        return found


READ = BearerToken(ApiToken.Scope.READ, ApiToken.Scope.ORDER)
PLACE = BearerToken(ApiToken.Scope.ORDER)

# The schema and its pages are for us, not for visitors.
api = NinjaAPI(title="Harbour", version="1", docs_url=None, openapi_url=None, urls_namespace="api", auth=READ)


class ProductOut(Schema):
    """A product, as everybody sees it."""

    id: int
    name: str
    price: int


class OrderIn(Schema):
    """A new order; unknown fields are refused."""

    model_config = {"extra": "forbid"}

    product: int = Field(ge=1, le=2**63 - 1)
    quantity: int = Field(1, ge=1, le=MAX_QUANTITY)
    full_name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00]+$")
    street_address: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")
    phone: str = Field("", max_length=30, pattern=r"^[-+() 0-9]*$")


class OrderOut(Schema):
    """An order, as its customer sees it."""

    id: int
    product_id: int
    quantity: int
    amount: int
    paid: bool
    placed_at: datetime


@api.get("products", response=list[ProductOut], auth=None, url_name="products")
@paginate(LimitOffsetPagination)
def products(request: HttpRequest) -> QuerySet[Product]:
    """The catalogue."""
    return Product.objects.filter(available=True)


@api.get("orders", response=list[OrderOut], url_name="orders")
@paginate(LimitOffsetPagination)
def own_orders(request: HttpRequest) -> QuerySet[Order]:
    """The orders of the token's owner."""
    _count(request, "read", READS_PER_MINUTE)
    return Order.objects.filter(customer=request.auth.owner)


@api.get("orders/{int:pk}", response=OrderOut, url_name="order")
def own_order(request: HttpRequest, pk: int) -> Order:
    """One of them; others' are not found."""
    _count(request, "read", READS_PER_MINUTE)
    return get_object_or_404(Order, pk=pk, customer=request.auth.owner)


@api.post("orders", response={201: OrderOut}, auth=PLACE, url_name="place")
def place(request: HttpRequest, order: OrderIn) -> Status[Order]:
    """Place an order."""
    _count(request, "orders", ORDERS_PER_MINUTE)
    product = get_object_or_404(Product, pk=order.product, available=True)
    try:
        return Status(201, orders.place(request.auth.owner, product, **order.dict(exclude={"product"})))
    except orders.SoldOut:
        raise HttpError(409, "sold out") from None


def _count(request: HttpRequest, action: str, per_minute: int) -> None:
    if not is_allowed(f"api-{action}", request.auth.owner_id, per_minute):
        raise HttpError(429, "too many calls")
