"""Files as people hand them in, and the rejects they get back."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts import csvfiles
from accounts.csvfiles import CsvFile, FileUnreadable, Reject, append_rejects, unexecuted
from accounts.facts import FactRefused
from accounts.mapped import bind
from accounts.mappings import MappingWrong, parse_mapping, parse_toml

BERLIN = ZoneInfo("Europe/Berlin")


def opened(content: bytes | str, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> CsvFile:
    raw = content if isinstance(content, bytes) else content.encode()
    return CsvFile(io.BytesIO(raw), delimiter=delimiter, encoding=encoding)


def rows(content: bytes | str, **how: str) -> list[tuple[int, list[str], str]]:
    return [tuple(record) for record in opened(content, **how).records()]


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


def test_rows_come_with_the_number_of_their_first_line():
    text = 'a,b\n1,"two\nlines"\n\n3,4\r\n,\n5,"say ""hi"""\n'
    assert rows(text) == [
        (2, ["1", "two\nlines"], ""),
        (5, ["3", "4"], ""),
        (7, ["5", 'say "hi"'], ""),
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(mark):
    assert opened(mark + b" a ,b\n1,2\n").header == ["a", "b"]


def test_bytes_of_another_encoding_cost_their_row_alone():
    content = b'name,n\ngood,1\nM\xfcller,2\n"first\nM\xfcller",3\nlast,4\n'
    found = rows(content)
    assert [(line, bool(problem)) for line, _, problem in found] == [
        (2, False),
        (3, True),
        (4, True),
        (6, False),
    ]
    assert "not of the file's encoding" in found[1][2]
    assert rows(content, encoding="cp1252")[1] == (3, ["Müller", "2"], "")


def test_wide_encodings_work_when_the_mapping_names_them():
    content = "a\tb\nx\tü\n".encode("utf-16")
    assert rows(content, delimiter="\t", encoding="utf-16") == [(2, ["x", "ü"], "")]
    with pytest.raises(FileUnreadable, match="encoding"):
        opened(content, delimiter="\t")


def test_rows_of_another_width_are_sent_back():
    found = rows("a,b\n1\n1,2,3\n1,2\n")
    assert [problem[:21] for _, _, problem in found] == [
        "The row has 1 columns",
        "The row has 3 columns",
        "",
    ]


def test_a_quotation_mark_left_open_costs_one_line_not_the_file():
    text = 'a,b\n1,"open\n' + "".join(f"{n},ok\n" for n in range(1000))
    found = rows(text)
    assert found[0] == (2, ['1,"open'], csvfiles._WRONG_QUOTES)
    assert found[1:] == [(n + 3, [str(n), "ok"], "") for n in range(1000)]


def test_text_behind_a_closing_quotation_mark_is_sent_back():
    assert [bool(problem) for _, _, problem in rows('a,b\n"x"y,2\n3,4\n')] == [True, False]


def test_a_quotation_mark_inside_an_unquoted_cell_is_text():
    assert rows('a,b\n5" pipe,1\n') == [(2, ['5" pipe', "1"], "")]


def test_a_line_without_an_end_costs_itself(monkeypatch):
    monkeypatch.setattr(csvfiles, "MAX_LINE", 1000)
    found = rows("a,b\n1,2\n" + "x" * 5000 + "\n3,4\n" + '5,"' + "y" * 2500 + '"\n6,7\n')
    assert [(line, problem) for line, _, problem in found] == [
        (2, ""),
        (3, "The line is longer than 1,000 characters."),
        (4, ""),
        (5, "The line is longer than 1,000 characters."),
        (6, ""),
    ]


def test_a_line_too_long_inside_an_open_quote_costs_two_lines(monkeypatch):
    monkeypatch.setattr(csvfiles, "MAX_LINE", 1000)
    found = rows('a,b\n1,"open\n' + "x" * 1500 + "\n3,4\n")
    assert [(line, bool(problem)) for line, _, problem in found] == [
        (2, True),
        (3, True),
        (4, False),
    ]


def test_a_huge_cell_costs_its_row():
    found = rows("a,b\n1," + "x" * 200_000 + "\n3,4\n")
    assert found[0][2] == "A cell is longer than 131,072 characters."
    assert found[1] == (3, ["3", "4"], "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "header cannot be read"),
        (b"a\0b,c\n", "is not text"),
        (bytes(range(256)) * 10, "is not text|cannot be read"),
    ],
)
def test_what_is_no_csv_at_all_is_said_in_a_sentence(content, says):
    with pytest.raises(FileUnreadable, match=says):
        opened(content)


