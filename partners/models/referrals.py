"""Referrals: who sent a customer, under which terms, what speaks against it and what it gave."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Activity, Member, Program
from accounts.published import PublishedStays
from accounts.spoken import Spoken
from accounts.tenancy import TenantModel
from partners.models.spiffs import Beneficiary, SpiffUnit
from rewards.models import Award


class WonBy(models.TextChoices):
    PURCHASE = "purchase", _("Its first purchase")
    HAND = "hand", _("Somebody who says so")


class ReferralTerms(TenantModel):
    """What a program gives for referrals from `published_at` on, until its next terms; referrals
    keep those under which they came. Without it they are a draft, of which a program has one
    that was not discarded; `drafted_by` is who wrote it last.

    Amounts are in the smallest unit; `least_amount`, of the first purchase that counts, in that of
    the tenant's currency. A referral protects for `protect_days`; rewards are held `hold_days`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_open = models.BooleanField(default=True)
    unit = models.CharField(max_length=10, choices=SpiffUnit)
    referrer_amount = models.BigIntegerField()
    referred_amount = models.BigIntegerField(default=0)
    beneficiary = models.CharField(max_length=7, choices=Beneficiary, default=Beneficiary.ACCOUNT)
    won_by = models.CharField(max_length=8, choices=WonBy, default=WonBy.PURCHASE)
    least_amount = models.BigIntegerField(default=0)
    hold_days = models.PositiveSmallIntegerField(default=30)
    protect_days = models.PositiveSmallIntegerField(default=180)
    consent_text = models.CharField(max_length=600)
    # None of terms from before there were drafts.
    drafted_at = models.DateTimeField(null=True)
    drafted_by = models.CharField(max_length=60, blank=True, default="")
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")
    discarded_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "program"],
                condition=Q(published_at=None, discarded_at=None),
                name="referral_terms_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="referral_terms_published_or_discarded",
            ),
            models.CheckConstraint(
                condition=Q(referrer_amount__gte=0, referred_amount__gte=0, least_amount__gte=0)
                & (Q(referrer_amount__gt=0) | Q(referred_amount__gt=0))
                & Q(hold_days__lte=366, protect_days__range=(1, 1095)),
                name="referral_terms_make_sense",
            ),
            PublishedStays(name="referral_terms_published_stays"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "program", "-published_at"], name="referral_terms_by_program"
            )
        ]

    def __str__(self) -> str:
        return f"{self.referrer_amount} and {self.referred_amount} {self.unit}"


class ReferralLink(TenantModel):
    """A person's own way to the form where somebody they sent leaves their name."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    token = models.CharField(max_length=43)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "member", "program"], name="referral_link_once_per_person"
            ),
            models.UniqueConstraint(fields=["tenant", "token"], name="referral_link_token_once"),
        ]

    def __str__(self) -> str:
        return self.token[:6]


class ReferralState(models.TextChoices):
    RECEIVED = "received", _("Being examined")
    QUALIFIED = "qualified", _("Qualified")
    REJECTED = "rejected", _("Not qualified")
    WON = "won", _("Won")
    EXPIRED = "expired", _("Expired")
    RETURNED = "returned", _("Taken back")


class Referral(Spoken, TenantModel):
    """A company that `account` has sent. `site`, `tax`, `core` and `mail_site` are what it is
    recognized by: `partners.resemblance`.

    `flags` are what speaks against it. It goes before later ones until `protected_until`. Won, it
    is `referred_account`, and `activity` its first purchase where that won it; a return of that
    until `held_until` takes both awards back. `request_key` is the permanent identity.
    """

    LETTER = "E"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_index=False)
    terms = models.ForeignKey(
        ReferralTerms, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    link = models.ForeignKey(
        ReferralLink, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    referred_by = models.CharField(max_length=60)
    referred_at = models.DateTimeField()
    request_key = models.CharField(max_length=80)
    consented_at = models.DateTimeField()
    customer = models.CharField(max_length=200)
    website = models.CharField(max_length=120, blank=True, default="")
    tax_number = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    contact = models.CharField(max_length=120)
    contact_email = models.EmailField()
    note = models.CharField(max_length=300, blank=True, default="")
    core = models.CharField(max_length=200)
    site = models.CharField(max_length=120, blank=True, default="")
    mail_site = models.CharField(max_length=120, blank=True, default="")
    tax = models.CharField(max_length=40, blank=True, default="")
    flags = models.JSONField(default=list, blank=True)
    number = models.CharField(max_length=64, blank=True, default="")  # the account it becomes
    state = models.CharField(max_length=9, choices=ReferralState, default=ReferralState.RECEIVED)
    protected_until = models.DateField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    referred_account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    activity = models.ForeignKey(
        Activity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    won_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    referrer_award = models.ForeignKey(
        Award, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    referred_award = models.ForeignKey(
        Award, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "referred_by", "request_key"], name="referral_made_once"
            ),
            # Somebody is a new customer once, whoever says to have sent them.
            models.UniqueConstraint(
                fields=["tenant", "program", "referred_account"],
                condition=Q(state="won"),
                name="referral_won_once_per_account",
            ),
            models.CheckConstraint(
                condition=Q(referred_account=None) | ~Q(referred_account=F("account")),
                name="referral_of_another",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("referred_by")),
                name="referral_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("won", "returned"), won_at__isnull=False)
                & Q(referred_account__isnull=False, held_until__isnull=False)
                | Q(state__in=("received", "qualified", "expired"), won_at=None)
                & Q(referrer_award=None, referred_award=None)
                | Q(state="rejected", won_at=None, referrer_award=None, referred_award=None)
                & ~Q(reason=""),
                name="referral_state_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-referred_at", "-id"], name="referral_by_day"),
            models.Index(fields=["tenant", "state", "referred_at", "id"], name="referral_by_state"),
            models.Index(fields=["tenant", "account", "-referred_at"], name="referral_by_account"),
            models.Index(
                fields=["tenant", "referred_account"],
                name="referral_of_account",
                condition=Q(state="won"),
            ),
            *(
                models.Index(
                    fields=["tenant", field],
                    name=f"referral_open_{field}",
                    condition=Q(state__in=("received", "qualified", "won")),
                )
                for field in ("tax", "site", "core", "contact_email")
            ),
        ]
