"""Erasure and opting out, over every database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy
from cryptography.fernet import Fernet

from conversations.alarms import Alarm
from conversations.erasures import ErasureWatch, digest_of_facts
from conversations.errors import NotFound, SettingsError
from conversations.messages import Conversation, Feedback, Message
from conversations.person import Person
from conversations.sealing import Sealing
from conversations.store import Added, ConversationStore, Erasure, open_store
from conversations.tables import metadata
from tests.conversations.samples import DESK, handed_in, reply_in, talk


def everything_of(store: ConversationStore) -> str:
    """All that stands in the tables, as one text."""
    with store._database.reading() as connection:
        return repr([connection.execute(sqlalchemy.select(table)).all() for table in metadata.sorted_tables])


def test_a_forgotten_person_leaves_no_word_and_no_name(store: ConversationStore) -> None:
    store.add_conversations([talk("a", "I am Anna Lind", author="u:lind"), talk("b", author="u:cole")], source=DESK)
    reply = reply_in(store, author="u:lind")
    store.give_feedback(Feedback(reply, "u:cole", thumb="up"))
    store.submit(handed_in("s1", person="u:lind"))
    store.submit(handed_in("s2", person="u:cole"))
    store.decide("s2", state="approved", reviewer="u:lind")
    store.forget("u:lind")
    assert "lind" not in everything_of(store).lower()
    assert [c.id for c in store.conversations("harbor")] == ["b"]
    assert [(s.id, s.state, s.reviewer) for s in store.submissions()] == [("s2", "approved", "erased")]
    assert [(d.who, d.what, d.subject) for d in store.audit()] == [
        ("u:cole", "submitted", "s2"),
        ("erased", "approved", "s2"),
        ("erased", "forgot", "erased"),
    ]


def test_an_erasure_counts_what_went_and_names_the_ids(store: ConversationStore) -> None:
    store.add_conversations([talk("a"), talk("b", author="cleo")], source=DESK)
    live, other = reply_in(store), reply_in(store, place="C2", author="cleo")
    for reply in (live, other):
        store.give_feedback(Feedback(reply, "anna", thumb="up"))
    store.give_feedback(Feedback(live, "cleo", thumb="down"))
    store.submit(handed_in("s1", person="anna"))
    touched = tuple(sorted(("a", store.message(live)[0])))
    voted_in = (store.message(other)[0],)
    expected = Erasure(2, 4, 3, 1, conversation_ids=touched, submission_ids=("s1",), rows=1, voted_in=voted_in)
    assert store.forget("anna", dry_run=True) == expected
    assert store.forget("anna") == expected
    assert store.forget("anna") == Erasure(0, 0, 0, 0)
    assert {c.id for c in store.conversations(None)} == {"b", store.message(other)[0]}


def test_others_stop_naming_whoever_is_forgotten(store: ConversationStore) -> None:
    asked, kept = (
        talk("a", "Ask Anna Lind or @alind, or Anna from packing", author="u:cole"),
        talk("b", author="u:lind"),
    )
    store.add_conversations([asked, kept], source=DESK)
    people = [Person("u:lind", ("Anna Lind", "alind")), Person("u:berg", ("Anna Berg",)), Person("u:cole", ("Cole",))]
    store.directory.note("desk", people)
    survey = store.forget("u:lind", dry_run=True)
    assert (survey.names, survey.mentions) == (2, 1)
    assert store.forget("u:lind") == survey
    assert store.conversation("a").messages[0].content == "Ask <NAME> or @<NAME>, or Anna from packing"
    assert "lind" not in everything_of(store).lower()
    store.directory.note("desk", people)  # the same export again
    assert set(store.directory.names()) == {"u:berg", "u:cole"}


def test_the_name_goes_from_decisions_evidence_and_originals_of_others(store: ConversationStore) -> None:
    store.add_conversations([talk("a", "Ask Anna Lind", author="u:cole")], source=DESK)
    store.directory.note("desk", [Person("u:lind", ("Anna Lind",)), Person("u:cole", ("Cole",))])
    store.submit(handed_in("s1", person="u:cole"))
    store.reviews.judge(store.submission("s1"), "reject", reviewer="dora", reason="Anna Lind says no")
    originals = store.originals(Sealing(None))
    originals.keep([talk("a", "Ask Anna Lind", author="u:cole")], source="desk")
    assert store.forget("u:lind").mentions == 5
    assert "lind" not in everything_of(store).lower()
    assert originals.show("a")["messages"][0]["content"] == "Ask <NAME>"
    assert store.submission("s1").note == store.reviews.listed()[0].reason == "<NAME> says no"


def test_nobody_is_forgotten_while_sealed_originals_may_name_them(tmp_path: Path) -> None:
    seal = Sealing(Fernet.generate_key().decode())
    with open_store(f"sqlite:///{tmp_path}/brandvoice.db") as store:
        store.add_conversations([talk("b", author="u:lind")], source=DESK)
        store.directory.note("desk", [Person("u:lind", ("Anna Lind",))])
        store.originals(seal).keep([talk("a", "Ask Anna Lind", author="u:cole")], source="desk")
        with pytest.raises(SettingsError, match="Set BRANDVOICE_STORE_KEY"):
            store.forget("u:lind")
        assert store.count() == 1
    with open_store(f"sqlite:///{tmp_path}/brandvoice.db", sealing=lambda: seal) as store:
        assert store.forget("u:lind").mentions == 1
        assert store.originals(seal).show("a")["messages"][0]["content"] == "Ask <NAME>"


def test_a_person_is_found_by_id_name_or_handle(store: ConversationStore) -> None:
    store.add_conversations([talk("b", author="u:lind")], source=DESK)
    store.directory.note("desk", [Person("u:lind", ("Anna Lind", "alind")), Person("u:2", ("ANNA  LIND", "al"))])
    assert store.directory.resolve("u:lind").names == ("alind", "Anna Lind")
    assert store.directory.resolve("@ALIND").id == "u:lind"
    assert store.directory.resolve("nobody").id == "nobody"
    with pytest.raises(NotFound, match=r"2 people are called 'anna lind'.*\n  u:2 \(al, ANNA  LIND; csv\)\n  u:lind"):
        store.directory.resolve("anna lind")


def test_a_person_is_found_by_the_id_that_the_platform_shows(store: ConversationStore) -> None:
    store.add_conversations([talk("b", author="discord/17")], source=DESK)
    people = [Person("discord/17", ("Mara",)), Person("discord/117", ("Ida",)), Person("discord/9_", ("Ole",))]
    store.directory.note("desk", [*people, Person("telegram/9_", ("Pia",))])
    assert store.directory.resolve("17").id == "discord/17"
    assert store.directory.resolve("%").id == "%"
    with pytest.raises(NotFound, match="2 people are called '9_'"):
        store.directory.resolve("9_")


def test_originals_alarms_and_reviews_go_with_the_person(store: ConversationStore) -> None:
    originals = store.originals(Sealing(None))
    store.add_conversations([talk("a"), talk("b", author="cleo")], source=DESK)
    originals.keep([talk("a"), talk("b", author="cleo")], source="desk")
    store.alarms.raise_for([Alarm(name, "harbor", "desk.csv", "There is a password in it.") for name in ("a", "b")])
    assert store.forget("anna").originals == 1
    assert [kept.originals for kept in originals.kept()] == [1]
    assert [alarm.conversation_id for alarm in store.alarms.listed()] == ["b"]
    originals.keep([talk("a")], source="desk")
    with pytest.raises(NotFound, match="There is no original of 'a'"):
        originals.show("a")


def test_a_running_program_hears_who_was_forgotten_by_another(store: ConversationStore) -> None:
    store.forget("zoe")  # before the program started
    watch = ErasureWatch(store.erasures)
    kept = ["anna", "ben", "zoe"]
    assert watch.forgotten(lambda: kept) == []
    store.forget("anna")
    assert watch.forgotten(lambda: kept) == ["anna"]
    assert watch.forgotten(lambda: pytest.fail("asked although nobody was forgotten")) == []


def test_a_proof_has_a_hash_of_its_facts(store: ConversationStore) -> None:
    store.add_conversations([talk("a")], source=DESK)
    erasure = store.forget("anna")
    facts = {"conversations": 1, "voices": ["harbor@2"]}
    digest = store.erasures.prove(erasure.id, facts)
    (proof,) = store.erasures.listed()
    assert (proof.id, proof.digest, proof.facts) == (erasure.id, digest, facts)
    assert digest == digest_of_facts(json.loads(json.dumps(facts)))
    assert digest != digest_of_facts({**facts, "conversations": 2})


def test_a_dry_run_changes_nothing(store: ConversationStore) -> None:
    store.add_conversations([talk("a")], source=DESK)
    before = everything_of(store)
    assert store.forget("anna", dry_run=True).conversations == 1
    assert everything_of(store) == before


def test_submissions_that_quote_or_improve_go_with_the_person(store: ConversationStore) -> None:
    reply = reply_in(store, author="anna")
    store.submit(handed_in("quotes", person="ben", author="anna"))
    store.submit(handed_in("improves", person="ben", replaces=reply))
    store.submit(handed_in("own", person="ben"))
    assert store.forget("anna").submission_ids == ("improves", "quotes")
    assert [s.id for s in store.submissions()] == ["own"]


def test_an_import_does_not_bring_an_erased_person_back(store: ConversationStore) -> None:
    logs = [talk("a"), talk("b", author="cleo"), talk("c", author="cleo")]
    store.add_conversations(logs[:2], source=DESK)
    store.forget("anna")
    unnamed = Conversation("a", (Message("user", "I am Anna"),))  # her conversation, from logs that name nobody
    new = talk("d")  # a conversation of hers that was never here
    assert store.add_conversations([*logs, unnamed, new], source=DESK) == Added(added=1, unchanged=1, erased=3)
    assert [c.id for c in store.conversations("harbor")] == ["b", "c"]


def test_who_is_erased_before_anything_came_in_stays_out(store: ConversationStore) -> None:
    assert store.forget("anna") == Erasure(0, 0, 0, 0)
    assert store.add_conversations([talk("a")], source=DESK) == Added(erased=1)


def test_a_forgotten_person_may_come_back_and_talk(store: ConversationStore) -> None:
    before = reply_in(store)
    store.forget("anna")
    assert reply_in(store) != before
    assert store.count() == 1


def test_marks_of_one_store_say_nothing_in_another(store: ConversationStore, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/other.db") as other:
        for opened in (store, other):
            opened.opt_out("anna")
        marks = [opened._database.reading for opened in (store, other)]
        found = []
        for reading in marks:
            with reading() as connection:
                found.append(connection.scalar(sqlalchemy.text("SELECT mark FROM opt_outs")))
    assert found[0] != found[1]


def test_whoever_opts_out_is_not_learned_from(store: ConversationStore) -> None:
    store.add_conversations([talk("a"), talk("b", author="cleo")], source=DESK)
    assert not store.opted_out("anna")
    for _ in range(2):
        store.opt_out("anna")
    assert store.opted_out("anna")
    assert not store.opted_out("cleo")
    assert [c.id for c in store.conversations("harbor", trainable_only=True)] == ["b"]
    assert [c.id for c in store.conversations("harbor")] == ["a", "b"]
    store.opt_in("anna")
    assert not store.opted_out("anna")
    assert store.count("harbor") == len(list(store.conversations("harbor", trainable_only=True))) == 2


def test_opting_out_outlives_being_forgotten(store: ConversationStore) -> None:
    store.opt_out("anna")
    store.forget("anna")
    assert store.opted_out("anna")


def test_erased_words_are_gone_from_the_files_of_sqlite(tmp_path: Path) -> None:
    words = "Seven green anchors"
    with open_store(f"sqlite:///{tmp_path}/brandvoice.db") as store:
        store.add_conversations([talk("a", words), talk("b")], source=DESK)
        assert any(words.encode() in path.read_bytes() for path in tmp_path.iterdir())
        store.forget("anna")
        assert not any(words.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_a_reader_keeps_deleted_words_in_the_file_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conversations.database.WIPE_SECONDS", 0)
    with open_store(f"sqlite:///{tmp_path}/brandvoice.db") as store:
        store.add_conversations([talk("a", "Seven green anchors")], source=DESK)
        with store.database.reading() as connection:
            connection.execute(sqlalchemy.select(metadata.tables["messages"])).all()
            store.forget("anna")
            assert not store.database.wipe()
        assert store.database.wipe()
