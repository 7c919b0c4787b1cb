"""What customers may send."""

from django import forms

from shop.models import Order
from shop.payments.amounts import MAX_QUANTITY


class OrderForm(forms.ModelForm):
    """A new order; whose it is and whether it is paid are not the customer's to say."""

    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)

    class Meta:
        model = Order
        fields = ("product", "quantity", "full_name", "street_address", "phone")
