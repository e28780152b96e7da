"""Training, certificates and badges."""

from datetime import datetime
from typing import Any

from accounts.ids import uuid7
from accounts.kinds import STARTING_KINDS, add_kind
from partners.badges.keys import issuer_key
from partners.models import Certificate
from partners.training import certifying, courses, taking
from partners.training.completing import Done, complete
from partners.training.courses import About, Content
from partners.training.paths import Certified, Route, save_credential, save_path
from tests.isolation.calls import Route as R
from tests.isolation.calls import (
    Values,
    asking,
    everybody,
    get,
    let_in,
    post,
    reading,
    route,
    with_key,
)
from tests.isolation.groups import PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_course": {"code", "roles", "address"},
    "partners_courseversion": {"sections", "questions"},
    "partners_courseattempt": {"answers"},
    "partners_completion": {"source", "external_id", "digest"},
    # whoever has not revoked it left no word either
    "partners_certificate": {"address", "request_key", "revoked_by", "reason"},
    "partners_issuerkey": {"public"},
}
OF_ACCOUNTS = ("course attempt", "certificate", "badge")
OF_TENANT = ("course", "learning path", "credential", "issuer key")
# Whoever was given the address reads it, at its own tenant's host alone.
BOUND = ("badge", "badge_picture", "badge_credential", "badge_token", "badge_status", "badge_key")
# Of their own, each member sees them alone.
OTHERS = {"viewer": 404, "admin": 404}
DAY = "2026-01-15T10:00:00Z"
WRITTEN = {
    "about": "A",
    "sections_written": "# Title\nText",
    "questions_written": "Which?\n* This\n- That",
    "pass_percent": "80",
    "most_attempts": "0",
    "wait_hours": "0",
}


def completion(values: Values) -> dict[str, Any]:
    return {
        "course": "basics",
        "member": values("mailbox"),
        "completed_at": DAY,
        "external_id": "NEW",
    }


def statement(values: Values) -> dict[str, Any]:
    return {
        "actor": {"mbox": f"mailto:{values('mailbox')}"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://learn.example.com/basics"},
        "timestamp": DAY,
    }


def certificate(values: Values) -> dict[str, Any]:
    return {
        "credential": values("credential"),
        "member": values("mailbox"),
        "issued_at": DAY,
    }


def _of_enrollment(*calls: Any, **path: str) -> R:
    return route(*calls, path={"enrollment_id": "enrollment"} | path, second_wall=True)


ROUTES: dict[str, R] = {
    "badge": route(get(everybody(200)), path={"address": "badge"}),
    "badge_picture": route(get(everybody(200)), path={"address": "badge"}),
    "badge_credential": route(get(everybody(200)), path={"address": "badge"}),
    "badge_token": route(get(everybody(200)), path={"address": "badge"}),
    "badge_status": route(get(everybody(200)), path={"address": "badge"}),
    "badge_issuer": route(get(everybody(200))),
    "badge_key": route(get(everybody(200)), path={"key_id": "issuer key"}),
    "portal_training": _of_enrollment(get(let_in(200, *PARTNERS))),
    "portal_course": _of_enrollment(
        get(let_in(200, *PARTNERS)),
        post(let_in(302, *PARTNERS, but={"viewer": 403})),
        course_id="course",
    ),
    "portal_course_attempt": _of_enrollment(
        get(let_in(200, "member", "neighbor", but=OTHERS)),
        post(
            let_in(302, "member", "neighbor", but=OTHERS),
            lambda values: {"question_0": "0"},
        ),
        course_id="course",
        attempt_id="course attempt",
    ),
    "portal_certificates": _of_enrollment(get(let_in(200, *PARTNERS))),
    "portal_certificate": _of_enrollment(
        get(let_in(200, "member", "neighbor", but=OTHERS)),
        post(let_in(302, "member", "neighbor", but=OTHERS), lambda values: {"shows_name": "on"}),
        certificate_id="certificate",
    ),
    "console_training": route(get(let_in(200, *READERS))),
    "console_course_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"code": "new", "name": "N", "is_active": "on"}),
    ),
    "console_course": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"action": "publish"} | WRITTEN),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"action": "about", "name": "N", "is_active": "on"},
        ),
        path={"course_id": "course"},
    ),
    "console_path_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "codes": "basics", "least": "0"}),
    ),
    "console_path": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "codes": "basics", "least": "0"}),
        path={"path_id": "learning path"},
    ),
    "console_credential_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "renew_days": "30"}),
    ),
    "console_credential": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "renew_days": "30"}),
        path={"credential_id": "credential"},
    ),
    "console_certificates": route(
        *asking(let_in(200, *READERS), q="words", of="credential"),
        get(let_in(200, *READERS), lambda values: {"state": "soon", "sort": "until"}),
    ),
    "console_certificate_new": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: {
                "key": str(uuid7()),
                "credential": values("credential"),
                "email": values("mailbox"),
                "issued_on": "2026-01-15",
            },
        ),
    ),
    "console_certificate": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"reason": "R"},
        ),
        path={"certificate_id": "certificate"},
    ),
    "api_courses": route(*reading()),
    "api_completions": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), completion, as_json=True, headers=idempotent),
    ),
    "api_statements": route(post(with_key(200, "key_write"), statement, as_json=True)),
    "api_certificates": route(
        *reading(account="number", member="mailbox"),
        post(with_key(201, "key_write"), certificate, as_json=True, headers=idempotent),
    ),
    "api_certificate": route(*reading(), path={"certificate_id": "certificate"}),
    "api_certificate_revoke": route(
        post(
            with_key(200, "key_write"),
            lambda values: {"reason": "R"},
            as_json=True,
            headers=idempotent,
        ),
        path={"certificate_id": "certificate"},
    ),
}


