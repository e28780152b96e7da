"""Products: what the company sells, with the lines that rules and tiers ask for."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Product
from accounts.models.imports import ImportTarget
from accounts.products import SkuTaken, add_product, change_product
from accounts.roles import staff_required
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import PRODUCTS
from loyalty.lists.listed import LEADERS, READERS, asked_in
from rewards.voice import voice_of

MOST_LINES = 200  # to choose from; any other can be typed


class ProductForm(forms.Form):
    sku = forms.CharField(
        label=gettext_lazy("SKU"),
        max_length=64,
        help_text=gettext_lazy("How orders name it. It stays for ever."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    line = forms.CharField(
        label=gettext_lazy("Product line"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"list": "lines", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Rules and tiers can ask for a line. Facts that are in keep the one they had."
        ),
    )

    def __init__(self, *args, is_new: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["sku"]


@require_safe
@staff_required(*READERS)
def product_list(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, PRODUCTS):
        return other
    found = PRODUCTS.find(asked_in(request, now=timezone.now()))
    page = paged(request, found)
    context = list_context(request, PRODUCTS, found) | {
        "page": page,
        "count": page.paginator.count,
        "products": page.object_list,
        "may_edit": request.staff.role in LEADERS,
        "import_url": f"{reverse('console_import_new')}?target={ImportTarget.PRODUCTS}",
        "voice": voice_of(request.tenant),
    }
    return with_tidy_address(request, render(request, "console/products.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*LEADERS)
def new_product(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, is_new=True)
    if request.method == "POST" and form.is_valid():
        about = {"actor": request.staff.actor, "now": timezone.now()}
        try:
            product = add_product(**form.cleaned_data, **about)
        except SkuTaken as taken:
            form.add_error("sku", str(taken))
        else:
            messages.success(request, _("“%(name)s” is there.") % {"name": product.name})
            return redirect("console_products")
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*LEADERS)
def product_page(request: HttpRequest, product_id: UUID) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    initial = {"name": product.name, "line": product.line}
    form = ProductForm(request.POST or None, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        about = {"actor": request.staff.actor, "now": timezone.now()}
        changed = change_product(product=product, **form.cleaned_data, **about)
        messages.success(request, _("“%(name)s” is changed.") % {"name": changed.name})
        return redirect("console_products")
    return _form_page(request, form, product)


def _form_page(request: HttpRequest, form: ProductForm, product: Product | None) -> HttpResponse:
    lines = Product.objects.exclude(line="").order_by("line").distinct()
    context = {
        "form": form,
        "product": product,
        "lines": lines.values_list("line", flat=True)[:MOST_LINES],
    }
    status = 422 if form.errors else 200
    return render(request, "console/product.html", context, status=status)
