"""What the company brought in: files, products; people at accounts and its own."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import ImportRun, Member, Product, Staff
from accounts.models.imports import ImportState, ImportTarget
from accounts.models.people import PortalRole, StaffRole
from loyalty.console.happenings import actor_names
from loyalty.lists.listed import (
    LEADERS,
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    in_order,
    moment_cell,
    search_filter,
)


class ImportFilter(ListFilter):
    q = search_filter(_("File name"))
    target = choice_filter(_("Content"))
    state = choice_filter(_("State"))

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("target", ImportTarget.choices)
        self.offer("state", ImportState.choices)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(file_name__icontains=value.strip())


def _imports(asked: Asked) -> Found:
    filters = ImportFilter(asked, ImportRun.objects.all())
    sorts = {"file": "file_name", "rows": "rows", "rejected": "rejected", "started": "created_at"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-created_at", "-id")))


def _import_header(asked: Asked) -> Sequence[Text]:
    return (
        _("File"), _("Content"), _("State"), _("Rows"), _("Accepted"), _("Known"), _("Rejected"),
        _("Problem"), _("Started by"), _("Started"), _("Finished"),
    )  # fmt: skip


def _import_lines(rows: Sequence[ImportRun], asked: Asked) -> Iterator[Sequence[object]]:
    names = actor_names({row.started_by for row in rows})
    for row in rows:
        yield (
            row.file_name, row.get_target_display(), row.get_state_display(), row.rows,
            row.accepted, row.known, row.rejected, row.problem, names.get(row.started_by, ""),
            moment_cell(row.created_at, asked), moment_cell(row.finished_at, asked),
        )  # fmt: skip


IMPORTS = Listed(
    code="imports",
    name=_("Imports"),
    url_name="console_imports",
    readers=READERS,
    find=_imports,
    header=_import_header,
    lines=_import_lines,
)


class ProductFilter(ListFilter):
    q = search_filter(_("Name or SKU"))
    line = choice_filter(_("Product line"))

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        lines = Product.objects.exclude(line="").order_by("line").distinct()
        self.offer("line", [(line, line) for line in lines.values_list("line", flat=True)])

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(sku__istartswith=value))


def _products(asked: Asked) -> Found:
    filters = ProductFilter(asked, Product.objects.all())
    sorts = {"sku": "sku", "name": "name", "line": "line", "added": "created_at"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("sku", "id")))


def _product_header(asked: Asked) -> Sequence[Text]:
    return (_("SKU"), _("Name"), _("Product line"), _("Added"))


def _product_lines(rows: Sequence[Product], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield row.sku, row.name, row.line, moment_cell(row.created_at, asked)


PRODUCTS = Listed(
    code="products",
    name=_("Products"),
    url_name="console_products",
    readers=READERS,
    find=_products,
    header=_product_header,
    lines=_product_lines,
)


ACCESS = [("yes", _("Active")), ("no", _("No access"))]


def _with_access(people: QuerySet, value: str) -> QuerySet:
    return people.filter(is_active=value == "yes") if value in dict(ACCESS) else people.none()


class MemberFilter(ListFilter):
    q = search_filter(_("Name, email or account"))
    role = choice_filter(_("Portal role"), field_name="portal_role")
    access = choice_filter(_("Access"), method="with_access")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("role", PortalRole.choices)
        self.offer("access", ACCESS)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(
            Q(name__icontains=value)
            | Q(user__email__icontains=value)
            | Q(account__name__icontains=value)
            | Q(account__number__iexact=value)
        )

    def with_access(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return _with_access(rows, value)


def _members(asked: Asked) -> Found:
    filters = MemberFilter(asked, Member.objects.select_related("user", "account"))
    sorts = {"name": "name", "account": "account__name", "email": "user__email"}
    first = ("account__name", "name", "id")
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _member_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Name"), _("Account number"), _("Account"), _("Email"), _("Portal role"),
        _("Business role"), _("Active"),
    )  # fmt: skip


def _member_lines(rows: Sequence[Member], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield (
            row.name, row.account.number, row.account.name, row.user.email,
            row.get_portal_role_display(), row.get_business_role_display(),
            _("yes") if row.is_active else _("no"),
        )  # fmt: skip


MEMBERS = Listed(
    code="members",
    name=_("Partner people"),
    url_name="members",
    readers=LEADERS,
    find=_members,
    header=_member_header,
    lines=_member_lines,
)


class StaffFilter(ListFilter):
    q = search_filter(_("Name or email"))
    role = choice_filter(_("Role"))
    access = choice_filter(_("Access"), method="with_access")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("role", StaffRole.choices)
        self.offer("access", ACCESS)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(user__email__icontains=value))

    def with_access(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return _with_access(rows, value)


def _staff(asked: Asked) -> Found:
    filters = StaffFilter(asked, Staff.objects.select_related("user"))
    sorts = {"name": "name", "email": "user__email", "role": "role"}
    first = ("-is_active", "name", "id")
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _staff_header(asked: Asked) -> Sequence[Text]:
    return (_("Name"), _("Email"), _("Role"), _("Active"))


def _staff_lines(rows: Sequence[Staff], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        active = _("yes") if row.is_active else _("no")
        yield row.name, row.user.email, row.get_role_display(), active


STAFF = Listed(
    code="staff",
    name=_("Staff"),
    url_name="people",
    readers=LEADERS,
    find=_staff,
    header=_staff_header,
    lines=_staff_lines,
)
