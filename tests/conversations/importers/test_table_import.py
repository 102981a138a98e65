"""Tables: CSV, TSV and XLSX, presets and maps of columns, broken rows."""

import datetime as dt
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.errors import ImportRefused
from conversations.importers import BUILTIN_IMPORTERS, Request, read_path
from tests.conversations.importers.exports import pack
from tests.conversations.importers.reading import Read, only, patient, read

TALK = [("user", "Is it open?"), ("assistant", "Until six.")]
HEADER = "conversation,role,text"
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")


def table(tmp_path, *lines, name="a.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return path


def told(path, *columns, speakers=(), **more):
    request = Request(path, speakers=speakers, columns=columns, **more)
    return Read(tuple(read_path(request, BUILTIN_IMPORTERS)))


def test_a_table_in_our_own_words_is_read_without_being_told_anything(tmp_path):
    result = read(
        table(tmp_path, "conversation,role,author,text", "7,customer,u1,Is it open?", "7,agent,u2,Until six.")
    )
    conversation = only(result.conversations)
    assert result.talk == [TALK]
    assert conversation.place == "a.csv:2"
    assert [(m.author, m.sent_at) for m in conversation.messages] == [("csv/u1", None), ("csv/u2", None)]


def test_columns_are_named_whatever_they_are_called(tmp_path):
    path = table(tmp_path, "Ticket No;Who;Body", "1;customer;Is it open?", "1;staff;Until six.")
    with pytest.raises(ImportRefused, match=r"which column is what.*'Ticket No', 'Who', 'Body'.*--column text="):
        read(path)
    assert told(path, "text=body", "role=Who", "conversation=ticket no").talk == [TALK]
    with pytest.raises(ImportRefused, match=r"no column 'words'"):
        told(path, "text=words", "role=Who", "conversation=Ticket No")
    with pytest.raises(ImportRefused, match=r"there is no field 'txt'. The fields are text: what was said"):
        told(path, "txt=Body")


def test_a_file_of_columns_also_says_what_roles_mean(tmp_path):
    path = table(tmp_path, "ticket,level,body", "1,L0,Is it open?", "1,L2,Until six.", "1,robot,Bye", "1,L9,?")
    columns = tmp_path / "columns.toml"
    columns.write_text(
        '[columns]\ntext = "body"\nrole = "level"\nconversation = "ticket"\n'
        '[roles]\nL0 = "user"\nL2 = "assistant"\nrobot = "nobody"\n'
    )
    result = told(path, str(columns))
    assert result.talk == [TALK]
    assert result.reasons == ["written by a bot"]
    assert "has the role 'l9'" in result.refused["a.csv:5"]
    columns.write_text('[colums]\ntext = "body"\n')
    with pytest.raises(ImportRefused, match=r"has a table 'colums'"):
        told(path, str(columns))
    with pytest.raises(ImportRefused, match=r"no such preset .* and no such file"):
        told(path, "zendesc")


def test_a_question_and_its_answer_in_one_row_are_a_turn(tmp_path):
    path = table(tmp_path, "nr,question,answer", "1,Is it open?,Until six.", "2,,x")
    result = told(path, "prompt=question", "completion=answer")
    assert result.talk == [TALK]
    assert result.refused == {"a.csv:3": "the prompt is empty"}


def test_comments_of_zendesk_are_known_by_their_columns_and_internal_notes_stay_out(tmp_path):
    path = table(
        tmp_path,
        "ticket_id,id,author_id,author_role,public,created_at,html_body",
        '5,51,900,end-user,true,2024-03-05T12:00:00Z,"<div>Is it open?<blockquote>older mail</blockquote></div>"',
        "5,52,901,agent,false,2024-03-05T12:01:00Z,Ask Anna",
        "5,53,901,agent,true,2024-03-05T12:02:00Z,<p>Until six.</p>",
    )
    result = read(path)
    assert result.talk == [TALK]
    assert result.skipped == [("a.csv:3", "an internal note")]
    assert [m.id for m in only(result.conversations).messages] == ["zendesk:zendesk/51", "zendesk:zendesk/53"]


def test_parts_of_intercom_are_known_by_their_columns(tmp_path):
    path = table(
        tmp_path,
        "conversation_id,part_id,part_type,author_type,author_id,author_name,created_at,body",
        "5,51,comment,user,u1,Anna Abel,1709640000,Is it open?",
        "5,52,note,admin,a1,Desk,1709640010,Hm",
        "5,53,comment,bot,b1,Fin,1709640020,Hi!",
        "5,54,comment,admin,a1,Desk,1709640030,Until six.",
    )
    result = read(path)
    assert result.talk == [TALK]
    assert result.reasons == ["an entry of another kind ('note')", "written by a bot"]
    assert result.people["intercom/u1"] == ("Anna Abel", "u1")


def test_tweets_are_joined_by_what_they_answer_and_only_of_the_named_brand(tmp_path):
    path = table(
        tmp_path,
        "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id",
        "3,Other,False,Tue Oct 31 22:12:00 +0000 2017,Hello from us,,4",
        "2,HarborHelp,False,Tue Oct 31 22:11:00 +0000 2017,Until six.,,1",
        "1,115712,True,Tue Oct 31 22:10:00 +0000 2017,Is it open?,2,",
        "4,115713,True,Tue Oct 31 22:10:30 +0000 2017,Hello?,3,",
    )
    with pytest.raises(ImportRefused, match=r"Most was written by HarborHelp \(1\), Other \(1\)"):
        read(path)
    assert read(path, "HarborHelp").talk == [TALK]


def test_without_threads_messages_are_joined_by_time_once_the_brand_is_named(tmp_path):
    lines = ("author,time,text", "anna,2024-03-05 12:00,Is it open?", "desk,2024-03-05 12:01,Until six.")
    assert read(table(tmp_path, *lines), "desk").talk == [TALK]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-03-05T12:00:00+01:00", dt.datetime(2024, 3, 5, 11, tzinfo=dt.UTC)),
        ("2024-03-05 12:00:00 UTC", dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)),
        ("1709640000", dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)),
        ("1709640000000", dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)),
        ("Tue, 05 Mar 2024 12:00:00 GMT", dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)),
        ("13/03/2024 12:00", dt.datetime(2024, 3, 13, 12, tzinfo=dt.UTC)),
        ("03/13/2024 12:00 PM", dt.datetime(2024, 3, 13, 12, tzinfo=dt.UTC)),
        ("05.03.2024", dt.datetime(2024, 3, 5, tzinfo=dt.UTC)),
    ],
)
def test_times_are_read_as_programs_write_them(written, moment, tmp_path):
    path = table(tmp_path, "conversation,role,time,text", f'1,user,"{written}",Is it?', f'1,agent,"{written}",Yes.')
    assert only(read(path).conversations).messages[0].sent_at == moment


