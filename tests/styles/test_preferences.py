from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conversations.errors import CurationRefused
from conversations.messages import Feedback, Message, Submission
from conversations.preferences import PreferencePair, pair_id
from conversations.store import ConversationStore, open_store
from styles.curation import Draft, Dropped, Limits, each
from styles.dataset import load_dataset, save_dataset
from styles.gathering import Gathered, gather
from styles.preferences import Claim, Preferences, curate_preferences
from styles.voting import VotingRules
from tests.styles.material import DAY, SOURCES, curated, distinct, message

RULES = VotingRules(people_per_side=2, person_share=0.5)


def claim(name: str, *, prompt: str = "where is it?", **more: object) -> Claim:
    default: dict[str, object] = {"chosen": f"yep, {name} is on its way!", "rejected": f"I regret, {name} is late."}
    settings = {"source": "log", "conversation_id": f"talk-{name}", **default, **more}
    return Claim(id=name, prompt=(message(f"u: {prompt}"),), **settings)  # type: ignore[arg-type]


def cleaned(*claims: Claim, limits: Limits | None = None, **more: object) -> Preferences:
    return curate_preferences(claims, limits or Limits(), sources=SOURCES, sides={}, **more)  # type: ignore[arg-type]


def test_a_pair_keeps_prompt_both_replies_and_where_it_came_from() -> None:
    (row,) = cleaned(claim("a", author="ann", reviewer="rob", voice="harbor@2"), pseudonym=lambda p: f"<{p}>").rows
    assert (row.chosen, row.rejected) == ("yep, a is on its way!", "I regret, a is late.")
    assert (row.basis, row.source, row.voice, row.author, row.reviewer) == (
        "own-content",
        "log",
        "harbor@2",
        "<ann>",
        "<rob>",
    )
    assert row.is_pair


def test_private_values_are_hidden_alike_on_both_sides() -> None:
    said = "write to ann@mail.example.org"
    (row,) = cleaned(claim("a", prompt=f"i am ann@mail.example.org, {said}", chosen=f"yep! {said}", rejected=said)).rows
    assert "@" not in f"{row.prompt}{row.chosen}{row.rejected}"
    assert str(row.chosen).removeprefix("yep! ") == row.rejected
    assert row.redactions


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": None}, "no-source"),
        ({"source": "silent"}, "no-basis"),
        ({"source": "closed"}, "not-allowed"),
        ({"rejected": "the key is AKIA" + "IOSFODNN7EXAMPLQ, ok?"}, "secret"),
        ({"rejected": " "}, "empty-turn"),
        ({"chosen": "<|im_end|> yes"}, "template-token"),
        ({"chosen": "i regret,  A is LATE."}, "same-reply"),
        ({"chosen": "it is late, so sorry!", "rejected": "it is late, so sorrry!"}, "only-a-typo"),
        ({"chosen": "unfortunately not"}, "banned-word"),
        ({"chosen": "yes " * 300}, "reply-too-long"),
    ],
)
def test_a_pair_with_a_fault_on_either_side_stays_out_whole(changes: dict[str, object], reason: str) -> None:
    found = cleaned(claim("a", **changes), claim("b"), limits=Limits(banned=("unfortunately",)))
    assert [row.id for row in found.rows] == ["b"]
    assert found.left_out == {reason: 1}


def test_what_nobody_wants_may_be_long_and_say_banned_words() -> None:
    found = cleaned(claim("a", rejected="unfortunately not. " * 80), limits=Limits(banned=("unfortunately",)))
    assert len(found.rows) == 1


def test_equal_claims_count_once() -> None:
    twice = claim("a"), replace(claim("a"), id="b")
    assert cleaned(*twice).left_out == {"duplicate": 1}


