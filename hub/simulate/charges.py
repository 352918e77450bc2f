"""The offences of the stories: real codes and titles, with invented particulars.

Source of the codes and titles: the published index of CJS offence codes (reference-data 1.8).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One offence as it may be charged. `wording` has a place for the day and the town; Welsh where we have it."""

    code: str
    title: str
    wording: str
    legislation: str
    maximum_penalty: str
    title_welsh: str | None = None
    wording_welsh: str | None = None
    mode_of_trial: str = "01"


SHOP_THEFT = Charge(
    code="TH68010",
    title="Theft from a shop",
    wording="On {day} at {town} stole goods to the value of £46 belonging to Sample Stores.",
    legislation="Contrary to sections 1(1) and 7 of the Theft Act 1968.",
    maximum_penalty="EW: 7 years and / or an unlimited fine",
    title_welsh="Dwyn o siop",
    wording_welsh="Ar {day} yn {town} dwyn nwyddau gwerth £46 yn perthyn i Sample Stores.",
    mode_of_trial="06",
)
BURGLARY = Charge(
    code="TH68036",
    title="Burglary dwelling and theft - no violence",
    wording="On {day} at {town} having entered as a trespasser a dwelling, stole therein a laptop and jewellery.",
    legislation="Contrary to section 9(1)(b) of the Theft Act 1968.",
    maximum_penalty="EW: 14 years",
    title_welsh="Bwrgleriaeth mewn annedd",
    wording_welsh="Ar {day} yn {town} wedi mynd i mewn i annedd fel tresmaswr, dwyn gliniadur a gemwaith.",
    mode_of_trial="02",
)
COMMON_ASSAULT = Charge(
    code="CJ88116",
    title="Assault by beating",
    wording="On {day} at {town} assaulted another by beating.",
    legislation="Contrary to section 39 of the Criminal Justice Act 1988.",
    maximum_penalty="EW: 6 months and / or an unlimited fine",
    title_welsh="Ymosod drwy guro",
    wording_welsh="Ar {day} yn {town} ymosod ar rywun drwy guro.",
)
DAMAGE = Charge(
    code="CD71039",
    title="Criminal damage to property - value under £5000",
    wording="On {day} at {town} without lawful excuse damaged a window to the value of £180.",
    legislation="Contrary to sections 1(1) and 4 of the Criminal Damage Act 1971.",
    maximum_penalty="EW: 3 months and / or a fine of £2500",
    title_welsh="Difrod troseddol i eiddo - gwerth dan £5000",
    wording_welsh="Ar {day} yn {town} heb esgus cyfreithlon difrodi ffenestr gwerth £180.",
)
SEAT_BELT = Charge(
    code="RT88509",
    title="Drive on a road a motor vehicle whilst not wearing a seat belt",
    wording="On {day} at {town} drove a motor vehicle while not wearing an adult seat belt.",
    legislation="Contrary to section 14(3) of the Road Traffic Act 1988.",
    maximum_penalty="EW: level 2 fine",
    title_welsh="Gyrru cerbyd modur heb wisgo gwregys diogelwch",
    wording_welsh="Ar {day} yn {town} gyrru cerbyd modur heb wisgo gwregys diogelwch oedolyn.",
)
EMPLOYER = Charge(
    code="HS74001",
    title="Employer fail to discharge general health, safety and welfare duty to employee",
    wording="On {day} at {town} being an employer failed to ensure the safety at work of an employee.",
    legislation="Contrary to sections 2(1) and 33(1)(a) of the Health and Safety at Work etc. Act 1974.",
    maximum_penalty="EW: unlimited fine",
    mode_of_trial="06",
)
