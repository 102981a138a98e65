"""Topics: what matters are called."""

from styles.topics import coverage

KINDS = ("refund of the broken kettle", "parcel delivery is late")


def asked(link: str) -> list[str]:
    return [f"{KINDS[n % 2]} {link.format(n)}" for n in range(80)]


def test_links_name_no_matter_and_make_none():
    linked = coverage(asked("https://shop.example.com/data/{}?http=1 WWW.example.org/x"), asked(""))
    assert linked == coverage(asked(""), asked(""))
    words = {word for topic in linked for word in topic.words.split(", ")}
    assert {"kettle", "parcel"} <= words
    assert not words & {"http", "https", "com", "www", "example", "data"}
