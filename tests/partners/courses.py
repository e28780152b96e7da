"""The words in which the stories of training are told."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.ids import uuid7
from accounts.kinds import STARTING_KINDS, add_kind
from accounts.models import Member
from partners.models import Certificate, Completion, Course, Credential, LearningPath
from partners.training import certifying, courses, paths
from partners.training.completing import Done, complete
from partners.training.courses import About, Content
from partners.training.paths import Certified, Route
from tests.factories import publish_rule
from tests.rewards.stories import at

ZONE = ZoneInfo("America/New_York")
LONG_AGO = at("2026-01-01")
QUESTIONS = (
    {"text": "What comes first?", "options": ["The customer", "The price"], "right": [0]},
    {"text": "Which are bikes?", "options": ["Racer", "Tandem", "Canoe"], "right": [0, 1]},
)
RIGHT = {0: [0], 1: [0, 1]}
WRONG = {0: [0], 1: [0]}


def a_kind(code: str) -> None:
    """A kind of activity that every new tenant starts with."""
    kind = STARTING_KINDS[code]
    about = {"name": kind.name, "attributes": kind.attributes}
    add_kind(code=code, **about, actor="system", now=LONG_AGO)


def certificates_earn(program) -> None:
    """100 points for each certificate, 10 for each course."""
    a_kind("certificate")
    for code, kind, rate in (("certs", "certificate", 100), ("courses", "training", 10)):
        publish_rule(program, code=code, kind=kind, basis="fixed", rate=Decimal(rate))


def a_course(code: str = "basics", *, terms: dict[str, Any] | None = None, **about: Any) -> Course:
    """A published course of two questions, both of which have to be right."""
    said = About(**({"name": code.title()} | about))
    course = courses.add_course(code=code, about=said, actor="system", now=LONG_AGO)
    content = Content(
        **(
            {
                "sections": [{"title": "Welcome", "text": "Read this."}],
                "questions": QUESTIONS,
            }
            | (terms or {})
        )
    )
    courses.write_draft(course=course, content=content, actor="system", now=LONG_AGO)
    courses.publish(course=course, actor="system", now=LONG_AGO)
    return course


def certifies(
    course: Course | None = None, *, path: LearningPath | None = None, **said: Any
) -> Credential:
    """A credential, valid for a year unless `months` says otherwise."""
    return paths.save_credential(
        credential=None,
        said=Certified(**({"name": "Expert", "months": 12} | said)),
        course=course,
        path=path,
        actor="system",
        now=LONG_AGO,
    )


def a_path(*parts: Course, **route: Any) -> LearningPath:
    said = Route(**({"name": "Sales track"} | route))
    return paths.save_path(path=None, route=said, courses=parts, actor="system", now=LONG_AGO)


def completed(course: Course, member: Member, on: str, *, now: str = "", **said: Any) -> Completion:
    """Completed elsewhere, and reported."""
    done = Done(
        **(
            {
                "course": course,
                "member_id": member.pk,
                "completed_at": at(on),
                "source": "api",
                "external_id": str(uuid7()),
            }
            | said
        )
    )
    return complete(done, actor="system", zone=ZONE, now=at(now or on))


def issued(credential: Credential, member: Member, on: str, *, key: str = "") -> Certificate:
    return certifying.issue(
        credential.pk,
        member_id=member.pk,
        issued_at=at(on),
        by="system",
        key=key,
        zone=ZONE,
        now=at(on),
    )


def revoked(certificate: Certificate, now: datetime) -> Certificate:
    return certifying.revoke(certificate.pk, by="system", reason="A mistake.", now=now)
