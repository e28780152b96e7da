"""Invitations and roles, as people fill them in."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member, Staff, User
from accounts.models.people import BusinessRole, PortalRole, StaffRole

_EMAIL = forms.EmailInput(attrs={"autocomplete": "off"})
_PORTAL_ROLES = [
    (PortalRole.ADMIN, _("Admin: sees everything of the account and invites colleagues")),
    (PortalRole.MEMBER, _("Member: sees everything of the account")),
    (PortalRole.VIEWER, _("Viewer: reads only")),
]
_STAFF_ROLES = [
    (StaffRole.OWNER, _("Owner: everything, other owners included")),
    (StaffRole.MANAGER, _("Program manager: programs, accounts, imports, people")),
    (StaffRole.FINANCE, _("Finance: balances, liability, reports")),
    (StaffRole.REP, _("Sales rep: their own accounts")),
    (StaffRole.ANALYST, _("Analyst: reads everything, changes nothing")),
]
_BUSINESS_ROLES = [("", _("Not said")), *BusinessRole.choices]


class _WithRoles(forms.Form):
    """Only an owner may make owners, so only an owner is offered it."""

    def offer_roles(self, actor: Staff) -> None:
        is_owner = actor.role == StaffRole.OWNER
        self.fields["role"].choices = _STAFF_ROLES if is_owner else _STAFF_ROLES[1:]


class InviteStaffForm(_WithRoles):
    email = forms.EmailField(label=_("Email"), widget=_EMAIL)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect, initial=StaffRole.MANAGER)

    def __init__(self, *args, actor: Staff, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.offer_roles(actor)


class ChangeStaffForm(_WithRoles):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    is_active = forms.BooleanField(
        label=_("Has access"),
        required=False,
        help_text=_("Without it, sign-in leads nowhere here."),
    )

    def __init__(self, *args, actor: Staff, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.offer_roles(actor)


class InviteColleagueForm(forms.Form):
    email = forms.EmailField(label=_("Email"), widget=_EMAIL)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    portal_role = forms.ChoiceField(
        label=_("Role in the portal"),
        choices=_PORTAL_ROLES,
        widget=forms.RadioSelect,
        initial=PortalRole.MEMBER,
    )
    business_role = forms.ChoiceField(
        label=_("Role in the business"), choices=_BUSINESS_ROLES, required=False
    )


class InviteMemberForm(InviteColleagueForm):
    account = forms.CharField(
        label=_("Account number"),
        max_length=64,
        help_text=_("The account's number as in your ERP."),
    )
    field_order = ("account", "email", "name", "portal_role", "business_role")

    def clean_account(self) -> Account:
        account = Account.objects.filter(number=self.cleaned_data["account"]).first()
        if account is None:
            raise forms.ValidationError(gettext("No account has this number."))
        return account


class ChangeMemberForm(forms.ModelForm):
    portal_role = forms.ChoiceField(
        label=_("Role in the portal"), choices=_PORTAL_ROLES, widget=forms.RadioSelect
    )
    business_role = forms.ChoiceField(
        label=_("Role in the business"), choices=_BUSINESS_ROLES, required=False
    )

    class Meta:
        model = Member
        fields = ("portal_role", "business_role", "is_active")
        labels = {"is_active": _("Has access")}


class NewPersonForm(forms.Form):
    """Somebody who accepts an invitation and signs in for the first time."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least 8 characters; better, let your browser suggest one."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, email: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, User(email=self._email))
        return password


class KnownPersonForm(forms.Form):
    """Somebody who signs in already; the name is the one this tenant reads."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
