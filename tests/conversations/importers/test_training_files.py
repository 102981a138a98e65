"""The formats with one conversation per JSON object."""

import json

import pytest

from conversations.messages import content_id
from tests.conversations.importers.reading import chat, jsonl, only, read


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


def from_value(*turns):
    return {"conversations": [{"from": name, "value": text} for name, text in turns]}


def one(tmp_path, record):
    """The one conversation of a record, as (role, text)."""
    return only(read(jsonl(tmp_path / "chats.jsonl", record)).talk)


def refusal(tmp_path, record):
    """Why a record is refused; a good one stands beside it so that the file is recognised."""
    result = read(jsonl(tmp_path / "chats.jsonl", chat("Is it open?", "Until six."), record))
    assert len(result.conversations) == 1
    return result.refused["chats.jsonl:2"]


def test_an_openai_chat_is_read_with_its_system_message(tmp_path):
    result = read(jsonl(tmp_path / "chats.jsonl", chat("Is it open?", "Until six.", system="You are the desk.")))
    conversation = only(result.conversations)
    assert [(m.role, m.content, m.trainable) for m in conversation.messages] == [
        ("system", "You are the desk.", True),
        ("user", "Is it open?", True),
        ("assistant", "Until six.", True),
    ]
    assert conversation.place == "chats.jsonl:1"
    assert conversation.id == content_id(conversation.messages)


def test_weight_zero_marks_an_answer_as_not_to_be_learned(tmp_path):
    talk = [
        turn("user", "Capital of France?"),
        turn("assistant", "Paris", weight=0),
        turn("user", "Warmer, please."),
        turn("assistant", "Lovely Paris!", weight=1),
        turn("user", "And Spain?"),
        turn("assistant", "Madrid!", weight=None),
    ]
    conversation = only(read(jsonl(tmp_path / "chats.jsonl", {"messages": talk})).conversations)
    assert [m.trainable for m in conversation.messages] == [True, False, True, True, True, True]


@pytest.mark.parametrize("weight", [2, -1, True, False, "1", 0.5, [], {}])
def test_a_weight_that_is_neither_zero_nor_one_is_refused(weight, tmp_path):
    record = {"messages": [turn("user", "Hi"), turn("assistant", "Hello", weight=weight)]}
    assert "neither 0 nor 1" in refusal(tmp_path, record)


def test_a_developer_message_is_a_system_message(tmp_path):
    record = {"messages": [turn("developer", "Be kind."), turn("user", "Hi"), turn("assistant", "Hello")]}
    assert one(tmp_path, record)[0] == ("system", "Be kind.")


def test_tool_calls_and_results_are_left_out_and_told(tmp_path):
    record = {
        "messages": [
            turn("user", "Where is order 7?"),
            turn("assistant", None, tool_calls=[{"id": "c1", "function": {"name": "find", "arguments": "{not json"}}]),
            turn("tool", '{"state": "sent"}', tool_call_id="c1"),
            turn("assistant", "On its way!"),
            turn("user", "Thanks"),
            turn("assistant", "Sure.", function_call={"name": "close"}),
        ]
    }
    result = read(jsonl(tmp_path / "chats.jsonl", record))
    assert [content for _, content in only(result.talk)] == ["Where is order 7?", "On its way!", "Thanks", "Sure."]
    assert result.skipped == [("chats.jsonl:1", "tool calls and tool results")]


def test_a_record_of_which_only_tool_calls_answer_is_refused(tmp_path):
    record = {
        "messages": [turn("user", "Where?"), turn("assistant", None, tool_calls=[{"id": "c1"}]), turn("tool", "x")]
    }
    assert refusal(tmp_path, record) == "holds no user message that an assistant message answers"


def test_text_parts_are_joined(tmp_path):
    parts = [{"type": "text", "text": "Is it"}, {"type": "text", "text": "open?"}]
    assert one(tmp_path, {"messages": [turn("user", parts), turn("assistant", "Yes.")]})[0] == ("user", "Is it\nopen?")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([{"type": "image_url", "image_url": {"url": "x"}}], "a part of type 'image_url', and only text"),
        ([{"type": "text", "text": None}], "message 1 is null, not text"),
        ([7], "a part that is a number"),
        ({"text": "Hi"}, "message 1 is an object, not text"),
        (None, "message 1 is null, not text"),
        (12, "message 1 is a number, not text"),
        ("", "message 1 is empty"),
        (" \n", "message 1 is empty"),
        ([], "message 1 is empty"),
        ("a\u0000b", "holds a NUL character"),
        ("half \ud83d", "half of a character"),
    ],
)
def test_what_is_no_text_is_refused_with_the_number_of_the_message(content, reason, tmp_path):
    assert reason in refusal(tmp_path, {"messages": [turn("user", content), turn("assistant", "Yes.")]})


