"""Whose pages these are: the tenant's name, logo and colors, and the person who reads, for every
template as `tenant` and `brand`."""

from dataclasses import dataclass
from hashlib import sha256

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from accounts.colors import Shades, shades
from accounts.models import Tenant
from accounts.models.people import StaffRole
from accounts.notices.inbox import MOST_COUNTED, count_unread
from loyalty.notices.reader import own_notices

PRODUCT = "Loyalty"


@dataclass(frozen=True, slots=True)
class Face:
    """One of the three faces, as the person's menu offers it."""

    label: str | Promise
    url: str
    icon: str


CONSOLE = Face(_("Console"), "/console/", "squares-2x2")
FIELD = Face(_("My accounts"), "/field/", "map-pin")
PORTAL = Face(_("Partner portal"), "/portal/", "building-storefront")


def faces_of(request: HttpRequest) -> list[Face]:
    """The faces open to who asks, the one to begin with first."""
    faces = []
    if request.staff:
        is_rep = request.staff.role == StaffRole.REP
        faces.append(FIELD if is_rep else CONSOLE)
        if request.staff.role in (StaffRole.OWNER, StaffRole.MANAGER):
            faces.append(FIELD)
    if request.members:
        faces.append(PORTAL)
    return faces


class Brand:
    """Read by templates only; nothing is looked up that a template does not ask for."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._tenant: Tenant | None = getattr(request, "tenant", None)

    @property
    def name(self) -> str:
        return self._tenant.name if self._tenant else PRODUCT

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def color(self) -> str:
        return self._tenant.brand_color if self._tenant else "#1d4ed8"

    @cached_property
    def version(self) -> str:
        """Changes with the looks, so that browsers may keep them for a year."""
        return looks_version(self._tenant) if self._tenant else ""

    @property
    def colors_url(self) -> str:
        return f"{reverse('brand_colors')}?v={self.version}" if self._tenant else ""

    @property
    def logo_url(self) -> str:
        has_logo = self._tenant and self._tenant.logo_type
        return f"{reverse('brand_logo')}?v={self.version}" if has_logo else ""

    @property
    def icon_url(self) -> str:
        if not self._tenant:
            return static("loyalty/icon.svg")
        return f"{reverse('brand_icon')}?v={self.version}"

    @cached_property
    def person_name(self) -> str:
        request = self._request
        if getattr(request, "staff", None):
            return request.staff.name
        if getattr(request, "members", None):
            return request.members[0].name
        return request.user.email if hasattr(request, "user") else ""

    @property
    def person_initials(self) -> str:
        words = self.person_name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:]))

    @property
    def has_inbox(self) -> bool:
        """Whether who reads has a place here, and so may be told something."""
        request = self._request
        return bool(getattr(request, "staff", None) or getattr(request, "members", None))

    @property
    def single_keys(self) -> bool:
        """Whether letters by themselves are shortcuts for who reads; they can turn that off."""
        request = self._request
        person = getattr(request, "staff", None) or next(
            iter(getattr(request, "members", None) or ()), None
        )
        return getattr(person, "single_keys", True)

    @cached_property
    def unread(self) -> int:
        """Notices that the reader has not looked at, counted no further than MOST_COUNTED."""
        return count_unread(own_notices(self._request))

    @property
    def unread_text(self) -> str:
        return f"{MOST_COUNTED - 1}+" if self.unread == MOST_COUNTED else str(self.unread)

    @cached_property
    def faces(self) -> list[Face]:
        return faces_of(self._request) if hasattr(self._request, "staff") else []


def branding(request: HttpRequest) -> dict[str, object]:
    """The context processor."""
    return {"tenant": getattr(request, "tenant", None), "brand": Brand(request)}


def looks_version(tenant: Tenant) -> str:
    looks = f"{tenant.name}|{tenant.brand_color}|{tenant.accent_color}|{tenant.logo_type}|"
    return sha256(looks.encode() + bytes(tenant.logo)).hexdigest()[:12]


def color_sheet(*, brand: str, accent: str, where: str = ":root") -> str:
    """The style sheet that gives two colors to the tokens, made readable in both schemes.

    It holds for the elements that the selector `where` finds.
    """
    lines = []
    for name, color in (("brand", brand), ("accent", accent)):
        light, dark = shades(color, dark=False), shades(color, dark=True)
        for token, shade in _tokens(name, light).items():
            lines.append(f"  {token}: light-dark({shade}, {_tokens(name, dark)[token]});")
    return where + " {\n" + "\n".join(lines) + "\n}\n"


def _tokens(name: str, shade: Shades) -> dict[str, str]:
    return {
        f"--{name}": shade.fill,
        f"--on-{name}": shade.on_fill,
        f"--{name}-text": shade.text,
        f"--{name}-mark": shade.mark,
        f"--{name}-soft": shade.soft,
    }
