"""What a company fills in to sign up, and how people find their workspace."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.choices import currencies, time_zones
from accounts.models import User
from accounts.models.tenant import check_slug, is_slug


class SignUpForm(forms.Form):
    company = forms.CharField(
        label=_("Company"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "data-suggests": "id_slug"}),
    )
    slug = forms.CharField(
        label=_("Workspace address"),
        max_length=40,
        validators=[is_slug, check_slug],
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Work email"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 8 characters. If you sign in here already, use that password."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        initial="USD",
        help_text=_("Your programs count in it; it stays once facts are in."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        initial="UTC",
        help_text=_("Where your days and quarters begin."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies()
        self.fields["time_zone"].choices = time_zones()
        if not self.is_bound:
            self.fields["time_zone"].widget.attrs["data-guess-time-zone"] = ""

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"].lower()

    def clean(self) -> dict:
        """A new person's password must be a good one; that of a known one only has to be theirs."""
        said = super().clean() or {}
        if "password" in said and "email" in said:
            self._check_password(said["email"].lower(), said["password"])
        return said

    def _check_password(self, email: str, password: str) -> None:
        if User.objects.filter(email=email).exists():
            return
        try:
            validate_password(password, User(email=email))
        except forms.ValidationError as weak:
            self.add_error("password", weak)


class WorkspaceForm(forms.Form):
    slug = forms.CharField(
        label=_("Workspace address"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_slug(self) -> str:
        # People paste the whole address as well.
        slug = self.cleaned_data["slug"].lower().removeprefix("https://").removeprefix("http://")
        slug = slug.split(".")[0].split(":")[0].split("/")[0]
        is_slug(slug)
        return slug


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
