"""What other services of ours may ask and change: the stock, and numbers for Prometheus. Being inside is no right:
every call needs the token of HARBOUR_INTERNAL_TOKEN."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, NinjaAPI, Schema
from ninja.security import HttpBearer
from prometheus_client import CONTENT_TYPE_LATEST

from shop.audit import audit
from shop.metrics import exposition
from shop.models import Product


class ServiceToken(HttpBearer):
    """The one token that our services share."""

    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        if hmac.compare_digest(settings.INTERNAL_TOKEN.encode(), token.encode()):
            return "service"
        audit("anonymous", "internal.called", request.path, outcome="refused")
        return None


internal = NinjaAPI(
    title="Harbour, internal",
    version="1",
    docs_url=None,
    openapi_url=None,
    urls_namespace="internal",
    auth=ServiceToken(),
)


class Stock(Schema):
    """How many of a product are left."""

    stock: int = Field(ge=0, le=1_000_000)


@internal.get("stock/{int:product}", response=Stock, url_name="stock")
def read_stock(request: HttpRequest, product: int) -> Product:
    """How many are left."""
    return get_object_or_404(Product, pk=product)


@internal.put("stock/{int:product}", response=Stock, url_name="set-stock")
def set_stock(request: HttpRequest, product: int, counted: Stock) -> Product:
    """What the warehouse counted."""
    found = get_object_or_404(Product, pk=product)
    found.stock = counted.stock
    found.save(update_fields=("stock",))
    audit("service", "stock.set", f"product:{product}")
    return found


@internal.get("metrics", url_name="metrics", include_in_schema=False)
def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers in Prometheus' text format."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
