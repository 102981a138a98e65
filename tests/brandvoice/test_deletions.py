"""What newer exports of a channel lack: withdrawn where they cover it, and left alone wherever they might not."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brandvoice.intake import import_path
from brandvoice.story import why_gone
from conversations.importers import BUILTIN_IMPORTERS
from conversations.messages import Message
from conversations.sealing import Sealing
from conversations.store import open_store
from tests.conversations.importers import discord_exports, exports
from tests.conversations.importers.discord_exports import DESK as HELP
from tests.conversations.importers.discord_exports import NOON, channel, write

LATER = datetime(2026, 1, 1, tzinfo=UTC)
APART = 120  # minutes between two conversations
ALL = range(6)


@pytest.fixture
def store(ready_file, tmp_path):
    with fresh(ready_file, tmp_path / "store.db") as opened:
        yield opened


def fresh(ready_file, path):
    shutil.copy(ready_file, path)
    return open_store(f"sqlite:///{path}")


def take(path, store, **more):
    more = {"basis": "own-content", "owner": "olga", "now": LATER, "speakers": ("Harbor Desk",)} | more
    return import_path(path, store=store, importers=BUILTIN_IMPORTERS, style="harbor", **more)


def slack(folder, turns, *, without=(), more=(), **files):
    """An export with these turns in #general, hours apart, but for the messages left out."""
    said = []
    for n in turns:
        said.append((f"q{n}", exports.said(n * APART * 60, exports.ANNA, f"Question {n}?")))
        said.append((f"a{n}", exports.said(n * APART * 60 + 60, exports.DESK, f"Answer {n}.")))
    return exports.export(folder, *(entry for name, entry in said if name not in without), *more, **files)


def discord(folder, turns, *, without=(), more=(), **parts):
    said = []
    for n in turns:
        said.append((f"q{n}", discord_exports.said(2 * n, n * APART, discord_exports.ANNA, f"Question {n}?")))
        said.append((f"a{n}", discord_exports.said(2 * n + 1, n * APART + 1, HELP, f"Answer {n}.")))
    content = channel(*(entry for name, entry in said if name not in without), *more) | {"exportedAt": None} | parts
    return write(folder / "help.json", content)


def held(store):
    return {c.messages[0].content[9:-1] for c in store.conversations("harbor")}


@pytest.fixture(params=[slack, discord])
def export(request):
    return request.param


def test_a_conversation_that_was_deleted_is_withdrawn_with_its_reason(export, tmp_path, store):
    assert take(export(tmp_path, ALL), store).added == 6
    gone = next(c for c in store.conversations("harbor") if c.messages[0].content == "Question 2?")
    result = take(export(tmp_path, ALL, without={"q2", "a2"}), store)
    assert (result.withdrawn, result.unchanged, held(store)) == (1, 5, set("01345"))
    assert "  1 conversation withdrawn: something in it was deleted where it was said" in result.lines()
    (written,) = store.audit(gone.id)
    assert (written.who, written.what) == ("import", "conversation withdrawn")
    assert written.details["reason"] == "something in it was deleted where it was said"
    assert why_gone(store)(gone.id) == "it was withdrawn, for something in it was deleted where it was said"
    assert take(export(tmp_path, ALL, without={"q2", "a2"}), store).withdrawn == 0


@pytest.mark.parametrize("part", ["q3", "a3"])
def test_what_lacks_its_question_or_its_answer_is_withdrawn_as_well(part, export, tmp_path, store):
    take(export(tmp_path, ALL), store)
    assert take(export(tmp_path, ALL, without={part}), store).withdrawn == 1
    assert held(store) == set("01245")


def test_a_dry_run_says_what_would_be_withdrawn_and_withdraws_nothing(export, tmp_path, store):
    take(export(tmp_path, ALL), store)
    newer = export(tmp_path, ALL, without={"q2", "a2", "q4", "a4"})
    result = take(newer, store, dry_run=True)
    assert "  2 conversations would be withdrawn: something in them was deleted where it was said" in result.lines()
    assert held(store) == set("012345")
    assert take(newer, store).withdrawn == 2


def test_what_an_export_does_not_reach_stays(export, tmp_path, store):
    take(export(tmp_path, ALL), store)
    assert take(export(tmp_path, range(2, 6), without={"q4", "a4"}), store).withdrawn == 1
    assert held(store) == set("01235")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_exactly_what_was_deleted_strictly_inside_of_the_export_goes(export, tmp_path_factory, ready_file, data):
    folder = tmp_path_factory.mktemp("export")
    begin = data.draw(st.integers(0, 9))
    turns = range(begin, data.draw(st.integers(begin + 1, 10)))
    names = [f"{side}{n}" for n in range(10) for side in "qa"]
    without = data.draw(st.sets(st.sampled_from(names), max_size=12))
    left = [f"{side}{n}" for n in turns for side in "qa" if f"{side}{n}" not in without]
    if not any(name.startswith("a") for name in left):
        return  # the brand's account has to be there
    bye = [exports.said(APART * 60 * 20, exports.ANNA, "Bye")]
    later = {"shop/2020-09-13.json": bye} if export is slack else {"exportedAt": LATER.isoformat()}
    with fresh(ready_file, folder / "store.db") as opened:
        take(export(folder, range(10)), opened)
        take(export(folder, turns, without=without, **later), opened)
        inside = names[names.index(left[0]) + 1 : names.index(left[-1])]
        gone = {name[1:] for name in inside if name in without}
        assert held(opened) == {str(n) for n in range(10)} - gone


