from accounts.models.activity import Activity, ActivityKind, Measure
from accounts.models.claim import Claim, ClaimState
from accounts.models.command import Command
from accounts.models.directory import Account, Enrollment, Product, Program
from accounts.models.event import Event, EventReader
from accounts.models.file import File, FileContent, MediaType
from accounts.models.imports import ImportRun
from accounts.models.job import JobRun
from accounts.models.key import ApiKey
from accounts.models.measuring import (
    AttributeMeasure,
    DeclaredMeasure,
    PersonMeasure,
    Returned,
    Validity,
)
from accounts.models.notice import (
    Letter,
    Notice,
    NoticeChoice,
    NoticeManners,
    NoticeTerms,
    NoticeText,
)
from accounts.models.people import Invitation, Member, Staff, User
from accounts.models.segment import Segment
from accounts.models.tally import Tally, TallyMark
from accounts.models.tenant import Tenant
from accounts.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account",
    "Activity",
    "ActivityKind",
    "ApiKey",
    "AttributeMeasure",
    "Claim",
    "ClaimState",
    "Command",
    "DeclaredMeasure",
    "Enrollment",
    "Event",
    "EventReader",
    "File",
    "FileContent",
    "ImportRun",
    "Invitation",
    "JobRun",
    "Letter",
    "Measure",
    "MediaType",
    "Member",
    "Notice",
    "NoticeChoice",
    "NoticeManners",
    "NoticeTerms",
    "NoticeText",
    "PersonMeasure",
    "Product",
    "Program",
    "Returned",
    "Segment",
    "Staff",
    "Tally",
    "TallyMark",
    "Tenant",
    "User",
    "Validity",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
