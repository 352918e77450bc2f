"""What each kind of content in the tables may and may not hold (police-spi 1.3 and 2, courts 1.6).

Rule: the first good value is a kind's sample; values stand on the edges of what is allowed.
"""

import re
from dataclasses import dataclass

RESTRICTED = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \t\n\r"
    "~!\"@#$%&'()*+,-./:;<=>?[\\]_{}^\N{POUND SIGN}\N{EURO SIGN}"
)
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
ACUTE = "\N{LATIN SMALL LETTER E WITH ACUTE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Values that are valid and values that are not; a block has none and says whether it may be empty."""

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    block: bool = False
    may_be_empty: bool = False
    payload: str = ""


def kind(words: str) -> Kind:
    """The kind that a table's words name."""
    if words in FIXED:
        return FIXED[words]
    for pattern, make in MADE:
        if found := re.fullmatch(pattern, words):
            return make(*found.groups())
    raise LookupError(f"no kind is called {words!r}")


def restricted(most: str) -> Kind:
    """RS(n): 1 to n characters of a listed alphabet, whitespace kept and counted."""
    n = int(most)
    cut = tuple(RESTRICTED[at : at + n] for at in range(0, len(RESTRICTED), n))
    bad = ("", "x" * (n + 1), " " * (n + 1), f"Zo{ACUTE}", "a`b", "a|b", f"a{NO_BREAK_SPACE}b", "\N{EN DASH}")
    return Kind(good=("Sam", "x", " ", "x" * n, *cut), bad=bad)


def up_to(most: str) -> Kind:
    """Any characters, also none, also only spaces."""
    n = int(most)
    return Kind(good=("x" * min(n, 4), "", " " * n, f"{ACUTE}|`\n"[:n], "x" * n), bad=("x" * (n + 1), " " * (n + 1)))


def between(least: str, most: str) -> Kind:
    """Any characters within lengths; no upper length where none is written."""
    m, n = int(least), int(most or 5000)
    good = ("x" * m, "x" * n, " " * m, ACUTE * m, "\N{GRINNING FACE}" * m)
    return Kind(good=good, bad=("x" * (m - 1), *(("x" * (n + 1), " " * (n + 1)) if most else ())))


def token(least: str, most: str) -> Kind:
    """Characters of which none is whitespace; a no-break space is not whitespace to XML."""
    n = int(most or 500)
    good = ("hub-0001", "x" * int(least), "x" * n, f"a{NO_BREAK_SPACE}b")
    return Kind(good=good, bad=("", " ", " a", "a ", "a b", "a\tb", "a\n", *(("x" * (n + 1),) if most else ())))


def integer(least: str, most: str) -> Kind:
    """An integer within bounds, whitespace around it ignored."""
    m, n = int(least), int(most)
    zero = ("-0", "-000") if m == 0 else ("1",)
    good = (str(n), str(m), f"+{n}", f"00{n}", f"+00{m}", f" {n} ", f"\n\t{m}\r", *zero)
    return Kind(good=good, bad=("", " ", str(m - 1), str(n + 1), "1.0", "1 1", "+ 1", "one", "1e0", "1_0", "\u0661"))


MADE = (
    (r"RS(\d+)", restricted),
    (r"<=(\d+)", up_to),
    (r"text (\d+)-(\d*)", between),
    (r"token (\d+)-(\d*)", token),
    (r"integer (\d+)-(\d+)", integer),
)