def test_a_thread_keeps_the_beginning_that_the_export_does_not_reach(tmp_path, store):
    thread = [exports.said(0, exports.ANNA, "Where is it?"), exports.reply(60, exports.DESK, "On its way.", to=0)]
    more = [exports.reply(9000, exports.ANNA, "Still not here", to=0), exports.reply(9060, exports.DESK, "Oh!", to=0)]
    take(exports.export(tmp_path, *thread, *more), store)
    (whole,) = store.conversations("harbor")
    said = exports.said(8000, exports.BEN, "Morning")
    result = take(exports.export(tmp_path, said, more[0], {**more[1], "text": "Oh no!"}), store)
    (found,) = store.conversations("harbor")
    assert (result.updated, found.id) == (1, whole.id)
    assert [m.content for m in found.messages] == ["Where is it?", "On its way.", "Still not here", "Oh no!"]
    assert take(exports.export(tmp_path, *thread, said, more[0], {**more[1], "text": "Oh no!"}), store).unchanged == 1


def test_of_a_channel_with_a_fault_nothing_is_concluded_and_of_the_others_it_is(tmp_path, store):
    shop = {"shop/2020-09-13.json": [exports.said(n, exports.BEN, f"Hello {n}") for n in (-9000, 9000)]}
    shop["shop/2020-09-13.json"][1:1] = [exports.said(1, exports.MIA, "Tea?"), exports.said(2, exports.DESK, "Yes.")]
    take(slack(tmp_path, ALL, **shop), store)
    assert store.count("harbor") == 7
    del shop["shop/2020-09-13.json"][1:3]
    broken = slack(tmp_path, ALL, without={"q2", "a2", "q3", "a3"}, more=["no object"], **shop)
    result = take(broken, store)
    assert (result.withdrawn, len(result.refused), held(store)) == (1, 1, set("012345"))


@pytest.mark.parametrize("fault", [{"messageCount": 99}, {"messageCount": None}, {"channel": {"id": "71"}}])
def test_of_a_file_that_may_not_be_whole_nothing_is_concluded(fault, tmp_path, store):
    take(discord(tmp_path, ALL), store)
    assert take(discord(tmp_path, ALL, without={"q2", "a2"}, **fault), store).withdrawn == 0
    assert held(store) >= set("012345")


def test_a_file_that_breaks_off_takes_nothing_away_from_a_conversation(tmp_path, store):
    said = [discord_exports.said(1, 0, discord_exports.ANNA, "Is it open?"), discord_exports.said(2, 1, HELP, "Yes.")]
    more = [discord_exports.said(3, 2, discord_exports.ANNA, "Sunday?"), discord_exports.said(4, 3, HELP, "From ten.")]
    path = write(tmp_path / "help.json", channel(*said, *more))
    take(path, store)
    whole = path.read_text()
    path.write_text(whole[: whole.index("Sunday?")])
    take(path, store)
    (conversation,) = store.conversations("harbor")
    assert [m.content for m in conversation.messages] == ["Is it open?", "Yes.", "Sunday?", "From ten."]


def test_an_older_export_withdraws_nothing_and_brings_nothing_back(export, tmp_path, store):
    older, newer = tmp_path / "older", tmp_path / "newer"
    for folder in (older, newer):
        folder.mkdir()
    export(older, range(5))
    export(newer, ALL, without={"q2", "a2"})
    path = {slack: "export.zip", discord: "help.json"}[export]
    take(older / path, store)
    assert take(newer / path, store).withdrawn == 1
    again = take(older / path, store)
    assert (again.withdrawn, again.deleted, again.updated, held(store)) == (0, 1, 0, set("01345"))
    assert "  1 left out: something in them was deleted since, as a newer import told" in again.lines()


def test_of_two_exports_of_the_same_moment_the_one_that_lacks_a_message_is_believed(export, tmp_path, store):
    whole = export(tmp_path, ALL).read_bytes()
    take(export(tmp_path, ALL), store)
    path = export(tmp_path, ALL, without={"q2", "a2"})
    take(path, store)
    path.write_bytes(whole)
    assert take(path, store).deleted == 1
    assert held(store) == set("01345")