def test_dates_that_leave_the_order_open_are_refused_until_it_is_said(tmp_path):
    path = table(tmp_path, "conversation,role,time,text", "1,user,05/03/2024,Is it?", "1,agent,05/03/2024,Yes.")
    with pytest.raises(ImportRefused, match="--dates dmy"):
        read(path)
    assert only(told(path, dates="mdy").conversations).messages[0].sent_at == dt.datetime(2024, 5, 3, tzinfo=dt.UTC)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found(delimiter, encoding, tmp_path):
    lines = ("conversation,role,text", '1,user,"Öffnen Sie, ""heute""?\nOder morgen?"', "1,agent,Für Sie: ja.")
    path = table(tmp_path, *(line.replace(",", delimiter) for line in lines), encoding=encoding)
    text = 'Öffnen Sie, "heute"?\nOder morgen?'.replace(",", delimiter)
    assert read(path).talk == [[("user", text), ("assistant", "Für Sie: ja.")]]


@pytest.mark.parametrize(
    "broken",
    ['1,user,"never closed', "1,user", "1,user,a,b", '1,user,"a"b', "1,wizard,Hi", ",user,Hi", "1,user,a\0b"],
)
def test_a_broken_row_is_refused_and_harms_no_other(broken, tmp_path):
    good = [
        f'{n},{role},"{text}, {n}\nreally"' for n in range(2, 40) for role, text in (("user", "Hi"), ("agent", "Yes"))
    ]
    path = table(tmp_path, HEADER, "1,user,Is it open?", broken, "1,agent,Until six.", *good)
    result = read(path)
    assert len(result.conversations) == 39
    assert TALK in result.talk
    assert list(result.refused) == ["a.csv:3"]


