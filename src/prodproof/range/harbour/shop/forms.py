"""What customers may send."""

from django import forms
from django.core.files.base import ContentFile

from shop.models import ApiToken, Licence, Order, Product
from shop.payments.amounts import MAX_QUANTITY
from shop.pictures import clean_picture


class OrderForm(forms.ModelForm):
    """A new order; whose it is, what it costs and whether it is paid are not the customer's to say."""

    product = forms.ModelChoiceField(Product.objects.filter(available=True))
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, initial=1)
    street_address = forms.CharField(max_length=200)
    phone = forms.CharField(max_length=30, required=False)

    class Meta:
        model = Order
        fields = ("product", "quantity", "full_name", "street_address", "phone")


class LicenceForm(forms.ModelForm):
    """A picture; what is stored is what clean_picture drew."""

    class Meta:
        model = Licence
        fields = ("picture",)

    def clean_picture(self) -> ContentFile:
        return clean_picture(self.cleaned_data["picture"])


class TokenForm(forms.ModelForm):
    """What a new token is for."""

    class Meta:
        model = ApiToken
        fields = ("name", "scope")
