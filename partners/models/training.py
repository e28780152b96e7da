"""Courses that people take, and the paths that lead from one to the next.

What a person has belongs to the person (`user`), whichever account they work for; `account` and
`member` say for whom they worked when it happened.
"""

from django.db import models
from django.db.models import Q

from accounts.models import Account, Activity, Member, User
from accounts.published import PublishedStays
from accounts.tenancy import TenantModel


class Course(TenantModel):
    """Something to learn, on own pages with a quiz or (`is_elsewhere`) in another system.

    `roles` are the business roles it is offered to, none for all; `code` is how other systems
    name it, for ever.
    """

    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    track = models.CharField(max_length=60, blank=True, default="")
    roles = models.JSONField(default=list, blank=True)
    is_elsewhere = models.BooleanField(default=False)
    address = models.CharField(max_length=500, blank=True, default="")  # where else it is taken
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="course_code_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class CourseVersion(TenantModel):
    """What a course says and asks. Once published it never changes; the last published one is
    taken.

    `sections` are {"title", "text"}; `questions` are {"text", "options", "right"}, where `right`
    are the places of the options that are right: several make it multiple choice. `most_attempts`
    0 is any number; `wait_hours` pass between two.
    """

    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    about = models.CharField(max_length=600, blank=True, default="")
    sections = models.JSONField(default=list, blank=True)
    questions = models.JSONField(default=list, blank=True)
    pass_percent = models.PositiveSmallIntegerField(default=80)
    most_attempts = models.PositiveSmallIntegerField(default=0)
    wait_hours = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "course", "number"], name="course_version_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["tenant", "course"],
                condition=Q(published_at=None),
                name="course_version_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(pass_percent__range=(1, 100))
                & Q(most_attempts__lte=20, wait_hours__lte=720),
                name="course_version_terms_make_sense",
            ),
            PublishedStays(name="course_version_published_stays"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} v{self.number}"


class CourseAttempt(TenantModel):
    """One go at a course's quiz. `seed` shuffles its questions, the same way whenever it is shown;
    `answers` are the places of the options chosen, by the place of the question."""

    version = models.ForeignKey(
        CourseVersion, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answers = models.JSONField(default=dict, blank=True)
    percent = models.PositiveSmallIntegerField(null=True)
    passed = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user", "course", "number"], name="course_attempt_number_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "user", "course"],
                condition=Q(answered_at=None),
                name="course_attempt_one_open",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, percent=None, passed=False)
                | Q(answered_at__isnull=False, percent__range=(0, 100)),
                name="course_attempt_marked_when_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} by {self.user_id}"


class Completion(TenantModel):
    """A person has completed a course: an activity of the kind `training`, once.

    (`source`, `external_id`) is its permanent identity; `digest` hashes its content, and the same
    identity with another one is a conflict. `score` is in percent, where there is one.
    """

    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="completions", db_index=False
    )
    version = models.ForeignKey(
        CourseVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=20)
    external_id = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    completed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)
    score = models.PositiveSmallIntegerField(null=True)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"], name="completion_identity"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "user", "course"], name="completion_by_person"),
            models.Index(fields=["tenant", "-recorded_at", "-id"], name="completion_by_record"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} by {self.user_id}"


class LearningPath(TenantModel):
    """Courses in an order; completed with all of them, or with `least` of them where it is set."""

    name = models.CharField(max_length=120)
    track = models.CharField(max_length=60, blank=True, default="")
    about = models.CharField(max_length=600, blank=True, default="")
    least = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class PathCourse(TenantModel):
    """A course of a path, and whether it is one of it now."""

    path = models.ForeignKey(
        LearningPath, on_delete=models.PROTECT, related_name="steps", db_index=False
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()
    is_part = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "path", "course"], name="path_course_once"),
        ]
        indexes = [models.Index(fields=["tenant", "course"], name="path_course_by_course")]

    def __str__(self) -> str:
        return f"{self.course_id} of {self.path_id}"