def test_an_older_wording_does_not_replace_a_newer(tmp_path, store):
    first, later = NOON.isoformat(), (NOON + timedelta(days=9)).isoformat()
    take(discord(tmp_path, ALL, exportedAt=later), store)
    text = (tmp_path / "help.json").read_text()
    (tmp_path / "help.json").write_text(text.replace("Answer 3.", "Antwort 3.").replace(later, first))
    assert take(tmp_path / "help.json", store).updated == 0
    (tmp_path / "help.json").write_text(text.replace("Answer 3.", "Antwort 3."))
    assert take(tmp_path / "help.json", store).updated == 1


def test_what_is_in_a_newer_export_again_comes_back(export, tmp_path, store):
    take(export(tmp_path, ALL), store)
    take(export(tmp_path, ALL, without={"q2", "a2"}), store)
    result = take(export(tmp_path, range(7)), store)
    assert (result.added, result.deleted, held(store)) == (2, 0, set("0123456"))


def test_records_that_say_nothing_show_that_they_were_not_deleted(tmp_path, store):
    bot = exports.said(2 * APART * 60, exports.ANNA, "Question 2?", subtype="bot_message", bot_id="B1")
    take(slack(tmp_path, ALL), store)
    assert take(slack(tmp_path, ALL, without={"q2"}, more=[bot]), store).withdrawn == 0
    tombstone = bot | {"subtype": "tombstone", "text": "This message was deleted."}
    assert take(slack(tmp_path, ALL, without={"q2"}, more=[tombstone]), store).withdrawn == 1


def test_an_export_that_keeps_deletions_withdraws_what_it_says_was_deleted(tmp_path, store):
    take(slack(tmp_path, ALL), store)
    deletion = exports.said(9, None, None, subtype="message_deleted", deleted_ts=exports.ts(2 * APART * 60))
    assert take(slack(tmp_path, ALL, more=[deletion]), store).withdrawn == 1
    assert held(store) == set("01345")


def test_a_channel_that_is_known_by_its_name_alone_is_not_followed(tmp_path, store):
    unnamed = {"channels.json": [{"id": "C0OTHER", "name": "other"}]}
    take(slack(tmp_path, ALL, **unnamed), store)
    assert take(slack(tmp_path, ALL, without={"q2", "a2"}, **unnamed), store).withdrawn == 0


def test_other_speakers_withdraw_nothing(export, tmp_path, store):
    take(export(tmp_path, ALL), store)
    assert take(export(tmp_path, ALL), store, speakers=("anna",)).withdrawn == 0
    assert held(store) >= set("012345")


def test_threads_that_were_not_exported_again_stay(tmp_path, store):
    folder = tmp_path / "server"
    folder.mkdir()
    discord(folder, ALL)
    said = [
        discord_exports.said(50, 130, discord_exports.BEN, "Where is it?"),
        discord_exports.said(51, 131, HELP, "On its way."),
    ]
    thread = channel(*said, id="9500", type="GuildPublicThread", categoryId="70") | {"exportedAt": None}
    write(folder / "thread.json", thread)
    assert take(folder, store).added == 7
    (folder / "thread.json").unlink()
    assert take(discord(folder, ALL, without={"q2", "a2"}), store).withdrawn == 1
    assert store.count("harbor") == 6
    write(folder / "thread.json", channel(said[0], id="9500", type="GuildPublicThread", categoryId="70"))
    assert take(folder, store).withdrawn == 0  # the answer stood last, where the export may have ended


def test_an_export_that_lacks_most_of_what_is_known_is_taken_for_a_part(export, tmp_path, store):
    many = range(30)
    take(export(tmp_path, many), store)
    few = {f"{side}{n}" for n in range(1, 29) for side in "qa" if n % 5}
    result = take(export(tmp_path, many, without=few), store)
    assert (result.withdrawn, store.count("harbor")) == (0, 30)
    place = {slack: "slack:C0GEN", discord: "discord:70"}[export]
    assert f"  {place}: 46 of the 58 messages known from that time are not in it." in "\n".join(result.lines())


def test_live_talk_is_left_alone(tmp_path, store):
    talk = store.open_conversation("slack", "C0GEN", style="harbor")
    moment = datetime.fromtimestamp(exports.NOON + 90, UTC)
    store.append(talk, Message("user", "Hi", id=f"slack:C0GEN/{exports.ts(90)}", sent_at=moment))
    assert take(slack(tmp_path, ALL), store).withdrawn == 0
    assert len(store.history(talk, 9)) == 1


def test_the_original_of_what_was_withdrawn_goes_and_does_not_come_back(tmp_path, store):
    originals = store.originals(Sealing(None))
    whole = slack(tmp_path, ALL).read_bytes()
    take(tmp_path / "export.zip", store, originals=originals)
    newer = slack(tmp_path, range(7), without={"q2", "a2"})
    take(newer, store, originals=originals)
    assert [one.originals for one in originals.kept()] == [6]
    newer.write_bytes(whole)
    assert take(newer, store, originals=originals).deleted == 1
    assert [one.originals for one in originals.kept()] == [6]
    assert json.dumps([c.messages[0].content for c in store.conversations("harbor")]).count("Question 2?") == 0
