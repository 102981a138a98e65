import io
import json
import tracemalloc
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.importers.cutting import BrokenListError, cut_lines, cut_list, utf8
from tests.conversations.importers.reading import Trickle, patient

BIG = 10**6

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(['"', "\\", "\\\\", "[}", "{,", '\\"', "]"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def cut(content: bytes, *, cap: int = BIG) -> tuple[list[bytes | None], str]:
    """The elements, and the fault that ended them."""
    found: list[bytes | None] = []
    try:
        for element in cut_list(io.BytesIO(content), cap=cap):
            found.append(element)  # noqa: PERF402
    except BrokenListError as fault:
        return found, str(fault)
    return found, ""


@patient
@given(st.lists(json_values, max_size=6), sizes, st.booleans(), st.sampled_from([None, 1]))
def test_a_list_is_cut_into_the_elements_that_json_finds(values, pieces, ascii_only, indent):
    content = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    found = [json.loads(raw) for raw in cut_list(Trickle(content, pieces), cap=BIG) if raw and raw.strip()]
    assert found == values


@patient
@given(st.binary(max_size=200), sizes)
def test_any_bytes_are_cut_without_a_crash_and_the_same_in_any_pieces(content, pieces):
    def elements(stream):
        found = []
        try:
            found.extend(cut_list(stream, cap=BIG))
        except BrokenListError:
            found.append(b"broken")
        return found

    content = b"[" + content
    assert elements(Trickle(content, pieces)) == elements(io.BytesIO(content))


def test_an_element_above_the_cap_is_left_out_and_its_neighbours_are_not():
    found, fault = cut(b'[{"a": 1}, {"b": "' + b"x" * 500 + b'"}, {"c": 3}]', cap=100)
    assert (found, fault) == ([b'{"a": 1}', None, b' {"c": 3}'], "")


def test_a_list_that_breaks_off_gives_what_stands_before_the_break():
    found, fault = cut(b'[{"a": 1}, {"b": ')
    assert found == [b'{"a": 1}', b' {"b": ']
    assert "breaks off" in fault


def test_text_after_the_list_is_told():
    assert "more text after the end" in cut(b'[{"a": 1}] {"b": 2}')[1]
    assert cut(b'[{"a": 1}]  \n\t')[1] == ""


def test_white_space_after_the_list_is_looked_through_to_its_end():
    assert "more text" in cut(b"[1]" + b" " * 200_000 + b"x")[1]


@patient
@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line and not line.endswith(b"\r")), max_size=8))
def test_lines_are_the_lines_of_the_file(lines):
    content = b"".join(line + b"\n" for line in lines)
    assert list(cut_lines(io.BytesIO(content), cap=30)) == lines


@pytest.mark.parametrize("tail", [b"", b"\n"])
def test_a_line_above_the_cap_is_left_out_and_the_next_one_is_read(tail):
    assert list(cut_lines(io.BytesIO(b"a\n" + b"x" * 200_000 + b"\nb" + tail), cap=100)) == [b"a", None, b"b"]


class Endless(io.RawIOBase):
    """A list that holds one text of 20 MB."""

    def __init__(self):
        self.at = 0

    def readable(self):
        return True

    def readinto(self, target):
        size = min(len(target), 20_000_000 - self.at)
        target[:size] = (b'["' if self.at == 0 else b"").ljust(size, b"x")
        self.at += size
        return size


@pytest.mark.parametrize(("cutter", "end"), [(cut_lines, nullcontext()), (cut_list, pytest.raises(BrokenListError))])
def test_memory_stays_flat_however_long_a_record_is(cutter, end):
    found = []
    tracemalloc.start()
    try:
        with end:
            found.extend(cutter(io.BufferedReader(Endless(), 1 << 16), cap=100_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [None]
    assert peak < 1_000_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8"])
@patient
@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_text_is_the_same_in_every_encoding(encoding, text):
    said = f'{{"text": {json.dumps(text, ensure_ascii=False)}}}\n'
    assert utf8(io.BytesIO(said.encode(encoding))).read().decode() == said


def test_half_a_character_in_utf_16_spoils_its_own_line_only():
    content = "good\n".encode("utf-16") + b"\x3d\xd8" + "\ngood\n".encode("utf-16-le")
    first, broken, last = cut_lines(utf8(io.BytesIO(content)), cap=BIG)
    assert (first, last) == (b"good", b"good")
    with pytest.raises(UnicodeDecodeError):
        broken.decode()
