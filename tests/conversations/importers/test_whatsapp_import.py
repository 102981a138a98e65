"""Chats of WhatsApp: iOS and Android, many languages, and dates that have to be understood."""

import zipfile
from datetime import UTC, datetime

import pytest

from conversations.errors import ImportRefused
from conversations.importers import BUILTIN_IMPORTERS, Request, read_path
from tests.conversations.importers.reading import Read, only, read

TALK = [("user", "Is it open?"), ("assistant", "Until six.")]


def chat(tmp_path, *lines, name="chat.txt", encoding="utf-8"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("lines", "moment"),
    [
        (
            ["[13/03/2025, 10:14:33] Anna: Is it open?", "[13/03/2025, 10:15:00] Desk: Until six."],
            datetime(2025, 3, 13, 10, 14, 33, tzinfo=UTC),
        ),
        (
            ["[3/13/25, 1:14:33\u202fPM] Anna: Is it open?", "[3/13/25, 1:15:00\u202fPM] Desk: Until six."],
            datetime(2025, 3, 13, 13, 14, 33, tzinfo=UTC),
        ),
        (
            ["3/13/25, 12:14 AM - Anna: Is it open?", "3/13/25, 12:15 AM - Desk: Until six."],
            datetime(2025, 3, 13, 0, 14, tzinfo=UTC),
        ),
        (
            ["05.03.25, 10:14 - Anna: Is it open?", "05.03.25, 10:15 - Desk: Until six."],
            datetime(2025, 3, 5, 10, 14, tzinfo=UTC),
        ),
        (
            ["13/3/25 1:14 p. m. - Anna: Is it open?", "13/3/25 1:15 p. m. - Desk: Until six."],
            datetime(2025, 3, 13, 13, 14, tzinfo=UTC),
        ),
        (
            ["13/03/2025 à 10:14 - Anna: Is it open?", "13/03/2025 à 10:15 - Desk: Until six."],
            datetime(2025, 3, 13, 10, 14, tzinfo=UTC),
        ),
        (
            ["13.3.2025 klo 10.14 - Anna: Is it open?", "13.3.2025 klo 10.15 - Desk: Until six."],
            datetime(2025, 3, 13, 10, 14, tzinfo=UTC),
        ),
        (
            ["2025-03-05, 10:14 - Anna: Is it open?", "2025-03-05, 10:15 - Desk: Until six."],
            datetime(2025, 3, 5, 10, 14, tzinfo=UTC),
        ),
        (
            ["2025. 3. 5. 오후 1:14, Anna : Is it open?", "2025. 3. 5. 오후 1:15, Desk : Until six."],
            datetime(2025, 3, 5, 13, 14, tzinfo=UTC),
        ),
        (
            ["١٣/٣/٢٠٢٥, ١٠:١٤ - Anna: Is it open?", "١٣/٣/٢٠٢٥, ١٠:١٥ - Desk: Until six."],
            datetime(2025, 3, 13, 10, 14, tzinfo=UTC),
        ),
    ],
)
def test_a_chat_is_read_in_the_formats_of_many_phones(lines, moment, tmp_path):
    result = read(chat(tmp_path, *lines), "Desk")
    conversation = only(result.conversations)
    assert result.talk == [TALK]
    assert conversation.messages[0].sent_at == moment
    assert conversation.place == "chat.txt:1"
    assert [m.author for m in conversation.messages] == ["whatsapp/Anna", "whatsapp/Desk"]


def test_dates_that_leave_the_order_open_are_refused_with_how_to_say_it_and_read_when_it_is_said(tmp_path):
    path = chat(tmp_path, "05/03/2025, 10:14 - Anna: Is it open?", "05/03/2025, 10:15 - Desk: Until six.")
    with pytest.raises(ImportRefused, match="--dates dmy"):
        read(path, "Desk")
    told = Read(tuple(read_path(Request(path, speakers=("Desk",), dates="mdy"), BUILTIN_IMPORTERS)))
    assert only(told.conversations).messages[0].sent_at == datetime(2025, 5, 3, 10, 14, tzinfo=UTC)


def test_that_a_chat_goes_forward_in_time_shows_the_order_of_its_dates(tmp_path):
    days = [f"{day:02}/{month:02}/2025, 10:14 - Anna: Hi" for month, day in ((1, 2), (1, 5), (2, 1), (2, 3), (3, 1))]
    path = chat(tmp_path, *days, "01/03/2025, 10:15 - Desk: Hello")
    assert only(read(path, "Desk").conversations).messages[-1].sent_at == datetime(2025, 3, 1, 10, 15, tzinfo=UTC)