@pytest.mark.parametrize("role", ["critic", "", None, 7, ["user"], "a\x1b[31m" * 100])
def test_an_unknown_role_is_refused_and_shown_harmlessly(role, tmp_path):
    reason = refusal(tmp_path, {"messages": [turn(role, "Hi"), turn("assistant", "Yes.")]})
    assert "has the role" in reason
    assert "which is none of system, developer, user" in reason
    assert "\x1b" not in reason
    assert len(reason) < 300


def test_an_assistant_that_speaks_first_is_cut_and_so_is_a_last_question(tmp_path):
    talk = [turn("assistant", "Welcome!"), turn("user", "Hi"), turn("assistant", "Hello"), turn("user", "Bye")]
    result = read(jsonl(tmp_path / "chats.jsonl", {"messages": talk}))
    assert result.talk == [[("user", "Hi"), ("assistant", "Hello")]]
    assert result.reasons == ["assistant messages before the first user message", "user messages after the last answer"]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [turn("system", "x"), turn("assistant", "Hi")],
        [turn("user", "Hi")],
        [turn("assistant", "A"), turn("user", "B")],
    ],
)
def test_a_record_without_question_and_answer_is_refused(messages, tmp_path):
    assert refusal(tmp_path, {"messages": messages}) in (
        "holds no messages",
        "holds no user message that an assistant message answers",
    )


def test_a_system_message_in_the_middle_is_refused(tmp_path):
    talk = [turn("user", "Hi"), turn("system", "Be rude."), turn("assistant", "Go.")]
    assert refusal(tmp_path, {"messages": talk}) == "holds a system message in the middle"


def test_two_messages_of_one_side_become_one_unless_authors_or_weights_differ(tmp_path):
    talk = [
        turn("user", "Hi", name="anna"),
        turn("user", "Anybody?", name="anna"),
        turn("user", "Me too", name="ben"),
        turn("assistant", "Yes", weight=0),
        turn("assistant", "Yes!"),
        turn("assistant", "Welcome"),
    ]
    conversation = only(read(jsonl(tmp_path / "chats.jsonl", {"messages": talk})).conversations)
    assert [(m.author, m.content, m.trainable) for m in conversation.messages] == [
        ("anna", "Hi\nAnybody?", True),
        ("ben", "Me too", True),
        (None, "Yes", False),
        (None, "Yes!\nWelcome", True),
    ]


def test_an_empty_system_message_is_none(tmp_path):
    assert one(tmp_path, chat("Hi", "Hello") | {"tools": []})[0] == ("user", "Hi")
    record = {"messages": [turn("system", " "), turn("user", "Hi"), turn("assistant", "Hello")]}
    assert one(tmp_path, record)[0] == ("user", "Hi")


def test_a_record_of_another_shape_among_openai_ones_is_refused_by_its_keys(tmp_path):
    reason = refusal(tmp_path, {"prompt": "Hi", "completion": "Hello"})
    assert reason.startswith("holds the keys 'prompt', 'completion', and this import reads openai")


@pytest.mark.parametrize("asker", ["human", "user", "Human", "USER", "prompter"])
@pytest.mark.parametrize("answerer", ["gpt", "assistant", "chatgpt", "bing", "GPT", "bot"])
def test_sharegpt_speakers_go_by_many_names(asker, answerer, tmp_path):
    assert one(tmp_path, from_value((asker, "Hi"), (answerer, "Hello"))) == [("user", "Hi"), ("assistant", "Hello")]


def test_sharegpt_reads_system_and_leaves_tools_out(tmp_path):
    record = from_value(
        ("system", "Be kind."), ("human", "Hi"), ("function_call", "{}"), ("observation", "42"), ("gpt", "Hello")
    )
    result = read(jsonl(tmp_path / "chats.jsonl", record))
    assert result.talk == [[("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello")]]
    assert result.reasons == ["tool calls and tool results"]


def test_sharegpt_takes_the_system_text_beside_the_turns(tmp_path):
    record = from_value(("human", "Hi"), ("gpt", "Hello")) | {"system": "Be kind.", "tools": ""}
    assert one(tmp_path, record)[0] == ("system", "Be kind.")


def test_sharegpt_that_begins_with_the_assistant_is_cut_to_the_first_question(tmp_path):
    result = read(jsonl(tmp_path / "s.jsonl", from_value(("gpt", "Hey"), ("human", "Hi"), ("gpt", "Hello"))))
    assert result.talk == [[("user", "Hi"), ("assistant", "Hello")]]
    assert result.reasons == ["assistant messages before the first user message"]


