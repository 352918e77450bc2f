"""Whose result it is, which triggers its force does not want, and what is told instead (courts 2.2, 2.4)."""

import pytest

from connectors.courts.findings.heard import heard
from connectors.courts.findings.owner import force_owner
from connectors.courts.spi import ResultReader
from hub.contract import Trust
from hub.contract.reference import Reference
from hub.contract.tables import Groups, Tables
from hub.document.lift import lift
from tests.doubles.results import ASN, REFERENCE, message, offence, result, tables, told

DUMMY = "0800NP0100000000001H"


def owner(reference: Reference = REFERENCE, **changed: str | None) -> str | None:
    """The owner of a result with changes."""
    reader, held = ResultReader(), tables(reference)
    opened = reader.open(lift(message(**changed).encode()), Trust(party="court", agency="court"))
    (decoded,) = reader.decode(opened, held)
    case = heard(decoded.body, held, "")  # type: ignore[arg-type]
    assert case is not None
    return force_owner(case)


def excluding(**rows: str) -> Tables:
    """The tables with these rows of exclusions, each key after an underscore."""
    named = {key.removeprefix("_"): frozenset(codes.split()) for key, codes in rows.items()}
    return tables(groups={"trigger-exclusions": Groups(((None, named),))})


def codes(text: str, held: Tables) -> list[str]:
    return [code for code, _ in told(text, held) if code.startswith("TRPR")]


@pytest.mark.parametrize(
    ("changed", "force"),
    [
        ({}, "01"),
        ({"PTIURN": "04zz0000123"}, "04"),
        ({"PTIURN": "0400000000123"[:11]}, "04"),  # unit 00, and this force has none: no dummy
        ({"PTIURN": "01000000123", "CourtHearingLocation": "B04PR00", "ProsecutorReference": DUMMY}, "04"),
        ({"PTIURN": "00PP0000008"}, "01"),
        ({"PTIURN": "99ZZ0000123"}, "01"),
        ({"PTIURN": "00NP0000008", "ProsecutorReference": DUMMY, "CourtHearingLocation": "B41ME00"}, "41"),
        ({"PTIURN": "00NP0000008", "ProsecutorReference": f"{ASN[:-1]}C", "CourtHearingLocation": "B77ME00"}, "77"),
        ({"PTIURN": "00NP0000008", "ProsecutorReference": DUMMY, "CourtHearingLocation": ""}, None),
    ],
)
def test_the_owner_is_told_by_ptiurn_then_asn_then_the_court(changed: dict[str, str], force: str | None) -> None:
    assert owner(**changed) == force


def test_without_the_units_an_owner_is_told_only_where_they_would_not_matter() -> None:
    nothing = Reference()
    assert owner(nothing) == "01"
    assert owner(nothing, PTIURN="01000000123") is None
    assert owner(nothing, PTIURN="00NP0000008") is None
    assert owner(nothing, PTIURN="00NP0000008", ProsecutorReference=DUMMY) == "01"


def test_a_force_without_a_row_has_every_trigger_and_one_with_an_empty_row_too() -> None:
    text = message(offence("TH68010", result("1002")))
    assert codes(text, excluding(_02="TRPR0006")) == ["TRPR0006"]
    assert codes(text, excluding(_01="")) == ["TRPR0006"]
    assert codes(text, excluding(_01="TRPR0006")) == []


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ({"_B01LY": "TRPR0006"}, []),
        ({"_B01": "TRPR0006"}, []),
        ({"_01": "TRPR0006", "_B01LY": "TRPR0005"}, ["TRPR0006"]),
        ({"_01": "TRPR0006", "_B01LY": "TRPR0006"}, []),
        ({"_01": "", "_B01LY": "TRPR0006"}, ["TRPR0006"]),
        ({"_01": "TRPR0006", "_B04": "TRPR0005"}, []),
    ],
)
def test_where_force_and_court_both_have_rows_a_trigger_goes_only_if_both_exclude_it(
    rows: dict[str, str], left: list[str]
) -> None:
    assert codes(message(offence("TH68010", result("1002"))), excluding(**rows)) == left


def test_what_was_excluded_at_a_court_of_another_area_is_told_as_out_of_area() -> None:
    text = message(offence("TH68010", result("1002")), CourtHearingLocation="B04PR00", PSAcode="1992")
    assert codes(text, excluding(_01="TRPR0006")) == ["TRPR0027"]
    assert codes(text, excluding(_01="TRPR0006 TRPR0027")) == []
    assert codes(text, excluding(_01="TRPR0006", _B04="TRPR0027 TRPR0006")) == ["TRPR0027"]
    assert codes(text, excluding(_B04="TRPR0027 TRPR0006")) == []
    assert codes(text, excluding(_01="TRPR0005")) == ["TRPR0006"]


def test_changed_details_are_judged_on_what_is_left_and_pass_the_exclusions_themselves() -> None:
    elsewhere = {"CourtHearingLocation": "B04PR00", "PSAcode": "1992"}
    not_recordable = message(offence("RT88191", result("4592"), result("1002")), **elsewhere)
    assert codes(not_recordable, excluding(_01="")) == ["TRPR0006", "TRPR0015"]
    assert codes(not_recordable, excluding(_01="TRPR0006")) == ["TRPR0015", "TRPR0027"]
    assert codes(not_recordable, excluding(_01="TRPR0006 TRPR0027")) == []
    recordable = message(offence("TH68010", result("4592")), **elsewhere)
    assert codes(recordable, excluding(_01="TRPR0015")) == ["TRPR0027"]
    assert codes(message(offence("TH68010", result("4592"))), excluding(_01="TRPR0015")) == []


def test_which_edition_of_the_exclusions_holds_is_decided_by_the_day_of_the_hearing() -> None:
    text = message(offence("TH68010", result("1002")))
    assert codes(text, tables()) == ["TRPR0006"]
    assert codes(text.replace("2026-03-04", "2026-08-16"), tables()) == []


def test_without_an_owner_no_trigger_is_told() -> None:
    text = message(
        offence("TH68010", result("1002")), PTIURN="00NP0000008", ProsecutorReference=DUMMY, CourtHearingLocation=""
    )
    assert codes(text, tables()) == []


def test_what_needs_a_table_that_is_not_loaded_is_left_out_and_the_rest_is_told() -> None:
    text = message(
        offence("NOTHING", result("4592"), result("3055"), result("9991", "Text.", "QQ"), result("4027")),
        CourtHearingLocation="B99XX00",
        PSAcode="9998",
        PersonTitle="x" * 36,
    )
    assert [code for code, _ in told(text, tables(Reference()))] == ["HO100212"]
    adjourned = message(offence("TH68010", result("4027", "Bail to appear at Liverpool Crown Court."), result("4027")))
    no_courts = Reference({name: held for name, held in REFERENCE.tables.items() if name != "courts"})
    assert [code for code, _ in told(adjourned)] == ["HO100322", "HO100323"]
    assert told(adjourned, tables(no_courts)) == []
    assert {code for code, _ in told(text)} == {
        "HO100108",
        "HO100212",
        "HO100300",
        "HO100306",
        "HO100307",
        "HO100309",
    }
