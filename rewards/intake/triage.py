"""Which facts can be taken in at all, and if not, why, in words that help."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext

from accounts.activities import Identity, digest_of, stored
from accounts.facts import Fact
from accounts.postgres.statements import ask
from rewards.intake.batch import Batch
from rewards.intake.outcome import Outcome


def triage(facts: Sequence[Fact], batch: Batch) -> list[Outcome]:
    """An outcome per fact: rejected with a reason, repeated within the batch, or a candidate.

    What became of a repeated one is said at the end (`settle_repeated`), by what is stored then:
    as if it had come in a batch of its own.
    """
    seen: set[Identity] = set()
    outcomes = []
    for fact in facts:
        reason = _refusal(fact, batch)
        identity = Identity(fact.external_id, fact.line)
        if reason:
            outcomes.append(Outcome("rejected", reason))
        else:
            outcomes.append(Outcome("repeated" if identity in seen else "accepted"))
            seen.add(identity)
    return outcomes


def settle_repeated(facts: Sequence[Fact], outcomes: Sequence[Outcome], batch: Batch) -> None:
    """Say of facts that came twice in the batch what they are: known, conflict, or refused too."""
    pairs = [
        (fact, outcome)
        for fact, outcome in zip(facts, outcomes, strict=True)
        if outcome.status == "repeated"
    ]
    if not pairs:
        return
    identities = [Identity(fact.external_id, fact.line) for fact, _ in pairs]
    (there,) = ask(stored(identities, source=batch.source))
    for (fact, outcome), identity in zip(pairs, identities, strict=True):
        if identity not in there:
            why = gettext("It came twice in this batch and was refused the first time.")
            said = Outcome("rejected", why, came_twice=True)
        elif there[identity].digest == digest_of(fact):
            said = known()
        else:
            said = conflict(identity)
        outcome.status, outcome.reason = said.status, said.reason
        outcome.came_twice = said.came_twice
        outcome.activity_id = there[identity].id if identity in there else None


def known() -> Outcome:
    return Outcome("known", gettext("Taken in before; nothing moved."))


def conflict(identity: Identity) -> Outcome:
    fact = identity.external_id
    if identity.line:
        said = {"fact": fact, "line": identity.line}
        fact = gettext("%(fact)s, line %(line)s") % said
    why = gettext(
        "%(fact)s was taken in before with other content. Facts never change: send a return for "
        "what was wrong, and the right fact under an identity of its own."
    )
    return Outcome("conflict", why % {"fact": fact})


def _refusal(fact: Fact, batch: Batch) -> str:
    if fact.account not in batch.doers:
        said = gettext("There is no account with the number “%(number)s”; import or correct it.")
        return said % {"number": fact.account}
    if fact.kind not in batch.terms.kinds:
        said = gettext("There is no activity kind “%(kind)s”; use one of %(known)s.")
        return said % {"kind": fact.kind, "known": _listed(batch.terms.kinds)}
    if fact.member and (fact.account, fact.member) not in batch.people:
        said = gettext(
            "“%(member)s” has no access at the account “%(account)s”; invite them there, or "
            "correct or leave out “member”."
        )
        return said % {"member": fact.member, "account": fact.account}
    if fact.product and fact.product not in batch.products:
        said = gettext("There is no product “%(product)s”; import or correct it.")
        return said % {"product": fact.product}
    if (fact.kind == "return") != (fact.reverses is not None):
        return gettext(
            "A return names in “reverses” the external_id and line of what it takes back, and "
            "only a return does."
        )
    return batch.terms.kinds.refusal(fact, source=batch.source)


def _listed(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kinds))