def test_a_sharegpt_list_is_read_with_the_index_as_place(tmp_path):
    path = tmp_path / "share.json"
    records = [from_value(("human", "Hi"), ("gpt", "Hello")), from_value(("human", "Hi"), ("gpt", ""))]
    path.write_text(json.dumps(records, indent=2))
    result = read(path)
    assert [one.place for one in result.conversations] == ["share.json[0]"]
    assert result.refused == {"share.json[1]": "message 2 is empty"}


@pytest.mark.parametrize(
    ("mark", "reason"),
    [(False, "is marked as a bad answer"), ("True", "neither true nor false"), (1, "neither true nor false")],
)
def test_an_answer_that_was_marked_as_bad_never_comes_in(mark, reason, tmp_path):
    good = from_value(("human", "Hi"), ("gpt", "Hello"))
    result = read(jsonl(tmp_path / "s.jsonl", good | {"kto_tag": True}, good | {"kto_tag": mark}))
    assert len(result.conversations) == 1
    assert reason in result.refused["s.jsonl:2"]
    good = {"prompt": "Hi", "completion": "Hello"}
    result = read(jsonl(tmp_path / "p.jsonl", good | {"label": True}, good | {"label": mark}))
    assert len(result.conversations) == 1
    assert reason in result.refused["p.jsonl:2"]


def test_alpaca_is_read_with_input_system_and_history(tmp_path):
    record = {
        "instruction": "Translate",
        "input": "Guten Tag",
        "output": "Good day",
        "system": "Be brief.",
        "history": [["Hi", "Hello"]],
    }
    conversation = only(read(jsonl(tmp_path / "a.jsonl", record)).conversations)
    assert [(m.role, m.content, m.trainable) for m in conversation.messages] == [
        ("system", "Be brief.", True),
        ("user", "Hi", True),
        ("assistant", "Hello", False),
        ("user", "Translate\nGuten Tag", True),
        ("assistant", "Good day", True),
    ]


@pytest.mark.parametrize(
    "empty", [{}, {"input": ""}, {"input": None, "system": None, "history": None}, {"history": []}]
)
def test_alpaca_without_its_optional_parts_is_one_turn(empty, tmp_path):
    talk = one(tmp_path, {"instruction": "Greet", "output": "Hello", **empty})
    assert talk == [("user", "Greet"), ("assistant", "Hello")]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"output": ""}, "`output` is empty"),
        ({"instruction": None}, "`instruction` is empty"),
        ({"input": 3}, "`input` is a number"),
        ({"history": "Hi"}, "`history` is not a list"),
        ({"history": [["Hi"]]}, "`history` is not a list"),
        ({"history": [["Hi", ""]]}, "`history` is empty"),
    ],
)
def test_a_faulty_alpaca_record_is_refused(fault, reason, tmp_path):
    good = {"instruction": "Greet", "output": "Hello"}
    result = read(jsonl(tmp_path / "a.jsonl", good, good | fault))
    assert len(result.conversations) == 1
    assert reason in result.refused["a.jsonl:2"]


def test_prompt_and_completion_are_read_without_the_space_between_them(tmp_path):
    assert one(tmp_path, {"prompt": "Hi\n", "completion": " Hello"}) == [("user", "Hi"), ("assistant", "Hello")]


def test_prompt_and_completion_as_messages_teach_the_completion_only(tmp_path):
    record = {
        "prompt": [turn("system", "Be kind."), turn("user", "Hi"), turn("assistant", "Yo"), turn("user", "Nicer")],
        "completion": [turn("assistant", "Good day!")],
    }
    conversation = only(read(jsonl(tmp_path / "p.jsonl", record)).conversations)
    assert [(m.role, m.trainable) for m in conversation.messages] == [
        ("system", True),
        ("user", True),
        ("assistant", False),
        ("user", True),
        ("assistant", True),
    ]


@pytest.mark.parametrize("record", [{"prompt": "", "completion": "Hi"}, {"prompt": "Hi", "completion": None}])
def test_a_prompt_or_completion_without_words_is_refused(record, tmp_path):
    result = read(jsonl(tmp_path / "p.jsonl", {"prompt": "Hi", "completion": "Hello"}, record))
    assert list(result.refused) == ["p.jsonl:2"]


def test_a_changed_word_changes_the_id_and_the_place_does_not(tmp_path):
    result = read(jsonl(tmp_path / "c.jsonl", chat("Hi", "Hello"), chat("Hi", "Hello"), chat("Hi", "Hello!")))
    first, same, other = (one.id for one in result.conversations)
    assert first == same != other
