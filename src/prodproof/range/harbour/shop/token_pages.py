"""Where customers make and revoke the tokens of the API."""

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from shop import tokens
from shop.audit import audit
from shop.forms import TokenForm
from shop.limits import limited
from shop.models import ApiToken


@login_required
@reauthentication_required
@require_http_methods(["GET", "POST"])
@limited("tokens", per_minute=10)
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The customer's tokens, and a form for a new one, whose text is shown once. Asks for the password again."""
    own = ApiToken.objects.filter(owner=request.user)
    form = TokenForm(request.POST or None)
    text = ""
    if request.method == "POST" and own.count() >= tokens.MAX_PER_OWNER:
        form.add_error(None, "Revoke one first: these are as many as you can have.")
    if request.method == "POST" and form.is_valid():
        token, text = tokens.issue(request.user, form.cleaned_data["name"], form.cleaned_data["scope"])
        audit(request.user, "token.issued", f"token:{token.pk}")
        form = TokenForm()
    return render(request, "shop/tokens.html", {"tokens": own, "form": form, "text": text})


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token now."""
    get_object_or_404(ApiToken, pk=pk, owner=request.user).delete()
    audit(request.user, "token.revoked", f"token:{pk}")
    return redirect("tokens")
