"""What is said to people: notices, the letters that carry them, and how each wants to be told."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.directory import Account
from accounts.models.people import Member, Staff, User
from accounts.tenancy import TenantModel


class Frequency(models.TextChoices):
    """How often letters about a kind come."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    NEVER = "never", _("Never")


class LetterState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class Letter(TenantModel):
    """An e-mail with one or more notices to one person.

    A worker holds it until `lease_until`; another takes it up after that. `attempts` counts the
    claims, so that whoever comes back too late does not write over what another has done since.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=7, choices=LetterState, default=LetterState.QUEUED)
    subject = models.CharField(max_length=300, blank=True, default="")  # as it was sent
    reason = models.CharField(max_length=300, blank=True, default="")  # why not, the last time
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(state=LetterState.SENDING, lease_until__isnull=False)
                | ~Q(state=LetterState.SENDING) & Q(lease_until=None),
                name="letter_is_leased_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(state=LetterState.SENT, sent_at__isnull=False)
                | ~Q(state=LetterState.SENT) & Q(sent_at=None),
                name="letter_sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "not_before"],
                name="letter_to_send",
                condition=Q(state__in=["queued", "sending"]),
            ),
            models.Index("tenant", F("created_at").desc(), name="letter_newest"),
        ]

    def __str__(self) -> str:
        return self.subject or f"letter {self.pk}"


class Notice(TenantModel):
    """Something said to a person, once: `about` names for ever what of its `kind` it is about.

    It reaches the person as a member or as staff, and is theirs to read only while they are that.
    `details` are the values of the placeholders in its text (`accounts.notices.kinds`). It waits
    for a letter while `letter_due_at` is set.
    """

    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=160)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    details = models.JSONField(default=dict)
    noted_at = models.DateTimeField()
    in_inbox = models.BooleanField()
    read_at = models.DateTimeField(null=True)
    letter_due_at = models.DateTimeField(null=True)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.PROTECT, related_name="notices")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user", "kind", "about"], name="notice_is_said_once"
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=True, staff__isnull=False)
                | Q(member__isnull=False, staff__isnull=True),
                name="notice_is_for_a_member_or_for_staff",
            ),
            models.CheckConstraint(
                condition=Q(letter=None) | Q(letter_due_at=None), name="notice_is_in_one_letter"
            ),
        ]
        indexes = [
            models.Index(
                "tenant",
                "user",
                F("noted_at").desc(),
                name="notice_in_inbox",
                condition=Q(in_inbox=True),
            ),
            models.Index(
                fields=["tenant", "user"],
                name="notice_unread",
                condition=Q(in_inbox=True, read_at=None),
            ),
            models.Index("tenant", "kind", F("noted_at").desc(), name="notice_newest_of_kind"),
            models.Index(
                fields=["tenant", "letter_due_at"],
                name="notice_waits_for_a_letter",
                condition=Q(letter_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class NoticeChoice(TenantModel):
    """How a person wants to hear of a kind; without a row, as the kind has it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    in_inbox = models.BooleanField(default=True)
    by_letter = models.CharField(max_length=7, choices=Frequency)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user", "kind"], name="notice_choice_once_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.by_letter}"


class NoticeManners(TenantModel):
    """How a person wants to be spoken to: language, zone ("" = the tenant's), and when not at all.

    Quiet hours last from `quiet_from` to `quiet_until` on the person's clock, over midnight where
    they begin later than they end. Without `single_keys` no letter pressed by itself does anything.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=10, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    single_keys = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="notice_manners_of_a_person"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
            ),
        ]

    def __str__(self) -> str:
        return f"manners of {self.user_id}"


class NoticeText(TenantModel):
    """The tenant's own words for a kind in a language; empty, it is said in the standard ones."""

    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.TextField(blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "language"], name="notice_text_once_per_language"
            ),
            models.CheckConstraint(
                condition=Q(subject="", body="") | ~Q(subject="") & ~Q(body=""),
                name="notice_text_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"


class NoticeTerms(TenantModel):
    """What a tenant decides for everybody; without a row, the defaults are in force."""

    language = models.CharField(max_length=10, default="en")
    warn_days = models.JSONField(default=list)  # days before points expire, such as [30, 7, 1]

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="notice_terms_of_a_tenant"),
        ]

    def __str__(self) -> str:
        return f"notice terms {self.language}"
