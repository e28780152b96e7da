"""Long forms in sections, so that each question stands beside those it belongs to."""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise


class Section(NamedTuple):
    """One that `is_folded` shows its legend alone until it is opened."""

    legend: str | Promise
    fields: list[BoundField]
    is_folded: bool = False


class SectionedForm(forms.Form):
    """A form whose fields all belong to a section; `components/form.html` shows it by them."""

    SECTIONS: ClassVar[tuple[tuple[str | Promise, tuple[str, ...]], ...]]

    def sections(self) -> Iterator[Section]:
        """Those of the sections that have fields in this form, in their order."""
        placed = {name for _, names in self.SECTIONS for name in names}
        if forgotten := set(self.fields) - placed:
            raise TypeError(f"In no section of {type(self).__name__}: {', '.join(forgotten)}")
        for legend, names in self.SECTIONS:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                yield Section(legend, fields)
