from accounts.models.activity import Activity, ActivityKind, Measure
from accounts.models.command import Command
from accounts.models.directory import Account, Enrollment, Product, Program
from accounts.models.event import Event
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
from accounts.models.people import Invitation, Member, Staff, User
from accounts.models.segment import Segment
from accounts.models.tenant import Tenant

__all__ = [
    "Account",
    "Activity",
    "ActivityKind",
    "ApiKey",
    "AttributeMeasure",
    "Command",
    "DeclaredMeasure",
    "Enrollment",
    "Event",
    "ImportRun",
    "Invitation",
    "JobRun",
    "Measure",
    "Member",
    "PersonMeasure",
    "Product",
    "Program",
    "Returned",
    "Segment",
    "Staff",
    "Tenant",
    "User",
    "Validity",
]