NAME = " " * 10
FIXED = {
    "block": Kind(block=True),
    "empty block": Kind(block=True, may_be_empty=True),
    "payload": Kind(block=True, payload="{urn:example:any}Thing"),
    "string": Kind(good=("text", "", "  ", f"<a/>&amp;{ACUTE}", "x" * 10000)),
    "uri": Kind(good=("urn:example:1", "EXTERNAL_CORRELATION_ID")),
    "date": Kind(
        good=("2024-02-29", " 2024-01-01 ", "\n\t2024-01-01\r", "2024-01-01Z", "2024-01-01-00:00", "2024-01-01+14:00",
              "0001-01-01", "-0044-03-15", "12024-01-01"),
        bad=("", " ", "2023-02-29", "01/02/2024", "2024-1-1", "24-01-01", "2024-01-01T00:00:00", "2024-01-01+14:01"),
    ),
    "time": Kind(
        good=("10:00:00", "10:00:00.0000000-00:00", "09:30:00.001", "10:00:00Z", "10:00:00+01:00", " 10:00:00 ",
              "\n10:00:00\t", "23:59:59", "24:00:00"),
        bad=("", "10:00", "25:00:00", "10:60:00", "10:00:60", "9:00:00", "10:00:00+1:00", "100000", "10.00.00"),
    ),
    "year": Kind(
        good=("1990", " 1990 ", "\n1990\t", "1990Z", "1990+01:00", "-0001", "12024"),
        bad=("", "90", "1990-01", "+1990", "199O"),
    ),
    "moment": Kind(
        good=("2024-06-03T09:00:00Z", "2024-06-03T09:00:00", "2024-06-03T09:00:00.632+01:00", " 2024-06-03T09:00:00Z ",
              "\n2024-06-03T09:00:00Z\t"),
        bad=("", "2024-06-03", "2024-06-03 09:00:00", "2024-06-03T09:00", "2024-02-30T09:00:00Z"),
    ),
    "int": Kind(
        good=("1", "+1", "-1", " 1 ", "\n1\t", "007", "2147483647", "-2147483648"),
        bad=("", " ", "2147483648", "-2147483649", "1.0", "one", "1_0"),
    ),
    "boolean": Kind(good=("true", "false", "1", "0", " true ", "\n1\t"), bad=("", "TRUE", "yes", "2")),
    "amount": Kind(
        good=("+100.00", "0", "-0.00", "007.50", "100", "100.5", ".5", "5.", " 5 ", "123456789012.34",
              "12345678901234", "12345678901234.00", "000123456789012.3400"),
        bad=("", "-0.01", "1.005", "123456789012345", "1234567890123.45", "\N{POUND SIGN}5", "1,000.00", "1e2"),
    ),
    "gender": Kind(
        good=("1", "0", "2", "9", " 1 ", "\n9\t"), bad=("", " ", "3", "01", "+1", "10", "1.0", "-0", "12", "0|1")
    ),
    "datecode": Kind(good=("1", "2", "3", "4", "5", "6", " 6 "), bad=("", "0", "7", "01", "+1", "-1", "11")),
    "fourdigits": Kind(good=("2577", "0001", " 2577 "), bad=("", "257", "25770", "+2577", "-2577", "257A", "2 77")),
    "occupation": Kind(good=("02201", "0", "12345", "00000", " 5 "), bad=("", " ", "123456", "+5", "-0", "1.0")),
    "TEL": Kind(
        good=("020 7946-0000", "1", "-", " " * 20, "1" * 20),
        bad=("", "1" * 21, "+44 1", "(020) 1", "020\t1", f"020{NO_BREAK_SPACE}1"),
    ),
    "EMAIL": Kind(
        good=("sam@example.org", "a@b", "a" * 127 + "@" + "b" * 127, "O'Neil.a-b_c@9"),
        bad=("", "a" * 128 + "@b", "a@" + "b" * 128, "a+b@c", "@b", "a@", "ab", "a@b@c", " a@b", "a@b ", f"{ACUTE}@b"),
    ),
    "PNC": Kind(
        good=("20240000001X", "", "a'.-_", "x" * 13), bad=("2024/0000001X", "x" * 14, " ", "Test PNC", "20240000001X ")
    ),
    "ethnicity": Kind(good=("W1", "AA"), bad=("", "W", "W1,", "w1", "1W", "W12", " W1", "W1 ")),
    "place": Kind(
        good=("   1           Dummy House", "   1 ", "  12A  14B", " " * 5, " " * 100, NAME + "x" * 90,
              NAME + "az%&'()*+09:;<=>?@AZ"),
        bad=("", "1", "1 Dummy House", " " * 4, " " * 6, " " * 9, " " * 101, NAME + "St. Ann", NAME + "a,b", NAME + "a-b",
             NAME + "a/b", NAME + "[", NAME + ACUTE, NAME + "\t", "   1a", "1   \tA"),
    ),
    "postcode": Kind(
        good=("ZZ1 1ZZ", "A1 1AA", "AA11 1AA", "AA1A 1AA", "AR 1AA"),
        bad=("", "ZZ11ZZ", "ZZ1  1ZZ", "zz1 1zz", " ZZ1 1ZZ", "ZZ1 1ZZ ", "ZZZ1 1ZZ", "ZZ1 ZZ1", "ZZ1\t1ZZ"),
    ),
    "driver": Kind(
        good=("SAMPL901310SA9AA", "SAMPL962010SA9AA", "S,MPL9,13,0S,9AA", "00000000010000AA"),
        bad=("", "SAMPL921310SA9AA", "SAMPL901320SA9AA", "SAMPL901000SA9AA", "sampl901310SA9AA", "SAMPL901310SA9A",
             "SAMPL901310SA9AAA", " SAMPL901310SA9AA"),
    ),
    "mode": Kind(good=("ASYNCH", "SYNCH", "ROUTE"), bad=("", "asynch", "ASYNC", "ASYNCH ", " ROUTE")),
    "unit": Kind(good=("Z000000", "C12345"), bad=("", "C1234", "Z0000000", "z000000", " C12345")),
}  # fmt: skip