def test_steps_of_plugins_see_preferences_and_their_faults_stop_everything() -> None:
    def no_lemons(draft: Draft) -> Draft | Dropped:
        return draft.drop("lemon", "Lemons.") if "lemon" in draft.messages[-1].content else draft

    found = cleaned(claim("a", rejected="a lemon"), claim("b"), steps=[each("lemons", no_lemons)])
    assert found.left_out == {"lemon": 1}

    def broken(draft: Draft) -> Draft:
        raise KeyError("lemon")

    with pytest.raises(CurationRefused, match='The curation step "lemons" failed at the preferences: KeyError'):
        cleaned(claim("a"), steps=[each("lemons", broken)])


def test_a_step_that_puts_something_private_in_stops_everything() -> None:
    def tells(draft: Draft) -> Draft:
        last = draft.messages[-1]
        return replace(
            draft, messages=(*draft.messages[:-1], replace(last, content=f"{last.content} ann@mail.example.org"))
        )

    with pytest.raises(CurationRefused, match="still holds something private after curation: EMAIL"):
        cleaned(claim("a"), steps=[each("telling", tells)])


def test_a_pair_stands_on_the_side_of_its_example_and_of_its_conversation() -> None:
    pairs = [claim("a", example_id="sub-a"), claim("b", conversation_id="talk-a"), claim("c", conversation_id="known")]
    found = curate_preferences(pairs, Limits(), sources=SOURCES, sides={"sub-a": "holdout", "known": "train"})
    assert {row.id: row.part for row in found.rows} == {"a": "holdout", "b": "holdout", "c": "train"}


def test_nothing_that_is_held_out_is_trained_on_under_another_name() -> None:
    pairs = [claim("a", example_id="sub-a"), claim("b", chosen="Yep, a is on its way!", example_id="sub-b")]
    found = curate_preferences(pairs, Limits(), sources=SOURCES, sides={"sub-a": "holdout", "sub-b": "train"})
    assert [row.id for row in found.rows] == ["a"]
    assert found.left_out == {"reply-of-the-holdout": 1}


def test_preferences_are_part_of_the_dataset_version(tmp_path: Path) -> None:
    made = curated(distinct(40))
    without = save_dataset(made, style="harbor", data_dir=tmp_path, now=DAY)
    claims = [claim(f"p{n}") for n in range(20)]
    claims += [claim(f"v{n}", chosen=None, conversation_id=f"voted{n}", weight=0.5) for n in range(20)]

    def save(*given: Claim) -> str:
        version = save_dataset(
            made, style="harbor", data_dir=tmp_path, now=DAY, preferences=lambda sides: cleaned(*given)
        )
        return version.hash

    with_all = save(*claims)
    assert with_all == save(*claims) != without.hash
    assert save(*claims[1:]) not in {with_all, without.hash}
    assert not (without.path / "preferences.parquet").exists()
    version = load_dataset(tmp_path, "harbor", with_all)
    pairs, votes = ([*rows("train"), *rows("holdout")] for rows in (version.pairs, version.votes))
    assert sorted(row.id for row in pairs) == sorted(f"p{n}" for n in range(20))
    assert all(row.label is False and row.weight == 0.5 and row.completion for row in votes)
    assert version.pairs("holdout")
    facts = version.manifest.preferences
    assert facts["pairs"] == {"train": len(version.pairs("train")), "holdout": len(version.pairs("holdout"))}
    assert "## What people prefer" in (version.path / "README.md").read_text(encoding="utf-8")
    assert {"talk-p3", "voted7"} <= version.seen()
    version.erase(now=DAY)
    assert not (version.path / "preferences.parquet").exists()
    assert not (version.path / "votes.parquet").exists()


@pytest.fixture
def store() -> Iterator[ConversationStore]:
    with open_store("sqlite://", now=lambda: datetime(2026, 3, 1, tzinfo=UTC)) as opened:
        yield opened


def talk(store: ConversationStore, number: int, *, voice: str = "harbor@2", asker: str = "asker") -> str:
    """A live exchange; the id of its reply."""
    asked = Message("user", f"where is {number}?", author=asker, id=f"q{number}")
    reply = Message("assistant", f"{number} is on its way", id=f"r{number}", voice=voice)
    store.keep_exchange("slack", f"c{number}", style="harbor", asked=[asked], reply=reply)
    return f"r{number}"


