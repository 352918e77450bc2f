"""What holds for every identifier, whatever its text."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.message.identifiers import (
    CHECK_ALPHABET,
    Identifier,
    Reason,
    make_asn,
    make_cro,
    make_pnc,
    make_ptiurn,
    read_asn,
    read_ccr,
    read_crn,
    read_cro,
    read_noms,
    read_offence_code,
    read_ou_code,
    read_pnc,
    read_postcode,
    read_ptiurn,
    urn_root,
)

Read = Callable[[str], Identifier]

FORMS: dict[Read, str] = {
    read_ptiurn: r"[0-9A-Za-z]{2,4}/?[0-9]{2,9}(\([Mm]\))?(/[0-9]{1,3})?|[A-Za-z0-9-]{5,40}",
    read_asn: r"[0-9]{2}/?[A-Za-z0-9]{4,5}/?[A-Z0-9]{2}/?[0-9]{1,12}[A-Za-z]|[0-9]{4}NRPR[A-Z0-9]{12}",
    read_pnc: r"([0-9]{2,4}|(19|20)[0-9]{2})/?[0-9]{1,8}[A-Za-z]",
    read_cro: r"[0-9]{1,7}/[0-9]{2}[A-Za-z]|[Ss][Ff][0-9]{2}/[0-9]{1,7}[A-Za-z]|0{1,6}/00Z",
    read_ccr: r"[0-9]{2}/[0-9]{3,4}/[0-9]{1,7}[A-Za-z]",
    read_ou_code: r"[A-Za-z0-9]{5,8}|0{4}[A-Z0-9]{3}|Z000000",
    read_noms: r"[A-Za-z]{1,2}[0-9]{3,5}[A-Za-z]{1,3}",
    read_crn: r"[A-Za-z]{1,3}[0-9]{5,7}",
    read_offence_code: r"(COML|[A-Za-z]{2}[0-9]{2})[0-9]{3}[A-Z]?|[A-Za-z0-9]{1,9}",
    read_postcode: r"[A-Za-z]{1,4}[0-9R]?[A-Z0-9]? ?[0-9][A-Za-z]{2}|[A-Z]{4} ?1ZZ",
}


def _texts(form: str) -> st.SearchStrategy[str]:
    loose = st.from_regex(form, fullmatch=True)
    spaced = st.builds(lambda text, at, blank: text[:at] + blank + text[at:], loose, st.integers(0, 12), st.just(" "))
    return st.one_of(loose, spaced, st.text(max_size=30))


@pytest.mark.parametrize("read", FORMS, ids=[read.__name__ for read in FORMS])
@given(data=st.data())
def test_reading_never_raises_and_a_normal_form_reads_as_itself(read: Read, data: st.DataObject) -> None:
    text = data.draw(_texts(FORMS[read]))
    first = read(text)
    assert first.text == text
    if first.value is None:
        assert first.reason in (Reason.FORMAT, Reason.EMPTY)
    else:
        again = read(first.value)
        assert (again.value, again.reason) == (first.value, first.reason)


@given(st.from_regex(FORMS[read_ptiurn], fullmatch=True))
def test_a_root_is_its_own_root(text: str) -> None:
    root = urn_root(text)
    assert urn_root(root) == root
    assert "/" not in root
    assert "(M)" not in root


two_digits = st.integers(0, 99).map(lambda number: f"{number:02d}")
pairs = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=2, max_size=2)
asns = st.builds(
    make_asn, year=st.integers(1974, 2099), force=two_digits, unit=pairs, system=two_digits,
    sequence=st.integers(0, 99_999_999_999),
)  # fmt: skip
pncs = st.builds(make_pnc, year=st.integers(1939, 2038), serial=st.integers(0, 9_999_999))
cros = st.builds(make_cro, year=st.integers(1900, 2099), serial=st.integers(0, 999_999))
# small-file serials under five digits have two letters that count as right, so they promise less
files = st.builds(
    make_cro, year=st.integers(1900, 2099), serial=st.integers(10_000, 999_999), small_file=st.just(True)
)  # fmt: skip
CHECKED: list[tuple[Read, st.SearchStrategy[str]]] = [
    (read_asn, asns),
    (read_pnc, pncs),
    (read_cro, cros),
    (read_cro, files),
]
IDS = ["asn", "pnc", "cro", "small file"]

# digits whose place enters the check number: not the unit of an ASN, not the century of a PNC id
SEEN: dict[Read, tuple[int, ...]] = {
    read_asn: (0, 1, 2, 3, *range(6, 19)),
    read_pnc: (2, 3, *range(5, 12)),
    read_cro: tuple(range(13)),
}


@pytest.mark.parametrize(("read", "made"), CHECKED, ids=IDS)
@given(data=st.data())
def test_what_a_builder_makes_is_in_normal_form_with_the_right_letter(
    read: Read, made: st.SearchStrategy[str], data: st.DataObject
) -> None:
    text = data.draw(made)
    found = read(text)
    assert found.value == text
    assert found.reason in (None, Reason.DUMMY)


@pytest.mark.parametrize(("read", "made"), CHECKED, ids=IDS)
@given(data=st.data())
def test_any_single_wrong_digit_is_caught(read: Read, made: st.SearchStrategy[str], data: st.DataObject) -> None:
    text = data.draw(made)
    place = data.draw(st.sampled_from([at for at in SEEN[read] if at < len(text) and text[at].isdigit()]))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != text[place]]))
    mistyped = text[:place] + wrong + text[place + 1 :]
    assume(not (text.startswith("SF") and mistyped[5] == "0"))  # a leading zero makes the serial a shorter number
    assert read(mistyped).reason is Reason.CHECK_LETTER


@pytest.mark.parametrize(("read", "made"), CHECKED, ids=IDS)
@given(data=st.data())
def test_any_other_letter_is_caught(read: Read, made: st.SearchStrategy[str], data: st.DataObject) -> None:
    text = data.draw(made)
    wrong = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ").filter(lambda letter: letter != text[-1]))
    expected = Reason.CHECK_LETTER if wrong in CHECK_ALPHABET else Reason.IMPOSSIBLE_LETTER
    assert read(text[:-1] + wrong).reason is expected


@pytest.mark.parametrize("places", [(9, 18), (2, 4)], ids=["sequence", "force"])
@given(data=st.data())
def test_two_digits_of_an_asn_swapped_are_caught(places: tuple[int, int], data: st.DataObject) -> None:
    text = data.draw(asns)
    at = data.draw(st.integers(places[0], places[1] - 2))
    assume(text[at] != text[at + 1])
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    assert read_asn(swapped).reason is Reason.CHECK_LETTER


@given(asn=asns)
def test_the_long_the_slashed_and_the_short_form_of_an_asn_are_one(asn: str) -> None:
    front, sequence, letter = asn[:8], asn[8:19].lstrip("0") or "0", asn[19]
    slashed = f"{front[:2]}/{front[2:6]}/{front[6:]}/{sequence}{letter}"
    assert read_asn(slashed).value == read_asn(asn).value == asn
    assert read_asn(f"{asn[:2]}C{asn[2:]}").value == asn


@given(pnc=pncs)
def test_every_form_of_a_pnc_id_is_one(pnc: str) -> None:
    year, rest = pnc.split("/")
    short = rest[:-1].lstrip("0") or "0"
    for form in (pnc.replace("/", ""), f"{year}/{short}{rest[-1]}", f"{year[2:]}/{short}{rest[-1]}"):
        assert read_pnc(form).value == pnc


@given(force=two_digits, unit=pairs, serial=st.integers(0, 99_999), year=st.integers(1990, 2099))
def test_a_made_ptiurn_is_in_normal_form(force: str, unit: str, serial: int, year: int) -> None:
    urn = make_ptiurn(force=force, unit=unit, serial=serial, year=year)
    assert read_ptiurn(urn).value == urn
    assert read_ptiurn(urn).reason in (None, Reason.DUMMY)
