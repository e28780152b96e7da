"""How people come in: allauth signs them in; only an invitation or a tenant's sign-up lets new
people exist. Its letters go out in the name of the tenant whose host was asked."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.core import context
from django.core.mail import EmailMessage
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.letters import letterhead, sender

# The one backend that sign-ins are recorded under.
SIGN_IN = "allauth.account.auth_backends.AuthenticationBackend"


class InvitedOnly(DefaultAccountAdapter):
    # The library's German says Du where everything else here says Sie.
    error_messages = DefaultAccountAdapter.error_messages | {
        "enter_current_password": _("Enter the password that you have now."),
        "rate_limited": _("That was too often in a short time; try again later."),
        "too_many_login_attempts": _("Too many attempts failed; try again later."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_from_email(self) -> str:
        return sender(context.request.tenant)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        framed = {**letterhead(self.request.tenant), **context}
        return super().render_mail(template_prefix, email, framed, headers)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """After the commit, like every letter: a code that was rolled back opens nothing."""
        details = {"request": self.request, "email": email, **context}
        message = self.render_mail(template_prefix, email, details)
        transaction.on_commit(message.send, robust=True)


@receiver(email_confirmed)
def forget_unproven_password(
    request: HttpRequest, email_address: EmailAddress, **signal: object
) -> None:
    """A mailbox's reader signs in by code for the first time: a password from before is void.

    Sign-up asks for no proof of the e-mail, so whoever chose that password may be somebody else,
    waiting for the owner of the address to be invited somewhere. It ends their sessions too.
    """
    user = email_address.user
    ways = {record["method"] for record in get_authentication_records(request, user)}
    if "code" in ways and "password" not in ways and not request.user.is_authenticated:
        user.set_unusable_password()
        user.save(update_fields=["password"])