def test_lines_without_a_time_belong_to_the_message_before_them(tmp_path):
    path = chat(
        tmp_path,
        "13/03/2025, 10:14 - Anna: Is it open?",
        "",
        "On Sunday: I mean",
        "13/03/2025, 10:15 - Desk: Until six.",
    )
    assert only(read(path, "Desk").talk)[0] == ("user", "Is it open?\n\nOn Sunday: I mean")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("13/03/2025, 10:14 - Messages and calls are end-to-end encrypted.", "a notice of WhatsApp"),
        ('13/03/2025, 10:14 - Anna changed the subject to "Shop: news"', "a notice of WhatsApp"),
        ("13/03/2025, 10:14 - Anna: <Media omitted>", "a file without words, or a notice of WhatsApp"),
        ("13/03/2025, 10:14 - Anna: <Medien ausgeschlossen>", "a file without words, or a notice of WhatsApp"),
        ("13/03/2025, 10:14 - Anna: IMG-2025.jpg (file attached)", "a file without words, or a notice of WhatsApp"),
        ("\u200e13/03/2025, 10:14 - Anna: \u200eimage omitted", "a file without words, or a notice of WhatsApp"),
        ("13/03/2025, 10:14 - Anna: This message was deleted", "deleted by its author"),
        ("13/03/2025, 10:14 - Anna: null", "no words"),
    ],
)
def test_what_nobody_typed_is_left_out(line, reason, tmp_path):
    path = chat(tmp_path, "13/03/2025, 10:13 - Anna: Is it open?", line, "13/03/2025, 10:15 - Desk: Until six.")
    result = read(path, "Desk")
    assert result.talk == [TALK]
    assert result.skipped == [("chat.txt:2", reason)]


def test_the_mark_of_an_edit_is_taken_off(tmp_path):
    path = chat(
        tmp_path,
        "13/03/2025, 10:14 - Anna: Is it open?",
        "13/03/2025, 10:15 - Desk: Until six. <This message was edited>",
    )
    assert read(path, "Desk").talk == [TALK]


def test_the_same_words_twice_in_a_minute_are_two_messages(tmp_path):
    line = "13/03/2025, 10:14 - Anna: Hello?"
    path = chat(tmp_path, line, line, "13/03/2025, 10:15 - Desk: Hi!")
    assert only(read(path, "Desk").talk)[0] == ("user", "Hello?\nHello?")


def test_a_zip_holds_the_chat_beside_what_was_sent_in_it(tmp_path):
    packed = tmp_path / "WhatsApp Chat - Anna.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("IMG-1.jpg", b"\xff\xd8")
        archive.writestr("notes.txt", "Bread\nMilk\n")
        archive.writestr(
            "_chat.txt", "[13/03/2025, 10:14:33] Anna: Is it open?\r\n[13/03/2025, 10:15:00] Desk: Until six.\r\n"
        )
    result = read(packed, "Desk")
    assert result.talk == [TALK]
    assert result.skipped == [("WhatsApp Chat - Anna.zip/notes.txt", "is no chat")]


def test_windows_letters_are_read_and_told(tmp_path):
    lines = ("13/03/2025, 10:14 - Jörg: Schönen Tag! Ist offen?", "13/03/2025, 10:15 - Desk: Für Sie bis sechs.")
    result = read(chat(tmp_path, *lines, encoding="cp1252"), "Desk")
    assert only(result.talk)[0] == ("user", "Schönen Tag! Ist offen?")
    assert result.reasons == ["read as Windows-1252, for it is not UTF-8"]
    assert read(chat(tmp_path, *lines, name="wide.txt", encoding="utf-16"), "Desk").talk == result.talk


def test_broken_lines_are_refused_and_harm_no_other(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_bytes(
        "Backup of June\n13/03/2025, 10:14 - Änne: Is it open?\n".encode()
        + b"\xff\xfe broken\n13/03/2025, 10:15 - Desk: Until six.\n99/99/2025, 10:15 - Desk: Never\n"
        + b"13/03/2025, 10:16 - Desk: a\0b\n"
    )
    result = read(path, "Desk")
    assert result.talk == [TALK]
    assert set(result.refused) == {f"chat.txt:{number}" for number in (1, 3, 5, 6)}


def test_without_a_speaker_those_who_wrote_most_are_named(tmp_path):
    path = chat(tmp_path, "13/03/2025, 10:14 - Anna: Is it open?", "13/03/2025, 10:15 - Desk: Until six.")
    with pytest.raises(ImportRefused, match=r"Most was written by Anna \(1\), Desk \(1\)"):
        read(path)


def test_a_message_of_endless_lines_is_refused_alone(tmp_path):
    asked, answered = "13/03/2025, 10:14 - Anna: Is it open?", "13/03/2025, 10:15 - Desk: Until six."
    path = chat(
        tmp_path, asked, answered, "13/03/2025, 10:16 - Anna: So", *["x"] * 10_001, answered.replace("15", "17")
    )
    result = read(path, "Desk")
    assert only(result.talk) == [("user", "Is it open?"), ("assistant", "Until six.\nUntil six.")]
    assert list(result.refused) == ["chat.txt:3"]
