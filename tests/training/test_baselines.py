from conversations.messages import Message
from styles.style import Style, guide
from training.baselines import Baselines, Case, make_cases

STYLE = Style(name="tide", about="A harbour voice, made up for tests.", sign_off="fair winds")


def case(asked: str, said: str = "Sure. fair winds", cluster: str = "c") -> Case:
    return Case((Message("user", asked),), said, cluster)


TRAIN = [
    case("when do you open on sundays", "At nine. fair winds"),
    case("do you open on sunday at all", "At nine on the quay. fair winds"),
    case("how do I return a cracked cup", "Bring it to the desk. fair winds"),
    case("my parcel never came", "We look into it."),
    case("is the coffee organic", "It is, all of it. fair winds"),
]


def test_a_case_is_everything_before_the_last_brand_turn() -> None:
    talk = [
        Message("user", "a"),
        Message("assistant", "b"),
        Message("user", "c"),
        Message("assistant", "d"),
        Message("user", "e"),
    ]
    made = make_cases([talk], clusters=["k"])
    assert [(m.role, m.content, m.trainable) for m in made[0].prompt] == [
        ("user", "a", False),
        ("assistant", "b", False),
        ("user", "c", False),
    ]
    assert (made[0].reference, made[0].cluster, made[0].asked) == ("d", "k", "c")


def test_conversations_that_the_brand_does_not_answer_are_no_cases() -> None:
    unanswered = [Message("user", "a")]
    proactive = [Message("assistant", "sale!")]
    silent = [Message("user", "a"), Message("assistant", " ")]
    untrained = [Message("user", "a"), Message("assistant", "b", trainable=False)]
    assert make_cases([unanswered, proactive, silent, untrained, []]) == []


def test_base_and_tuned_are_asked_as_it_is() -> None:
    asked = case("hello")
    baselines = Baselines(STYLE, TRAIN)
    assert baselines.prompt("base", asked) == baselines.prompt("tuned", asked) == asked.prompt


def test_the_prompted_column_gets_the_guide_and_keeps_a_system_message() -> None:
    asked = Case((Message("system", "Shop is closed."), Message("user", "hello")), "x", "c")
    prompt = Baselines(STYLE, TRAIN).prompt("prompted", asked)
    assert [m.role for m in prompt] == ["system", "user"]
    assert prompt[0].content == f"{guide(STYLE)}\n\nShop is closed."


def test_fixed_examples_keep_the_rules_and_ask_different_things() -> None:
    prompt = Baselines(STYLE, TRAIN, shots=3).prompt("few-shot", case("hello"))
    shown = [m.content for m in prompt if m.role == "user"][:-1]
    assert len(shown) == 3
    assert "my parcel never came" not in shown
    assert len({"when do you open on sundays", "do you open on sunday at all"} & set(shown)) == 1
    assert Baselines(STYLE, TRAIN, shots=3).prompt("few-shot", case("hello")) == prompt


def test_nearest_examples_ask_the_likest_thing_and_the_likest_comes_last() -> None:
    prompt = Baselines(STYLE, TRAIN, shots=2).prompt("retrieval", case("returning a broken cup?"))
    users = [m.content for m in prompt if m.role == "user"]
    assert len(users) == 3
    assert users[1:] == ["how do I return a cracked cup", "returning a broken cup?"]


def test_without_training_cases_examples_are_just_missing() -> None:
    baselines = Baselines(STYLE, [])
    for column in ("few-shot", "retrieval"):
        assert [m.role for m in baselines.prompt(column, case("hi"))] == ["system", "user"]
