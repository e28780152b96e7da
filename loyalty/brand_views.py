"""A tenant's logo, colors and icon, for anybody at its host: the sign-in page shows them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.colors import ink_on
from loyalty.branding import color_sheet, looks_version

_ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">\
<rect width="32" height="32" rx="7" fill="{fill}"/>\
<text x="16" y="22.5" font-family="system-ui, sans-serif" font-size="19" font-weight="700" \
text-anchor="middle" fill="{ink}">{initial}</text></svg>"""


@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    if not request.tenant.logo_type:
        raise Http404
    return _kept(request, bytes(request.tenant.logo), request.tenant.logo_type)


@require_safe
def colors(request: HttpRequest) -> HttpResponse:
    tenant = request.tenant
    sheet = color_sheet(brand=tenant.brand_color, accent=tenant.accent_color)
    return _kept(request, sheet, "text/css; charset=utf-8")


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    tenant = request.tenant
    initial = tenant.name[:1].upper()
    drawing = _ICON.format(
        fill=tenant.brand_color,
        ink=ink_on(tenant.brand_color),
        # Escaped by number: whatever a name begins with, it cannot open a tag.
        initial=f"&#{ord(initial)};" if initial else "",
    )
    return _kept(request, drawing, "image/svg+xml")


def _kept(request: HttpRequest, content: str | bytes, content_type: str) -> HttpResponse:
    """Kept for a year under the address that names this version, for five minutes otherwise."""
    response = HttpResponse(content, content_type=content_type)
    named = request.GET.get("v") == looks_version(request.tenant)
    response["Cache-Control"] = (
        "public, max-age=31536000, immutable" if named else "public, max-age=300"
    )
    return response
