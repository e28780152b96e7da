"""Earning rules: the list of their versions, published, ended and discarded many at once."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.kinds import kind_names
from accounts.roles import staff_required
from loyalty.console.bulk import picked
from loyalty.console.drafts import Row, actions, decide_many, seen_in_list, seen_of
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.list_page import list_answer
from loyalty.lists import RULES
from loyalty.programs import program_choice
from loyalty.published_words import CALLED_OFF, DRAFT, look_of_rule
from rewards import publishing
from rewards.models import RuleVersion
from rewards.promises import promise_of
from rewards.voice import Voice, voice_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def rule_list(request: HttpRequest) -> HttpResponse:
    may_edit = request.staff.role in EDITORS
    if request.method == "POST":
        return _decide_many(request) if may_edit else HttpResponseForbidden()
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    voice = voice_of(request.tenant, choice.chosen.points_name)
    return list_answer(
        request,
        RULES,
        "console/rules.html",
        rows=lambda versions: _rows(versions, voice, now=timezone.now()),
        choice=choice,
        may_edit=may_edit,
        may_set_pair=request.staff.role == "owner",
        actions=actions(may_edit),
        voice=voice,
    )


def _decide_many(request: HttpRequest) -> HttpResponse:
    about = {"actor": request.staff.actor, "now": timezone.now()}
    versions = RuleVersion.objects.filter(pk__in=picked(request)).select_related("rule")
    decide_many(
        request,
        [(_name(one), one) for one in versions.order_by("rule_id", "number")],
        {
            "publish": lambda one: publishing.publish_version(
                version=one, valid_from=None, seen=seen_in_list(request, one), **about
            ),
            "end": lambda one: publishing.end_version(version=one, **about),
            "discard": lambda one: publishing.discard_draft(version=one, **about),
        },
    )
    return HttpResponseRedirect(request.get_full_path())


def _name(version: RuleVersion) -> str:
    return _("“%(name)s”, version %(number)s") % {
        "name": version.rule.name,
        "number": version.number,
    }


def _rows(versions: Sequence[RuleVersion], voice: Voice, *, now: datetime) -> list[Row]:
    names = kind_names()
    looks = {one.pk: look_of_rule(one, now=now) for one in versions}
    undated = (DRAFT, CALLED_OFF)
    return [
        Row(
            key=one.pk,
            url=reverse("console_rule", args=[one.pk]),
            name=one.rule.name,
            note=_note(one),
            promise=promise_of(one, kinds=names, voice=voice),
            starts_at=None if looks[one.pk] in undated else one.valid_from,
            ends_at=one.valid_to,
            look=looks[one.pk],
            seen=seen_of(one),
        )
        for one in versions
    ]


def _note(version: RuleVersion) -> str:
    said = {"code": version.rule.code, "number": version.number}
    if version.rule.exclusive_group:
        said["group"] = version.rule.exclusive_group
        return _("%(code)s, version %(number)s, group %(group)s") % said
    return _("%(code)s, version %(number)s") % said