def furnish(side: Side, now: datetime) -> None:
    """A course on a path, what is certified by hand, and an attempt and a certificate of each."""
    by: dict[str, Any] = {"actor": side.staff["owner"].actor, "now": now}
    add_kind(
        code="certificate",
        name="Certificate",
        attributes=STARTING_KINDS["certificate"].attributes,
        **by,
    )
    course = courses.add_course(code="basics", about=About(name="Basics", track="Sales"), **by)
    content = Content(
        about="Short",
        sections=[{"title": "Title", "text": "Text"}],
        questions=[{"text": "Which?", "options": ["This", "That"], "right": [0]}],
    )
    courses.write_draft(course=course, content=content, **by)
    courses.publish(course=course, **by)
    path = save_path(path=None, route=Route(name="Path", about="About"), courses=[course], **by)
    save_credential(credential=None, said=Certified(name="Of the path"), path=path, **by)
    made = save_credential(credential=None, said=Certified(name="By hand", level="L"), **by)
    held = save_credential(credential=None, said=Certified(name="Held", about="About"), **by)
    side.things |= {
        "course": course.id,
        "learning path": path.id,
        "credential": made.id,
        "issuer key": issuer_key(now=now).id,
    }
    other = courses.add_course(code="other", about=About(name="Other", is_elsewhere=True), **by)
    done = Done(
        course=other,
        member_id=side.members["member"].pk,
        completed_at=now,
        source="csv",
        external_id="LMS-1",
    )
    complete(done, actor="system", zone=side.tenant.zone, now=now)
    for number, who in (("1001", "member"), ("1002", "neighbor")):
        member = side.members[who]
        attempt = taking.begin(course.pk, member_id=member.pk, zone=side.tenant.zone, now=now)
        side.things[f"course attempt {number}"] = attempt.id
        certificate = _certified(held.pk, member, side=side, now=now)
        side.things[f"certificate {number}"] = certificate.id
        side.things[f"badge {number}"] = certificate.address


def _certified(credential_id: Any, member: Any, *, side: Side, now: datetime) -> Certificate:
    return certifying.issue(
        credential_id,
        member_id=member.pk,
        issued_at=now,
        by=side.staff["owner"].actor,
        key=f"key {member.pk}",
        zone=side.tenant.zone,
        now=now,
    )
