"""What programs promise: earning rules, campaigns, ladders of tiers, and replays of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.kinds import kind_names
from accounts.models import JobRun
from accounts.models.job import JobState
from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    day_filter,
    in_order,
    moment_cell,
    search_filter,
)
from loyalty.programs import program_named
from loyalty.published_words import (
    STATES,
    in_state,
    look_of_campaign,
    look_of_rule,
    looks_of_ladder,
    shown_of,
)
from rewards.models import Campaign, RuleVersion
from rewards.promises import campaign_promise, promise_of
from rewards.replay import jobs
from rewards.voice import Voice, voice_of
from tiers.models import Scheme, SchemeVersion, State

LOOKS = [(state, look.label) for state, look in STATES.items()]


class RuleFilter(ListFilter):
    q = search_filter(_("Name or code"))
    kind = choice_filter(_("Activity"))
    state = choice_filter(_("State"), method="in_state")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("kind", list(kind_names().items()))
        self.offer("state", LOOKS)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(rule__name__icontains=value) | Q(rule__code__istartswith=value))

    def in_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        asked = in_state(value, begins="valid_from", ends="valid_to", now=self.asked.now)
        return rows.none() if asked is None else rows.filter(asked)


def _rules(asked: Asked) -> Found:
    """The versions that matter: in force or to come, drafts, and the last of what ended; all that
    ended where the address asks for them."""
    program = program_named(asked.query.get("program", ""))
    rows = RuleVersion.objects.filter(rule__program=program, discarded_at=None)
    if not asked.query.get("state"):
        newer = RuleVersion.objects.filter(
            rule=OuterRef("rule"), discarded_at=None, number__gt=OuterRef("number")
        )
        is_over = Q(valid_to__lte=asked.now) | Q(valid_to=F("valid_from"))
        rows = rows.exclude(is_over & Exists(newer))
    filters = RuleFilter(asked, rows.select_related("rule"))
    sorts = {"rule": "rule__name", "valid": "valid_from"}
    first = ("rule__name", "rule__code", "-number", "id")
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _rule_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Code"), _("Name"), _("Version"), _("Activity"), _("Gives"), _("Small print"),
        _("Group"), _("State"), _("Valid from"), _("Valid until"),
    )  # fmt: skip


def _rule_lines(rows: Sequence[RuleVersion], asked: Asked) -> Iterator[Sequence[object]]:
    names, voice = dict(kind_names()), _voice(asked)
    for row in rows:
        promise = promise_of(row, kinds=names, voice=voice)
        yield (
            row.rule.code, row.rule.name, row.number, names.get(row.kind, row.kind), promise.gives,
            " ".join(promise.small_print), row.rule.exclusive_group,
            look_of_rule(row, now=asked.now).label,
            moment_cell(row.valid_from if row.published_at else None, asked),
            moment_cell(row.valid_to, asked),
        )  # fmt: skip


RULES = Listed(
    code="rules",
    name=_("Rules"),
    url_name="console_rules",
    readers=READERS,
    find=_rules,
    header=_rule_header,
    lines=_rule_lines,
)


class CampaignFilter(ListFilter):
    q = search_filter(_("Name or code"))
    kind = choice_filter(_("Activity"))
    state = choice_filter(_("State"), method="in_state")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("kind", list(kind_names().items()))
        self.offer("state", LOOKS)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))

    def in_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        asked = in_state(value, begins="starts_at", ends="ends_at", now=self.asked.now)
        return rows.none() if asked is None else rows.filter(asked)


def _campaigns(asked: Asked) -> Found:
    program = program_named(asked.query.get("program", ""))
    rows = Campaign.objects.filter(program=program, discarded_at=None).select_related("rule")
    filters = CampaignFilter(asked, rows)
    sorts = {"campaign": "name", "dates": "starts_at"}
    first = ("-starts_at", "code", "id")
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _campaign_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Code"), _("Name"), _("Activity"), _("Gives"), _("Small print"), _("State"),
        _("Starts"), _("Ends"),
    )  # fmt: skip


def _campaign_lines(rows: Sequence[Campaign], asked: Asked) -> Iterator[Sequence[object]]:
    names, voice = dict(kind_names()), _voice(asked)
    for row in rows:
        promise = campaign_promise(row, kinds=names, voice=voice)
        yield (
            row.code, row.name, names.get(row.kind, row.kind), promise.gives,
            " ".join(promise.small_print), look_of_campaign(row, now=asked.now).label,
            moment_cell(row.starts_at, asked), moment_cell(row.ends_at, asked),
        )  # fmt: skip


CAMPAIGNS = Listed(
    code="campaigns",
    name=_("Campaigns"),
    url_name="console_campaigns",
    readers=READERS,
    find=_campaigns,
    header=_campaign_header,
    lines=_campaign_lines,
)


class LadderFilter(ListFilter):
    q = search_filter(_("Name or code"))
    state = choice_filter(_("State"), method="in_state")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("state", [one for one in LOOKS if one[0] != "ended"])

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))

    def in_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Ladders with a version in that state: while one is in force, the next may be a draft."""
        asked = _version_in(value, now=self.asked.now)
        if asked is None:
            return rows.none()
        return rows.filter(Exists(SchemeVersion.objects.filter(asked, scheme=OuterRef("pk"))))


