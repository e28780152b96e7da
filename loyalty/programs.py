"""Which program a page of staff is about: the one in the address, else the tenant's first."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from accounts.models import Program


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen` is None while the tenant has no program."""

    chosen: Program | None
    programs: list[Program]


def program_choice(request: HttpRequest) -> Choice:
    programs = list(Program.objects.order_by("created_at", "id"))
    slug = request.GET.get("program", "")
    if not slug:
        return Choice(programs[0] if programs else None, programs)
    for program in programs:
        if program.slug == slug:
            return Choice(program, programs)
    raise Http404


def program_named(slug: str) -> Program | None:
    """The program of that name, without one the tenant's first; None where there is no such one."""
    found = Program.objects.order_by("created_at", "id")
    return (found.filter(slug=slug) if slug else found).first()
