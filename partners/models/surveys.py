"""Short surveys: what is asked and when, who was asked about what, and what they answered."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Activity, Member, Segment
from accounts.tenancy import TenantModel


class Scale(models.TextChoices):
    NPS = "nps", _("Recommendation, 0 to 10 (NPS)")
    CSAT = "csat", _("Satisfaction, 1 to 5 (CSAT)")


class Occasion(models.TextChoices):
    DEAL = "deal", _("After a won deal")
    QUARTER = "quarter", _("At the end of a quarter")
    HAND = "hand", _("Only when it is sent by hand")


class Survey(TenantModel):
    """One question on a scale, and one for a free text. Sent to the people of accounts in
    `segment`, or of all that take part; after a deal, to those of the accounts on it.

    It closes `open_days` after it was sent; who has not answered is reminded once after
    `remind_days`, 0 being never.
    """

    name = models.CharField(max_length=120)
    scale = models.CharField(max_length=4, choices=Scale)
    question = models.CharField(max_length=300)
    follow_up = models.CharField(max_length=300, blank=True, default="")
    occasion = models.CharField(max_length=7, choices=Occasion)
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    open_days = models.PositiveSmallIntegerField(default=21)
    remind_days = models.PositiveSmallIntegerField(default=7)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="survey_name_is_unique"),
            models.CheckConstraint(
                condition=Q(open_days__range=(1, 90), remind_days__lt=F("open_days")),
                name="survey_days_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SurveyAsked(TenantModel):
    """That a person was asked about something (`about`: "deal:<id>", "quarter:2026-04-01", or
    "hand:<key>"), once, and what they answered. `scale` is that of the question they saw.

    An answer is a fact of the kind satisfaction like any other: `activity`.
    """

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="asked")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="surveys", db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    about = models.CharField(max_length=90)
    asked_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    scale = models.CharField(max_length=4, choices=Scale)
    answer = models.PositiveSmallIntegerField(null=True)
    comment = models.CharField(max_length=1000, blank=True, default="")
    activity = models.ForeignKey(
        Activity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "survey", "about", "member"], name="survey_asks_once"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer=None, activity=None)
                | Q(answered_at__lt=F("closes_at"), activity__isnull=False)
                & (Q(scale="nps", answer__range=(0, 10)) | Q(scale="csat", answer__range=(1, 5))),
                name="survey_answered_in_time_and_on_its_scale",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "member", "closes_at"],
                name="survey_open_of_member",
                condition=Q(answered_at=None),
            ),
            models.Index(
                fields=["tenant", "account", "-answered_at", "-id"],
                name="survey_answers_of_account",
                condition=Q(answered_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "asked_at"],
                name="survey_to_remind",
                condition=Q(answered_at=None, reminded_at=None),
            ),
            models.Index(
                fields=["tenant", "-answered_at", "-id"],
                name="survey_answers_by_day",
                condition=Q(answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} about {self.about}"
