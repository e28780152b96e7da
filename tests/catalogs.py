"""`make words`: the catalogs of translations, brought up to date with what the code says.

Each app's texts are in its own `locale` folder; those of letters belong to `accounts`, those of all
other templates to `loyalty`. What is new comes in empty, and what nobody says any more goes.
Compiled catalogs are kept with the others, since machines that run the service have no gettext.

Where one English word is two in another language, it is said with a context: “Open” as a state and
as what to do. The catalogs of all apps are one while the service runs: the first that has a word
wins.
"""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE = Path(__file__).resolve().parent.parent
LANGUAGES = ("de",)
APPS = ("accounts", "tiers", "rewards", "rebates", "partners", "loyalty")
LETTERS = BASE / "templates" / "emails"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
_CALL = re.compile(r"\b(?:_|gettext|ngettext|pgettext|npgettext)\(")
Text = str | tuple[str, str]
Said = tuple[str | None, Text]  # in which context, and what


def texts_of(app: str) -> dict[Said, str]:
    """What the app says, and where: a text, or one for one and one for many."""
    found: dict[Said, str] = {}
    for path in sorted((BASE / app).rglob("*.py")):
        for text in _called(ast.parse(path.read_text())):
            found.setdefault(text, str(path.relative_to(BASE)))
    for path in sorted((BASE / "templates").rglob("*.*")):
        if app == ("accounts" if LETTERS in path.parents else "loyalty"):
            for text in _in_template(path.read_text()):
                found.setdefault(text, str(path.relative_to(BASE)))
    return found


def _in_template(source: str) -> Iterator[Said]:
    said = templatize(source)
    for start in _CALL.finditer(said):
        # The call ends at the first parenthesis that makes it one: texts have parentheses, too.
        for end in re.finditer(r"\)", said[start.start() :]):
            try:
                call = ast.parse(said[start.start() : start.start() + end.end()])
            except SyntaxError:
                continue
            yield from _called(call)
            break


def _called(tree: ast.AST) -> Iterator[Said]:
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name not in CALLS | IN_CONTEXT:
            continue
        texts = [
            one.value
            for one in node.args
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        context = texts.pop(0) if name in IN_CONTEXT else None
        if name.startswith("n") and len(texts) >= 2:
            yield context, (texts[0], texts[1])
        elif texts and texts[0]:
            yield context, texts[0]


def path_of(app: str, language: str, suffix: str = "po") -> Path:
    return BASE / app / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def catalog_of(app: str, language: str) -> Catalog:
    path = path_of(app, language)
    if not path.exists():
        return Catalog(locale=language, project="Loyalty", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def messages_in(catalog: Catalog) -> dict[Said, Message]:
    return {(message.context, message.id): message for message in catalog if message.id}


def compiled(catalog: Catalog) -> bytes:
    written = BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def brought_up_to_date(catalog: Catalog, texts: dict[Said, str]) -> Catalog:
    """With a message for each text and no other; what was translated stays so."""
    known = messages_in(catalog)
    fresh = Catalog(
        locale=catalog.locale,
        header_comment=catalog.header_comment,
        creation_date=catalog.creation_date,
        charset="utf-8",
        fuzzy=False,
    )
    fresh.mime_headers = catalog.mime_headers
    for (context, text), place in texts.items():
        before: Message | None = known.get((context, text))
        said = before.string if before else ""
        fresh.add(text, said, locations=[(place, 1)], context=context)
    return fresh


def main() -> None:
    for language in LANGUAGES:
        for app in APPS:
            catalog = brought_up_to_date(catalog_of(app, language), texts_of(app))
            if not len(catalog):
                continue
            path = path_of(app, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalog, width=100, include_lineno=False, omit_header=False)
            path_of(app, language, "mo").write_bytes(compiled(catalog))
            empty = sum(1 for one in catalog if one.id and not _is_said(one))
            print(f"{app}, {language}: {len(catalog)} texts, {empty} without a translation")


def _is_said(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


if __name__ == "__main__":
    main()
