from styles.voices import Manifest
from tests.bots.http.conftest import MakeApi
from tests.bots.http.door import ASKED, Api


def put_on_trial(api: Api, *, share: float, shadow: bool = False) -> None:
    registry = api.desk.assistant.voices
    registry.publish(registry.stage("harbor"), Manifest("harbor", 0, "b", "r", "d", "x", {}, 0, "h", {}, "2026-01-01"))
    registry.start_canary("harbor", 1, share=share, shadow=shadow, who="ada")


def voices_of(api: Api, *users: str, model: str = "harbor") -> list[str]:
    client = api.openai()
    return [client.chat.completions.create(model=model, messages=ASKED, user=user).model for user in users]


def test_some_users_hear_the_candidate_always_the_same_ones_and_not_who_names_a_version(make_api: MakeApi) -> None:
    api = make_api()
    put_on_trial(api, share=0.5)
    users = [f"u{n}" for n in range(12)]
    heard = voices_of(api, *users)
    assert set(heard) == {"harbor@0", "harbor@1"}
    assert voices_of(api, *users) == heard
    assert set(voices_of(api, *users[:4], model="harbor@0")) == {"harbor@0"}


def test_what_is_kept_is_scored_and_a_shadow_answers_it_too(make_api: MakeApi) -> None:
    api = make_api()
    put_on_trial(api, share=0.0, shadow=True)
    said = api.openai().chat.completions.create(model="harbor", messages=ASKED, user="u1", store=True)
    api.run.loop.submit(api.desk.assistant.afterwards.settle()).result(20)
    assert [s.reply for s in api.store.live.scores("harbor")] == [said.id]
    assert [(s.reply, s.voice) for s in api.store.live.shadows("harbor")] == [(said.id, "harbor@1")]