def thumb(store: ConversationStore, reply: str, person: str, *, up: bool = True, hours: int = 0) -> None:
    moment = DAY + timedelta(hours=hours)
    store.give_feedback(Feedback(reply, person, thumb="up" if up else "down", given_at=moment))


def better(store: ConversationStore, reply: str, text: str, *, person: str = "ann") -> str:
    name = f"sub-{reply}"
    said = (Message("user", "where is it?", author="asker"), Message("assistant", text, author=person))
    store.submit(Submission(name, "harbor", person, said, replaces=reply))
    return name


def collect(store: ConversationStore) -> Gathered:
    speaking = {"harbor@2", "harbor@1"}
    return gather(store, "harbor", speaking=speaking, rules=RULES, submissions_source="log", votes_source="log")


def test_an_approved_better_answer_and_the_reply_it_replaces_make_a_pair(store: ConversationStore) -> None:
    name = better(store, talk(store, 1), "yep, nearly there!")
    better(store, talk(store, 2), "never approved")
    store.decide(name, state="approved", reviewer="rob")
    (pair,) = collect(store).claims
    assert (pair.chosen, pair.rejected) == ("yep, nearly there!", "1 is on its way")
    assert (pair.author, pair.reviewer, pair.voice, pair.example_id) == ("ann", "rob", "harbor@2", name)


def test_voted_replies_carry_their_prompt_and_label(store: ConversationStore) -> None:
    for number, up in enumerate((True, True, False, False)):
        thumb(store, talk(store, number), f"person{number}", up=up, hours=number)
    found = {claim.id: claim for claim in collect(store).claims}
    assert [m.content for m in found["r0"].prompt] == ["where is 0?"]
    assert (found["r0"].chosen, found["r0"].rejected) == ("0 is on its way", None)
    assert (found["r3"].chosen, found["r3"].rejected) == (None, "3 is on its way")


def test_only_replies_of_the_current_and_previous_voice_count(store: ConversationStore) -> None:
    for number, voice in enumerate(("harbor@2", "harbor@1", "harbor@0", "volt@2")):
        reply = talk(store, number, voice=voice)
        for person in ("ann", "bob"):
            thumb(store, reply, person, up=number % 2 == 0, hours=number)
    gathered = collect(store)
    assert {claim.voice for claim in gathered.claims} == {"harbor@2", "harbor@1"}
    assert gathered.count.left_out == {"other-voice": 4}


def test_people_who_opted_out_neither_vote_nor_are_quoted(store: ConversationStore) -> None:
    for number in range(4):
        reply = talk(store, number, asker="shy" if number == 0 else "asker")
        for person in ("ann", "bob", "silent"):
            thumb(store, reply, person, up=number % 2 == 0, hours=9 * number)
    for person in ("shy", "silent"):
        store.opt_out(person)
    gathered = collect(store)
    assert sorted(claim.id for claim in gathered.claims) == ["r1", "r2", "r3"]
    assert gathered.count.left_out == {"opted-out": 5}


def test_a_forgotten_person_leaves_no_claim(store: ConversationStore) -> None:
    name = better(store, talk(store, 1), "yep, nearly there!")
    store.decide(name, state="approved", reviewer="rob")
    store.forget("asker")
    assert collect(store).claims == ()


def test_imported_pairs_are_claims_under_their_own_source(store: ConversationStore) -> None:
    prompt = (Message("user", "hi"),)
    pairs = [
        PreferencePair(pair_id(prompt, "yo", bad), "c", prompt, "yo", bad, source="log") for bad in ("hello", "yo")
    ]
    gathered = gather(
        store, "harbor", speaking=(), rules=RULES, submissions_source="log", votes_source="log", imported=pairs
    )
    assert [claim.rejected for claim in gathered.claims] == ["hello"]
    assert gathered.count.left_out == {"unusable-pair": 1}
