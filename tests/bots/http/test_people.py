"""What people give through the API, how curators decide about it, and how it is taken back."""

from __future__ import annotations

from typing import Any

from tests.bots.http.door import PAGE, Api

EXAMPLE = [
    {"role": "user", "content": "Where is my parcel? I am anna@mail.example."},
    {"role": "assistant", "content": "Ahoy! It is nearly there."},
]


def kept_reply(api: Api, *, role: str = "member", user: str = "anna", **more: Any) -> str:
    return str(api.chat(role=role, store=True, user=user, **more).json()["id"])


def feedback(api: Api, reply: str, *, role: str = "member", user: str = "anna", **given: Any) -> Any:
    return api.call("POST", "/v1/feedback", role=role, json={"completion_id": reply, "user": user, **given})


def submit(api: Api, *, role: str = "member", user: str = "anna", **more: Any) -> Any:
    asked = {"model": "harbor", "messages": EXAMPLE, "consent": True, "user": user, **more}
    return api.call("POST", "/v1/submissions", role=role, json=asked)


def test_an_exchange_is_kept_only_where_that_is_wanted(api: Api) -> None:
    unkept = api.chat().json()["id"]
    assert list(api.store.conversations(None)) == []
    answer = feedback(api, unkept, thumb="up")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    kept_reply(api)
    (conversation,) = api.store.conversations(None)
    assert [(m.role, m.content) for m in conversation.messages] == [
        ("user", "Where is my parcel?"),
        ("assistant", "Your parcel is on its way."),
    ]
    assert list(api.store.conversations(None, trainable_only=True)) == []


def test_one_person_has_one_vote_that_may_change(api: Api) -> None:
    reply = kept_reply(api)
    assert feedback(api, reply, thumb="up").json()["voice"] == "harbor@0"
    feedback(api, reply, thumb="down", reason="tone", comment="Too stiff.")
    feedback(api, reply, user="ben", thumb="up")
    votes = {f.person.rsplit("/", 1)[1]: (f.thumb, f.reason, f.comment) for f in api.store.feedback()}
    assert votes == {"anna": ("down", "tone", "Too stiff."), "ben": ("up", None, None)}
    gone = api.call("DELETE", f"/v1/feedback/{reply}", role="member", params={"user": "ben"})
    assert gone.json() == {"object": "feedback", "completion_id": reply, "deleted": True}
    assert len(api.store.feedback()) == 1


def test_nobody_judges_what_another_key_was_told(api: Api) -> None:
    reply = kept_reply(api)
    assert feedback(api, reply, role="curator", thumb="up").status_code == 404
    assert api.call("DELETE", f"/v1/feedback/{reply}", role="curator").status_code == 404
    assert feedback(api, "chatcmpl-unknown", thumb="up").status_code == 404
    asked = next(iter(api.store.conversations(None))).messages[0]
    assert feedback(api, str(asked.id), thumb="up").status_code == 404


def test_feedback_that_says_nothing_is_refused(api: Api) -> None:
    reply = kept_reply(api)
    assert feedback(api, reply).status_code == 400
    assert feedback(api, reply, thumb="sideways").status_code == 400
    same = feedback(api, reply, better_answer="Your parcel is on its way.", consent=True)
    assert same.json()["error"]["param"] == "better_answer"


def test_a_better_answer_needs_consent_and_waits_for_review(api: Api) -> None:
    reply = kept_reply(api)
    refused = feedback(api, reply, better_answer="Ahoy!")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "consent_needed")
    assert "By submitting you agree" in refused.json()["error"]["message"]
    receipt = feedback(api, reply, better_answer="Ahoy!", consent=True).json()["submission"]
    (submission,) = api.store.submissions()
    assert (submission.id, submission.state, submission.replaces) == (receipt, "waiting", reply)


def test_a_submission_is_shown_first_then_kept_listed_and_withdrawn(api: Api) -> None:
    seen = submit(api, preview=True, consent=False).json()
    assert (seen["state"], seen["id"], seen["replaced"]) == ("preview", None, {"EMAIL": 1})
    assert "anna@mail.example" not in str(seen["messages"])
    assert api.store.submissions() == []
    assert submit(api, consent=False).json()["error"]["code"] == "consent_needed"
    receipt = submit(api).json()["id"]
    assert "anna@mail.example" not in str(api.store.submission(receipt).messages)

    mine = api.call("GET", "/v1/submissions", role="member", params={"user": "anna"}).json()
    assert [s["id"] for s in mine["data"]] == [receipt]
    assert api.call("GET", "/v1/submissions", role="member", params={"user": "ben"}).json()["data"] == []
    path = f"/v1/submissions/{receipt}"
    assert api.call("DELETE", path, role="member", params={"user": "ben"}).status_code == 404
    assert api.call("DELETE", path, role="member", params={"user": "anna"}).json()["state"] == "withdrawn"


