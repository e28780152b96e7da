"""Where a tenant's ladders stand."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from accounts.counting import Catalogue
from accounts.declaring import catalogue
from accounts.models import Tenant
from accounts.tenancy import current_tenant_id


@dataclass(frozen=True, slots=True)
class Setting:
    """A tenant's zone, its fiscal year, its measures: the same for all of its ladders."""

    zone: ZoneInfo
    fiscal_year_starts: int
    catalogue: Catalogue


def current_setting() -> Setting:
    """The setting of the open tenant."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    return Setting(tenant.zone, tenant.fiscal_year_starts, catalogue())
