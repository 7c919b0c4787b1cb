"""Customers' pictures of their boating licences: taken in, listed, handed out and deleted for their owner alone."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.audit import audit
from shop.forms import LicenceForm
from shop.limits import limited
from shop.models import Licence

MAX_PER_OWNER = 10


@login_required
@require_http_methods(["GET", "POST"])
@limited("licences", per_minute=10)
def licences(request: HttpRequest) -> HttpResponse:
    """The customer's own pictures, and a form for the next one."""
    own = Licence.objects.filter(owner=request.user)
    form = LicenceForm(request.POST, request.FILES) if request.method == "POST" else LicenceForm()
    if form.is_bound and own.count() >= MAX_PER_OWNER:
        form.add_error("picture", "Delete one first: these are as many as we keep.")
    if form.is_bound and form.is_valid():
        licence = form.save(commit=False)
        licence.owner = request.user
        licence.save()
        audit(request.user, "licence.stored", f"licence:{licence.pk}")
        return redirect("licences")
    return render(request, "shop/licences.html", {"licences": own, "form": form})


@login_required
@require_safe
def licence(request: HttpRequest, pk: int) -> FileResponse:
    """One of the customer's own pictures, to be saved and not shown; others' are not found."""
    found = get_object_or_404(Licence, pk=pk, owner=request.user)
    audit(request.user, "licence.read", f"licence:{pk}")
    return FileResponse(
        found.picture.open("rb"), as_attachment=True, filename=f"licence-{pk}.jpg", content_type="image/jpeg"
    )


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a picture, and its file."""
    found = get_object_or_404(Licence, pk=pk, owner=request.user)
    found.picture.delete(save=False)
    found.delete()
    audit(request.user, "licence.deleted", f"licence:{pk}")
    return redirect("licences")
