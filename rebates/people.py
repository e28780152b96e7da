"""Who stands behind an actor: one person may be staff, member, and the maker of keys."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import ApiKey, Member, Staff


def users_behind(actors: Iterable[str]) -> dict[str, UUID | None]:
    """The user of each actor ("staff:<id>", "member:<id>", "key:<id>"); None where there is none,
    as behind the system. Whoever made a key acts with it."""
    wanted = set(actors)
    makers = dict(_ids_of(ApiKey, "key", wanted).values_list("id", "created_by"))
    wanted |= set(makers.values())
    users: dict[str, UUID | None] = {}
    for kind, model in (("staff", Staff), ("member", Member)):
        for pk, user_id in _ids_of(model, kind, wanted).values_list("id", "user_id"):
            users[f"{kind}:{pk}"] = user_id
    users |= {f"key:{pk}": users.get(maker) for pk, maker in makers.items()}
    return {actor: users.get(actor) for actor in wanted}


def is_same_person(one: str, other: str) -> bool:
    if one == other:
        return True
    users = users_behind([one, other])
    return users[one] is not None and users[one] == users[other]


def accounts_of(actor: str) -> set[UUID]:
    """The accounts that the person behind the actor belongs to, in whichever role they act."""
    user_id = users_behind([actor])[actor]
    if user_id is None:
        return set()
    return set(Member.objects.filter(user_id=user_id).values_list("account_id", flat=True))


def _ids_of(model, kind: str, actors: Iterable[str]):
    found = [one.partition(":") for one in actors]
    return model.objects.filter(pk__in=[pk for what, _colon, pk in found if what == kind])
