"""Certificates: earned, about to end, over."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import EVERYBODY
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import ACCOUNT, COMPANY, PERSON

OF_A_CERTIFICATE = (
    PERSON,
    ACCOUNT,
    COMPANY,
    Placeholder("certificate", "The certificate's name", Value.TEXT, "Certified seller"),
)

TRAINING = (
    Kind(
        code="certificate_earned",
        name=_("Certificates earned"),
        says=_("You have earned or renewed a certificate."),
        audience=EVERYBODY,
        subject=_("You have earned “{{ certificate }}”"),
        body=_(
            "Hello {{ name }},\n\nyou have earned the certificate “{{ certificate }}”. In the "
            "portal you find your badge, and until when it is valid."
        ),
        placeholders=OF_A_CERTIFICATE,
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="certificate_expiring",
        name=_("Certificates about to end"),
        says=_("A certificate of yours can be renewed before it ends."),
        audience=EVERYBODY,
        subject=_("“{{ certificate }}” ends on {{ day }}"),
        body=_(
            "Hello {{ name }},\n\nyour certificate “{{ certificate }}” is valid until {{ day }}. "
            "Complete its training again until then: the new one begins where the old one ends."
        ),
        placeholders=(
            *OF_A_CERTIFICATE,
            Placeholder("day", "Its last day", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="certificate_expired",
        name=_("Certificates ended"),
        says=_("A certificate of yours is not valid any more."),
        audience=EVERYBODY,
        subject=_("“{{ certificate }}” has ended"),
        body=_(
            "Hello {{ name }},\n\nyour certificate “{{ certificate }}” was valid until {{ day }} "
            "and counts for {{ account }} no more. Complete its training again to earn it anew."
        ),
        placeholders=(
            *OF_A_CERTIFICATE,
            Placeholder("day", "Its last day", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
    ),
    Kind(
        code="certificate_revoked",
        name=_("Certificates revoked"),
        says=_("A certificate of yours was revoked."),
        audience=EVERYBODY,
        subject=_("“{{ certificate }}” was revoked"),
        body=_(
            "Hello {{ name }},\n\n{{ company }} has revoked your certificate “{{ certificate }}”."
            "\n\n{{ note }}"
        ),
        placeholders=(
            *OF_A_CERTIFICATE,
            Placeholder("note", "Why", Value.TEXT, "It was issued by mistake."),
        ),
        often=Frequency.AT_ONCE,
        may_unsubscribe=False,
    ),
)
