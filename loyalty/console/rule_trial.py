"""A draft tried on a sample, in words."""

from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant
from accounts.money import exponent, to_minor
from loyalty.console.rule_form import SampleForm
from rewards.models import RuleVersion
from rewards.promises import condition_text
from rewards.trying import Sample, Tried, try_on_sample
from rewards.voice import Voice

REASONS = {
    "not_enrolled": gettext_lazy("The account is not in this program at that time."),
    "no_member": gettext_lazy("It gives to a member, and the fact names none."),
    "nothing": gettext_lazy("Amount and quantity are too small for a whole unit."),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came out: a headline, and how it came about."""

    gives: str
    why: str


def sample_trial(
    version: RuleVersion, form: SampleForm, tenant: Tenant, voice: Voice
) -> Trial | None:
    """None while there is nothing to try; what is wrong with a sample stands in its form."""
    if not form.is_bound or not form.is_valid():
        return None
    said = form.cleaned_data
    places = exponent(tenant.currency)
    try:
        amount = to_minor(said["amount"] or Decimal(0), places)
    except ValueError:
        form.add_error(
            "amount", _("It has more than %(count)s decimal places.") % {"count": places}
        )
        return None
    local = timezone.make_naive(said["occurred_at"])  # as typed: the tenant's own time
    tried = try_on_sample(
        version,
        Sample(
            account=said["account"],
            occurred_at=local.replace(tzinfo=tenant.zone).astimezone(UTC),
            amount=amount,
            quantity=said["quantity"] or Decimal(0),
            product=said["product"],
            line=said["line"],
            member_role=said["member_role"],
            attributes=said["attributes"],
        ),
    )
    return _told(tried, voice)


def _told(tried: Tried, voice: Voice) -> Trial:
    if tried.grant is None:
        if tried.reason == "condition":
            asked = "; ".join(condition_text(part, voice) for part in tried.unmet)
            return Trial(_("Gives nothing"), _("It asks that %(asked)s.") % {"asked": asked})
        return Trial(_("Gives nothing"), str(REASONS.get(tried.reason, tried.reason)))
    grant = tried.grant
    gives = _("Gives %(amount)s") % {"amount": voice.amount(grant.granted, grant.rule.unit)}
    why = []
    if grant.held is not None:
        why.append(
            _("Held then: %(held)s, × %(factor)s.")
            % {"held": tried.held, "factor": format(grant.held.multiplier / 1000, "g")}
        )
    if grant.granted < grant.desired:
        why.append(
            _("Its cap lowers it from %(amount)s.")
            % {"amount": voice.amount(grant.desired, grant.rule.unit)}
        )
    return Trial(gives, " ".join(why))