def test_the_position_tells_how_far_reading_has_come():
    content = b"a,b\n" + b"1,2\n" * 100_000
    file = opened(content)
    records = file.records()
    next(records)
    assert 0 < file.position < len(content) / 2
    assert sum(1 for _ in records) == 99_999
    assert file.position == len(content)


# ── Rejects ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-x", "@a", "\t=1", "\r=1", "+49 30 1"])
def test_formulas_are_made_text(cell):
    assert unexecuted(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+5", "-1.240,55", "-12.5", "a=b", ""])
def test_numbers_and_texts_stay_what_they_are(cell):
    assert unexecuted(cell) == cell


def test_rejects_are_appended_behind_what_was_committed(tmp_path):
    path = tmp_path / "a" / "rejects.csv"
    header = ["id", "=evil"]
    first = append_rejects(
        path, size=0, header=header, rejects=[Reject(2, "why", ["1", "ü", "third"])]
    )
    append_rejects(path, size=first, header=header, rejects=[Reject(3, "rolled back", ["x", "y"])])
    append_rejects(path, size=first, header=header, rejects=[Reject(4, "no\nway", ["", "=1"])])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["rejected line", "reason", "id", "'=evil"],
            ["2", "why", "1", "ü", "third"],
            ["4", "no\nway", "", "'=1"],
        ]


def test_rejects_that_were_undecodable_are_still_utf8(tmp_path):
    path = tmp_path / "rejects.csv"
    (record,) = rows(b"a\nM\xfcller\n")
    append_rejects(path, size=0, header=["a"], rejects=[Reject(2, "why", record[1])])
    assert "M?ller" in path.read_text(encoding="utf-8")


# ── Mappings ─────────────────────────────────────────────────────────────────────────────────────

MINIMAL = """
[columns]
account = "Customer"
external_id = "Order"
date = "Day"
kind = { const = "purchase" }
"""
HEADER = ["Customer", "Order", "Pos", "Day", "Net", "Old", "Color"]
CELLS = ["C1", "SO1", "10", "2025-03-31", "1.234,50", "", "red"]


def fields(text: str, cells: list[str] = CELLS, **how) -> dict[str, object]:
    mapping = parse_mapping(parse_toml(text), target="activities")
    return bind(mapping, header=HEADER, zone=BERLIN, **how)(cells)


def test_columns_constants_and_attributes_are_picked():
    text = MINIMAL + '[attributes]\ncolor = "Color"\nold = "Old"\n[reverses]\nexternal_id = "Old"\n'
    assert fields(text) == {
        "account": "C1",
        "external_id": "SO1",
        "occurred_at": "2025-03-31",
        "kind": "purchase",
        "attributes": {"color": "red"},
        "reverses": None,
    }


def test_an_identity_of_several_columns_cannot_be_mixed_up():
    text = MINIMAL.replace('external_id = "Order"', 'external_id = ["Order", "Pos"]')
    assert fields(text)["external_id"] == "SO1|10"
    with pytest.raises(FactRefused, match=r"contains “\|”"):
        fields(text, ["C1", "SO|1", "10", *CELLS[3:]])
    with pytest.raises(FactRefused, match="“Pos” is empty; it is part of the identity"):
        fields(text, ["C1", "SO1", " ", *CELLS[3:]])
    own = MINIMAL.replace(
        'external_id = "Order"', 'external_id = { columns = ["Order", "Pos"], joiner = "/" }'
    )
    assert fields(own)["external_id"] == "SO1/10"