def test_a_table_full_of_quotes_that_never_close_ends(tmp_path):
    path = table(
        tmp_path, HEADER, "1,user,Is it open?", "1,agent,Until six.", *('1,user,"' + "x" * 50 for _ in range(5001))
    )
    result = read(path)
    assert result.talk == [TALK]
    assert result.refused


def test_a_workbook_is_read_with_its_stored_values_and_its_further_sheets_are_told(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Talk"
    for row in (
        ("conversation", "role", "time", "text"),
        (1, "user", dt.datetime(2024, 3, 5, 12), "Is it open?"),  # noqa: DTZ001 - Excel knows no zones
        (1, "agent", dt.datetime(2024, 3, 5, 12, 1), "Until six."),  # noqa: DTZ001
        (1, "user", dt.datetime(2024, 3, 5, 12, 2), "=HYPERLINK(1)"),  # noqa: DTZ001
    ):
        book.active.append(row)
    book.create_sheet("Notes").append(("x",))
    book.save(tmp_path / "a.xlsx")
    result = read(tmp_path / "a.xlsx")
    assert result.talk == [TALK]
    assert only(result.conversations).place == "a.xlsx:2"
    assert result.skipped[:2] == [
        ("a.xlsx/Notes", "is a further sheet; save it as a file of its own"),
        ("a.xlsx:4", "no words"),
    ]


def test_macros_are_told_and_a_broken_workbook_is_refused(tmp_path):
    book = openpyxl.Workbook()
    for row in (("prompt", "completion"), ("Is it open?", "Until six.")):
        book.active.append(row)
    book.save(tmp_path / "a.xlsm")
    with zipfile.ZipFile(tmp_path / "a.xlsm", "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    result = read(tmp_path / "a.xlsm")
    assert result.talk == [TALK]
    assert result.skipped == [("a.xlsm", "macros of the workbook, which are never run")]
    broken = tmp_path / "b.xlsx"
    with zipfile.ZipFile(tmp_path / "a.xlsm") as source, zipfile.ZipFile(broken, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name)[:200])
    with pytest.raises(ImportRefused, match="has no row"):
        read(broken)


def test_a_table_without_rows_is_read_as_nothing(tmp_path):
    assert read(table(tmp_path, HEADER)).outcomes == ()


@patient
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1), max_size=8
    ),
    delimiter=st.sampled_from(",;\t"),
)
def test_whatever_the_csv_module_writes_comes_back(texts, delimiter, tmp_path_factory):
    import csv

    path = tmp_path_factory.mktemp("tables") / "a.csv"
    rows = [("1", "user", "Hi")] + [("1", "agent", text) for text in texts]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        writer.writerows([("conversation", "role", "text"), *rows])
    result = read(path)
    expected = [text.strip() for text in texts if text.strip()]
    assert not result.refused
    said = [content for _, content in result.talk[0][1:]] if result.talk else []
    assert _letters("".join(said)) == _letters("".join(expected))


def _letters(text):
    """Without white space and what looks like HTML, which a table may lose."""
    return "" if "<" in text else "".join(text.split())


def test_a_stray_cell_at_the_far_end_of_a_sheet_costs_nothing(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(("prompt", "completion"))
    book.active.append(("Open?", "Until six."))
    book.active.cell(1_048_576, 16_384, "x")
    book.save(tmp_path / "far.xlsx")
    assert read(tmp_path / "far.xlsx").talk == [[("user", "Open?"), ("assistant", "Until six.")]]


def test_a_workbook_whose_sheet_is_broken_says_what_is_broken(tmp_path):
    path = tmp_path / "broken.xlsx"
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    pack(path, files | {"xl/worksheets/sheet1.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet>'})
    with pytest.raises(
        ImportRefused,
        match=r"has no row that can be read\. It is a broken workbook \([^\n]*worksheets[^\n]*Export it again",
    ):
        read(path)


def test_blank_lines_before_the_header_harm_nothing(tmp_path):
    (tmp_path / "table.csv").write_text("\n\nprompt,completion\n\nOpen?,Until six.\n")
    assert read(tmp_path / "table.csv").talk == [[("user", "Open?"), ("assistant", "Until six.")]]
