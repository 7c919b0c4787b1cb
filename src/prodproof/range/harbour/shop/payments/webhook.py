"""The payment provider's notices."""

import hashlib
import hmac

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shop.audit import audit
from shop.jobs import enqueue, send_confirmation
from shop.models import Order, PaymentNotice
from shop.payments.amounts import is_settled


class Notice(BaseModel):
    """What the provider says."""

    model_config = ConfigDict(strict=True)

    number: str = Field(pattern=r"^[\w-]{1,64}$")
    order: int = Field(ge=1, le=2**63 - 1)
    amount: int = Field(ge=0)


@csrf_exempt
@require_POST
def paid(request: HttpRequest) -> HttpResponse:
    """The payment provider tells that an order is paid; its signature is what counts, no cookie is read."""
    expected = hmac.new(settings.PAYMENTS_WEBHOOK_KEY.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), request.headers.get("X-Payments-Signature", "").encode()):
        audit("payments", "order.paid", outcome="refused")
        return HttpResponseForbidden()
    try:
        notice = Notice.model_validate_json(request.body)
    except ValidationError as error:
        raise BadRequest from error
    return JsonResponse({"settled": _settle(notice)})


def _settle(notice: Notice) -> bool:
    """Whether this notice, which may come twice, settles its order."""
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(pk=notice.order).first()
        _, is_new = PaymentNotice.objects.get_or_create(number=notice.number, defaults={"order": order})
        if not is_new or order is None or order.paid or not is_settled(order.amount, notice.amount):
            audit("payments", "order.paid", f"order:{notice.order}", outcome="refused")
            return False
        order.paid = True
        order.save(update_fields=("paid",))
        enqueue(send_confirmation, order=order.pk)
    audit("payments", "order.paid", f"order:{order.pk}")
    return True
