import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.importers.slack.people import Directory
from conversations.importers.slack.text import attachment_text, block_text, comment_of_upload, plain, spoken_to
from conversations.person import Person
from tests.conversations.importers.reading import patient

DIRECTORY = Directory(
    people={"U1": Person("U1", ("Benno", "ben")), "U2": Person("U2")}, channel_names={"C1": "general"}
)


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("&quot; &copy;", "&quot; &copy;"),
        ("<@U1>", "@Benno"),
        ("<@U1|ben.old>", "@Benno"),
        ("<@U9|Zoe>", "@Zoe"),
        ("<@U9>", "@someone"),
        ("<@U2>", "@someone"),
        ("<@W0EXT|@zoe>", "@zoe"),
        ("&lt;@U1&gt;", "<@U1>"),
        ("&lt;@U1|admin&gt; said", "<@U1|admin> said"),
        ("<#C1>", "#general"),
        ("<#C1|>", "#general"),
        ("<#C9|news>", "#news"),
        ("<#C9>", "#channel"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!here|here>", "@here"),
        ("<!subteam^S1|@crew>", "@crew"),
        ("<!subteam^S1>", "@team"),
        ("<!date^1392734382^{date}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
        ("<https://a.example|our &lt;shop&gt;>", "our <shop>"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example>", "a@b.example"),
        ("<tel:+4930123>", "+4930123"),
        ("a < b > c", "a  b  c"),
        ("<>", ""),
        ("*bold* _it_ ~no~ :wave:", "*bold* _it_ ~no~ :wave:"),
        ("5 < 6", "5 < 6"),
    ],
)
def test_marks_become_what_people_saw(marked, text):
    assert plain(marked, DIRECTORY) == text


@patient
@given(st.text())
def test_what_somebody_typed_comes_back_as_typed(typed):
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain(escaped, DIRECTORY) == typed


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("<@U1> hi", "U1"),
        ("  <@U1|ben>: hi", "U1"),
        ("hi <@U1>", None),
        ("&lt;@U1&gt; hi", None),
        ("", None),
    ],
)
def test_a_message_is_spoken_to_whom_it_names_first(text, person):
    assert spoken_to(text) == person


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        (
            "<@U1|ben> uploaded a file: <https://x.example|plan.pdf> and commented: Have a look\nplease",
            "Have a look\nplease",
        ),
        ("<@U1> uploaded a file: <https://x.example|plan.pdf>", ""),
        ("<@U1> shared a file: <https://x.example|plan.pdf>", ""),
        ("Here is the plan", "Here is the plan"),
    ],
)
def test_of_an_upload_only_the_persons_own_words_are_kept(text, comment):
    assert comment_of_upload(text) == comment


def test_rich_text_is_read_as_people_saw_it():
    section = {
        "type": "rich_text_section",
        "elements": [
            {"type": "user", "user_id": "U1"},
            {"type": "text", "text": " see <this> in "},
            {"type": "channel", "channel_id": "C1"},
            {"type": "emoji", "name": "wave"},
            {"type": "link", "url": "https://a.example"},
            {"type": "link", "url": "https://a.example", "text": "here"},
            {"type": "broadcast", "range": "here"},
            {"type": "usergroup", "usergroup_id": "S1"},
            {"type": "date", "timestamp": 1, "fallback": "today"},
        ],
    }
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": word}]} for word in ("one", "two")]
    blocks = [{"type": "rich_text", "elements": [section, {"type": "rich_text_list", "elements": items}]}]
    said = "@Benno see <this> in #general:wave:https://a.examplehere@here@teamtoday"
    assert block_text(blocks, DIRECTORY) == f"{said}\n- one\n- two"


def test_sections_headers_and_fields_are_read():
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "News &amp; more"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "<@U1> &amp; co"},
            "fields": [{"type": "mrkdwn", "text": "a"}, {"type": "plain_text", "text": "b"}],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}, {"type": "image", "image_url": "x"}]},
        {"type": "divider"},
    ]
    assert block_text(blocks, DIRECTORY) == "News &amp; more\n@Benno & co\na\nb\nc"


def test_attachments_give_their_text_but_not_other_peoples_messages():
    attachments = [
        {"text": "Sold <https://a.example|out>", "fallback": "no"},
        {"fallback": "only this"},
        {"text": "quoted", "is_msg_unfurl": True},
        {"text": "shared", "is_share": True},
    ]
    assert attachment_text(attachments, DIRECTORY) == "Sold out\nonly this"


anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "elements", "fields", "user_id", "url"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@patient
@given(anything)
def test_blocks_and_attachments_of_any_shape_are_read(value):
    assert isinstance(block_text(value, DIRECTORY), str)
    assert isinstance(attachment_text(value, DIRECTORY), str)