def test_dates_in_other_forms_and_zones():
    text = MINIMAL.replace(
        'date = "Day"', 'date = { column = "Day", format = "%d.%m.%y", zone = "America/New_York" }'
    )
    found = fields(text, ["C1", "SO1", "10", "31.03.25", *CELLS[4:]])["occurred_at"]
    assert found == datetime(2025, 3, 31, tzinfo=ZoneInfo("America/New_York"))
    with pytest.raises(FactRefused, match=r"“2025-03-31” is not a date .* like 31.03.26"):
        fields(text)


def test_dates_are_moved_by_local_days():
    moved = fields(MINIMAL, shift_days=-1)["occurred_at"]
    # The clocks had changed on the 30th: midnight stays midnight.
    assert moved == datetime(2025, 3, 30, tzinfo=BERLIN)
    with pytest.raises(FactRefused, match="cannot be moved that far"):
        fields(MINIMAL, shift_days=10**7)


def test_decimal_commas_are_read_and_never_guessed():
    amount = 'amount = "Net"\nquantity = "Pos"\n'
    german = '[file]\ndecimal = ","\nthousands = "."\n' + MINIMAL + amount
    assert fields(german)["amount"] == "1234.50"
    plain = '[file]\ndecimal = ","\n' + MINIMAL + amount
    with pytest.raises(FactRefused, match="contains a point; the mapping says"):
        fields(plain)
    for odd in ("1.5", "12.34,5", "1.2345"):
        with pytest.raises(FactRefused, match="contains a point"):
            fields(german, [*CELLS[:4], odd, *CELLS[5:]])


def test_a_missing_column_is_named_with_those_that_are_there():
    text = MINIMAL + 'amount = "Nett"\n'
    with pytest.raises(MappingWrong, match="no column “Nett”; its columns are “Customer”, “Order”"):
        fields(text)
    mapping = parse_mapping(parse_toml(MINIMAL), target="activities")
    with pytest.raises(MappingWrong, match="more than one column “Day”"):
        bind(mapping, header=[*HEADER, "Day"], zone=BERLIN)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[columns", "not valid TOML"),
        ('colums = "x"', "Unknown in the mapping: colums; known are attributes, columns, file"),
        ('[columns]\naccount = "A"', "must say where to find date, external_id, kind"),
        (MINIMAL + 'price = "Net"', r"Unknown in \[columns\]: price; known are account, amount"),
        (MINIMAL + "amount = 5", r'\[columns\] amount must be a column, such as "Order"'),
        (MINIMAL + "amount = {}", "must name one of column, columns or const"),
        (MINIMAL + 'amount = { const = "5", column = "Net" }', "must name one of"),
        (MINIMAL + 'amount = { column = "Net", format = "x" }', "Unknown in"),
        (MINIMAL + '[file]\nseparator = ";"', r"Unknown in \[file\]: separator"),
        (MINIMAL + '[file]\ndelimiter = "||"', "must be one character"),
        (MINIMAL + '[file]\nencoding = "latin-99"', "encoding “latin-99” is not known"),
        (MINIMAL + '[file]\nencoding = "base64"', "encoding “base64” is not known"),
        (MINIMAL + '[file]\ndecimal = ";"', "decimal must be"),
        (MINIMAL + '[file]\ndecimal = "."\nthousands = "."', "and not the decimal sign"),
        (MINIMAL.replace('"Day"', '{ column = "Day", zone = "Mars" }'), "is not a time zone"),
        (MINIMAL + '[reverses]\nline = "Pos"', "must say where to find external_id"),
        ('file = "x"\n' + MINIMAL, r"\[file\] must be a table"),
    ],
)
def test_a_wrong_mapping_says_what_to_change(text, says):
    with pytest.raises(MappingWrong, match=says):
        parse_mapping(parse_toml(text), target="activities")