def _version_in(state: str, *, now: datetime) -> Q | None:
    return {
        "draft": Q(state=State.DRAFT),
        "scheduled": Q(state=State.PUBLISHED, valid_from__gt=now),
        "in-force": Q(state=State.PUBLISHED, valid_from__lte=now),
    }.get(state)


def _ladders(asked: Asked) -> Found:
    program = program_named(asked.query.get("program", ""))
    filters = LadderFilter(asked, Scheme.objects.filter(program=program))
    first = ("-is_leading", "name", "code", "id")
    return Found(filters, in_order(filters.qs, asked, sorts={"name": "name"}, first=first))


def versions_of(schemes: Sequence[Scheme]) -> dict[UUID, list[SchemeVersion]]:
    """By the id of each ladder its versions that are not discarded, the newest first."""
    found: dict[UUID, list[SchemeVersion]] = defaultdict(list)
    versions = SchemeVersion.objects.filter(scheme__in=schemes).exclude(state=State.DISCARDED)
    for version in versions.select_related("scheme").order_by("-number"):
        found[version.scheme_id].append(version)
    return found


def _ladder_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Code"), _("Name"), _("Multiplies points"), _("Version"), _("State"), _("Valid from"),
        _("Tiers"),
    )  # fmt: skip


def _ladder_lines(rows: Sequence[Scheme], asked: Asked) -> Iterator[Sequence[object]]:
    """Of each the version that its page shows first."""
    versions = versions_of(rows)
    for row in rows:
        looks = looks_of_ladder(versions[row.pk], now=asked.now)
        shown = shown_of(versions[row.pk], looks)
        leads = _("yes") if row.is_leading else _("no")
        if shown is None:
            yield row.code, row.name, leads, None, None, None, None
            continue
        yield (
            row.code, row.name, leads, shown.number, looks[shown.pk].label,
            moment_cell(shown.valid_from, asked),
            ", ".join(str(rung.get("name", "")) for rung in shown.rungs),
        )  # fmt: skip


LADDERS = Listed(
    code="ladders",
    name=_("Tiers"),
    url_name="console_ladders",
    readers=READERS,
    find=_ladders,
    header=_ladder_header,
    lines=_ladder_lines,
)


RUN_STATES = [
    (JobState.RUNNING.value, _("Running")),
    (JobState.DONE.value, _("Done")),
    (JobState.FAILED.value, _("Failed")),
]


class ReplayFilter(ListFilter):
    q = search_filter(_("Name"))
    state = choice_filter(_("State"))
    since = day_filter(_("Asked for from"), "since")
    until = day_filter(_("Through"), "until")
    moment = "started_at"

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("state", RUN_STATES)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(outcome__name__icontains=value.strip())


def _replays(asked: Asked) -> Found:
    filters = ReplayFilter(asked, JobRun.objects.filter(job=jobs.JOB))
    sorts = {"name": "outcome__name", "asked": "started_at"}
    first = ("-started_at", "-id")
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _replay_header(asked: Asked) -> Sequence[Text]:
    return (_("Name"), _("From"), _("Before"), _("State"), _("Asked for"), _("Finished"))


def _replay_lines(rows: Sequence[JobRun], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        said = row.outcome
        yield (
            said.get("name"), said.get("since"), said.get("until"), dict(RUN_STATES)[row.state],
            moment_cell(row.started_at, asked), moment_cell(row.finished_at, asked),
        )  # fmt: skip


REPLAYS = Listed(
    code="replays",
    name=_("Replays"),
    url_name="console_replays",
    readers=READERS,
    find=_replays,
    header=_replay_header,
    lines=_replay_lines,
)


def _voice(asked: Asked) -> Voice:
    program = program_named(asked.query.get("program", ""))
    return voice_of(asked.tenant, program.points_name if program else "")
