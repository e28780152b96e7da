"""What people call on the phone what has no number of its own: a letter, and the random end of its
identifier."""

from typing import ClassVar
from uuid import UUID


def reference_of(letter: str, identifier: UUID | str) -> str:
    """“D-9C705487”. What is written behind an identifier, as in “<id>:back”, is left out."""
    return f"{letter}-{str(identifier)[:36].replace('-', '')[-8:].upper()}"


class Spoken:
    """A model whose rows people speak of by their reference."""

    LETTER: ClassVar[str]
    pk: UUID

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return reference_of(self.LETTER, self.pk)
