"""Files that people hand in: told by their bytes, given back as they came, and never as a page."""

import zipfile
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.files import LARGEST, CannotKeep, content_of, keep_file, keep_upload
from accounts.models import Event, File, FileContent
from accounts.sniffing import CSV, JPEG, PDF, PNG, TEXT, XLSX, UnknownFile, clean_name
from accounts.sniffing import media_type_of as told
from tests.factories import LONG_AGO, AccountFactory

A_PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
A_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
A_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20) + b"\xff\xd9"


def workbook(*more: str) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *more):
            # Dated as by default: with the time of day in it, two workers collect different tests.
            archive.writestr(zipfile.ZipInfo(name), "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (A_PDF, "scan.png", PDF),  # the name is not believed
        (A_PNG, "x", PNG),
        (A_JPEG, "x", JPEG),
        (workbook(), "x", XLSX),
        (b"a;b\r\n1;2\r\n", "Sales.CSV", CSV),
        ("Größe;Käufer".encode("cp1252"), "old.csv", CSV),
        (b"a,b", "notes", TEXT),
    ],
)
def test_what_a_file_is_its_bytes_say(content, name, media_type):
    assert told(content, name=name) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
        b"MZ\x90\x00\x03",
        b"%PDF-1.7 and then nothing",
        b"\x89PNG\r\n\x1a\n<html>",
        b"GIF89a\x01\x00",
        b"PK\x03\x04 broken",
        workbook("xl/vbaProject.bin"),
        "a,b".encode("utf-16"),
        b" \n ",
    ],
)
def test_what_is_none_of_the_few_known_kinds_is_refused(content):
    with pytest.raises(UnknownFile):
        told(content, name="proof.csv")


@pytest.mark.parametrize(
    ("name", "media_type", "clean"),
    [
        ("Invoice 7.pdf", PDF, "Invoice 7.pdf"),
        ("photo.JPEG", JPEG, "photo.jpeg"),
        ("C:\\Users\\pat\\..\\list.csv", CSV, "list.csv"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("proof.html", PDF, "proof.html.pdf"),
        ("in\u202efdp.exe\r\nSet-Cookie: x", PDF, "in fdp.exe Set-Cookie- x.pdf"),
        ('a"b<c>.csv', CSV, "a-b-c-.csv"),
        ("...", PNG, "file.png"),
        (".pdf", PDF, "pdf.pdf"),
        ("x" * 300 + ".xlsx", XLSX, "x" * 115 + ".xlsx"),
    ],
)
def test_a_name_is_one_plain_line_that_ends_as_what_it_is(name, media_type, clean):
    assert clean_name(name, media_type=media_type) == clean


def test_a_file_is_kept_with_its_owner_and_its_bytes(in_tenant):
    account = AccountFactory()

    kept = keep_file(A_PDF, name="a.pdf", account_id=account.id, actor="member:1", now=LONG_AGO)

    assert content_of(kept) == A_PDF
    assert (kept.size, kept.digest) == (len(A_PDF), sha256(A_PDF).hexdigest())
    [event] = Event.objects.filter(subject=f"file:{kept.pk}")
    assert (event.kind, event.account_id, event.actor) == ("file.kept", account.id, "member:1")
    assert event.payload == {
        "name": "a.pdf",
        "media_type": PDF,
        "size": len(A_PDF),
        "digest": kept.digest,
    }


def test_what_cannot_be_kept_says_why_and_leaves_nothing(in_tenant):
    about = {"account_id": None, "actor": "system", "now": LONG_AGO}
    too_large = SimpleUploadedFile("a.pdf", b"")
    too_large.size = LARGEST + 1
    with pytest.raises(CannotKeep, match="larger than 10 MB"):
        keep_upload(too_large, **about)
    with pytest.raises(CannotKeep, match="larger than 10 MB"):
        keep_file(A_PDF.ljust(LARGEST + 1), name="a.pdf", **about)
    with pytest.raises(CannotKeep, match="empty"):
        keep_file(b"", name="a.pdf", **about)
    with pytest.raises(CannotKeep, match="none of the files that are taken: PDF, PNG"):
        keep_file(b"MZ\x90", name="a.pdf", **about)
    assert not File.objects.exists()
    assert not FileContent.objects.exists()
    assert not Event.objects.exists()