def test_a_submission_that_cannot_be_learned_from_is_refused(api: Api) -> None:
    assert submit(api, messages=EXAMPLE[:1]).status_code == 400
    assert submit(api, messages=[]).status_code == 400
    assert submit(api, messages=[{"role": "tool", "content": "x"}]).status_code == 400
    assert submit(api, model="nothing").status_code == 404


def test_a_curator_approves_edits_and_rejects(api: Api) -> None:
    first, second = submit(api).json()["id"], submit(api, user="ben").json()["id"]
    waiting = api.call("GET", "/v1/review/submissions", role="curator").json()["data"]
    assert [s["id"] for s in waiting] == [first, second]
    edited = [EXAMPLE[0], {"role": "assistant", "content": "Ahoy! Tomorrow. Mail me: kim@shop.example"}]
    path = "/v1/review/submissions"
    done = api.call("POST", f"{path}/{first}/approve", role="curator", json={"messages": edited, "note": "shorter"})
    assert (done.json()["state"], done.json()["messages"][-1]["content"]) == (
        "approved",
        "Ahoy! Tomorrow. Mail me: <EMAIL_2>",
    )
    assert (
        api.call("POST", f"{path}/{second}/reject", role="curator", json={"note": "no"}).json()["state"] == "rejected"
    )
    assert api.call("POST", f"{path}/nothing/approve", role="curator", json={}).status_code == 404
    undone = api.call("POST", "/v1/review/undo", role="curator", params={"style": "harbor"}).json()
    assert (undone["id"], undone["state"]) == (second, "waiting")
    decisions = [(line.what, line.subject) for line in api.store.audit() if line.what != "submitted"]
    assert decisions[:2] == [("approved", first), ("rejected", second)]
    assert all(line.who.startswith("http/key_") for line in api.store.audit())


def test_nobody_approves_what_was_handed_in_with_the_same_key(api: Api) -> None:
    for user in ("anna", None):
        asked = {"model": "harbor", "messages": EXAMPLE, "consent": True, "user": user}
        receipt = api.call("POST", "/v1/submissions", role="curator", json=asked).json()["id"]
        answer = api.call("POST", f"/v1/review/submissions/{receipt}/approve", role="curator", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "own_submission")
    assert {s.state for s in api.store.submissions()} == {"waiting"}


def test_curators_read_feedback_without_names(api: Api) -> None:
    feedback(api, kept_reply(api), thumb="down", comment="Too stiff.")
    listed = api.call("GET", "/v1/review/feedback", role="curator", params={"style": "harbor"})
    (opinion,) = listed.json()["data"]
    assert (opinion["thumb"], opinion["comment"]) == ("down", "Too stiff.")
    assert "anna" not in listed.text


def test_a_person_sees_and_erases_what_is_theirs_and_nothing_else(api: Api) -> None:
    for user in ("anna", "ben"):
        feedback(api, kept_reply(api, user=user), user=user, thumb="up")
        submit(api, user=user)
    anna = {"user": "anna"}
    kept = api.call("GET", "/v1/me", role="member", params=anna).json()
    assert (kept["conversations"], kept["submissions"], kept["erased"]) == (1, 1, False)
    gone = api.call("DELETE", "/v1/me", role="member", params=anna).json()
    assert (gone["conversations"], gone["erased"]) == (1, True)
    after = api.call("GET", "/v1/me", role="member", params=anna).json()
    assert (after["conversations"], after["submissions"], after["feedback"]) == (0, 0, 0)
    assert api.call("GET", "/v1/me", role="member", params={"user": "ben"}).json()["conversations"] == 1


def test_who_opted_out_cannot_hand_in_before_opting_in(api: Api) -> None:
    anna = {"user": "anna"}
    assert api.call("POST", "/v1/me/opt_out", role="member", params=anna).json()["opted_out"]
    assert submit(api).status_code == 400
    assert not api.call("POST", "/v1/me/opt_in", role="member", params=anna).json()["opted_out"]
    assert submit(api).status_code == 200


def test_the_secret_of_a_visitor_is_kept_nowhere(api: Api) -> None:
    answer = api.chat(role="page", headers={"origin": PAGE}, store=True, user="visitor-secret")
    assert answer.status_code == 200
    (conversation,) = api.store.conversations(None)
    assert "visitor-secret" not in repr(conversation)
    assert conversation.messages[0].author
