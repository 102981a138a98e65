import pytest

from brandvoice.leaks import find_leaks
from training.starter import desk


@pytest.mark.parametrize(
    "text",
    [
        "Write to help@example.com or to sam@mail.example.org.",
        "Call 1-800-555-0142 or 0800 555 0199.",
        "Steady as she goes.",
    ],
)
def test_what_is_reserved_for_examples_is_nobodys(text: str) -> None:
    assert find_leaks(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Write to jo@mailbox.org.",
        "Write to jo@example.com.evil.org.",
        "The key is sk-ant-abcdefghijklmnopqrstuvwxyz0123.",
    ],
)
def test_private_values_and_keys_are_leaks_and_are_not_told(text: str) -> None:
    [leak] = find_leaks(text)
    assert "jo" not in leak
    assert "sk-ant" not in leak


def test_the_same_value_is_the_same_leak_and_another_is_not() -> None:
    one, again, other = (find_leaks(t)[0] for t in ("jo@mailbox.org", "jo@mailbox.org", "al@mailbox.org"))
    assert one == again != other


def test_nothing_in_the_bundled_talk_is_a_leak() -> None:
    talks = desk.conversations(200, seed=5)
    assert [found for talk in talks for m in talk for found in find_leaks(m["content"])] == []
