from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brandvoice.canaries import arms, check_canaries, look_at
from brandvoice.news import Newsroom
from brandvoice.round_store import RoundStore
from brandvoice.workspace import Workspace
from conversations import feedback, talk
from conversations.messages import Feedback, Message
from styles.sequential import Arm
from styles.voices import Manifest
from tests.brandvoice.scripted import make_worker, make_workspace

BEGAN = datetime.now(UTC)
AUTO = '[styles.tea]\npromote = "auto"\n[styles.tea.canary]\nshare = 0.2\n'


def publish(workspace: Workspace, *, round_id: str | None = None) -> int:
    registry = workspace.voices
    manifest = Manifest("tea", 0, "b", "r", "x", "d", {}, 0, "t", {}, "2026-01-01T00:00:00", round=round_id)
    return registry.publish(registry.stage("tea"), manifest).manifest.number


def put_on_trial(workspace: Workspace) -> None:
    workspace.voices.promote("tea", publish(workspace), who="ada")
    workspace.voices.start_canary("tea", publish(workspace), share=0.2, who="ada")


def let_vote(workspace: Workspace, voice: str, *, up: int, down: int, reason: str | None = None) -> None:
    with workspace.open_store() as store:
        opened = store.open_conversation("slack", f"C1/{voice}/{up}/{down}", style="tea")
        with store.database.writing() as connection:  # one transaction, since there are many
            for number in range(up + down):
                person, now = f"{voice}-{number}-{reason}", datetime.now(UTC)
                said = Message("assistant", "Yes.", voice=voice, id=f"{person}-r")
                talk.append(connection, opened, message=said, now=now)
                given = Feedback(f"{person}-r", person, "up" if number < up else "down", reason=reason)
                feedback.give(connection, given, now=now)


def news(rounds: RoundStore) -> list[tuple[str, str]]:
    return [(n.kind, str(n.facts["message"])) for n in Newsroom(rounds.database, now=rounds.now).all()]


def test_a_candidate_that_people_like_better_is_promoted_by_itself_and_says_why(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", settings=AUTO)
    put_on_trial(workspace)
    let_vote(workspace, "tea@1", up=120, down=120)
    let_vote(workspace, "tea@2", up=58, down=2)
    with workspace.open_rounds() as rounds:
        assert check_canaries(workspace, rounds) == {"tea": "promoted"}
        assert check_canaries(workspace, rounds) == {}
        ((kind, message),) = news(rounds)
    decision = workspace.voices.history("tea")[-1]
    assert (decision.action, decision.number, decision.who) == ("promote", 2, "the canary")
    assert "97% of 60 people liked the candidate" in decision.reason
    assert (kind, "tea@2 was heard by some, beside tea@1" in message) == ("canary.promoted", True)
    assert workspace.voices.rollback("tea", who="ada") == 1


def test_one_that_people_like_less_is_taken_back(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", settings=AUTO)
    put_on_trial(workspace)
    let_vote(workspace, "tea@1", up=90, down=10)
    let_vote(workspace, "tea@2", up=10, down=20)
    with workspace.open_rounds() as rounds:
        assert check_canaries(workspace, rounds) == {"tea": "taken back"}
    assert workspace.voices.version("tea", 2).state == "rejected"
    assert workspace.voices.version("tea", 1).state == "current"


def test_without_auto_people_are_told_once_and_decide(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w")
    put_on_trial(workspace)
    let_vote(workspace, "tea@1", up=90, down=10)
    let_vote(workspace, "tea@2", up=10, down=20)
    with workspace.open_rounds() as rounds:
        assert [check_canaries(workspace, rounds) for _ in range(2)] == [{"tea": "waits"}] * 2
        assert [kind for kind, _ in news(rounds)] == ["canary.advice"]
    assert workspace.voices.version("tea", 2).state == "canary"


def test_an_undecided_trial_ends_when_its_time_is_up_and_its_voice_is_a_candidate_again(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", settings=AUTO)
    put_on_trial(workspace)
    let_vote(workspace, "tea@1", up=5, down=5)
    with workspace.open_rounds() as rounds:
        assert check_canaries(workspace, rounds) == {"tea": "waits"}
        rounds.now = lambda: BEGAN + timedelta(days=31)
        assert check_canaries(workspace, rounds) == {"tea": "ended"}
        assert "30 days are over" in news(rounds)[0][1]
    assert workspace.voices.version("tea", 2).state == "candidate"


def test_two_people_who_call_a_reply_unsafe_end_it(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", settings=AUTO)
    put_on_trial(workspace)
    let_vote(workspace, "tea@2", up=0, down=2, reason="unsafe")
    with workspace.open_rounds() as rounds:
        assert check_canaries(workspace, rounds) == {"tea": "taken back"}


def test_each_person_counts_once_and_what_was_said_of_other_versions_does_not() -> None:
    given = [
        Feedback("r1", "ada", "up", voice="tea@2"),
        Feedback("r2", "ada", "down", voice="tea@2"),
        Feedback("r3", "ada", "down", voice="tea@1"),
        Feedback("r4", "bob", "down", voice="tea@1"),
        Feedback("r5", "cy", "up", voice="tea@0"),
        Feedback("r6", "dan", None, voice="tea@2", comment="hm"),
    ]
    assert arms(given, candidate="tea@2", current="tea@1") == (Arm(1, 0), Arm(0, 1))


def test_votes_of_before_the_trial_do_not_count(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", settings=AUTO)
    workspace.voices.promote("tea", publish(workspace), who="ada")
    let_vote(workspace, "tea@1", up=3, down=3)
    path = workspace.voices.root / "tea" / "register.json"
    workspace.voices.start_canary("tea", publish(workspace), share=0.2, who="ada")
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat(timespec="seconds")
    since = workspace.voices.canary("tea")
    assert since is not None
    path.write_text(path.read_text().replace(f'"since": "{since.since}"', f'"since": "{later}"'))
    trial = look_at(workspace, "tea")
    assert trial is not None
    assert trial.standing.current.people == 0


@pytest.mark.parametrize(("up", "down", "state"), [(58, 2, "promoted"), (0, 40, "rejected")])
def test_a_round_that_passes_puts_its_voice_on_trial_and_the_votes_end_it(
    tmp_path: Path, up: int, down: int, state: str
) -> None:
    workspace = make_workspace(tmp_path / "w", settings=AUTO)
    with workspace.open_rounds() as rounds:
        queued = rounds.queue("tea", recipe="default", until="promoted")
        make_worker(workspace, rounds).run_one()
        waiting = rounds.load(queued.id)
        assert (waiting.state, workspace.voices.version("tea", 1).state) == ("waiting", "canary")
        assert "20% of people hear it now" in waiting.reason
        let_vote(workspace, "tea@0", up=90, down=90)
        let_vote(workspace, "tea@1", up=up, down=down)
        check_canaries(workspace, rounds)
        done = rounds.load(queued.id)
    assert done.state == state
    assert "people liked the candidate" in done.reason
    assert workspace.voices.canary("tea") is None


def test_a_style_with_a_canary_has_a_worker_beside_the_bots(tmp_path: Path) -> None:
    from brandvoice.serving import _needing_nothing

    assert _needing_nothing(make_workspace(tmp_path / "a", settings=AUTO))["rounds"]
    assert not _needing_nothing(make_workspace(tmp_path / "b"))["rounds"]
