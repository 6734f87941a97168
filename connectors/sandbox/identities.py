"""The sandbox's people. All are invented; every PAN has a valid form, begins with ZX and belongs to nobody here.

Three of them walk the three roads of the auto-loan demo: approve, review, enhanced due diligence. Then there is one for
each PAN status and seeding flag, and one for each fault, so that a test drives a provider's every answer through the
whole product by the PAN alone. Nothing here reaches a reader or a rule except through a card's pixels, the provider's
protocol or the application that a caller posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Literal

from connectors.sandbox.faults import Fault

Road = Literal["approve", "review", "edd", "test"]

_ORIGINATION: Mapping[str, str | int | float | bool] = MappingProxyType(
    {
        "loan.amount": 700_000,
        "loan.tenure_months": 60,
        "loan.annual_rate": 9.5,
        "loan.vehicle_price": 950_000,
        "loan.vehicle_type": "new",
        "bureau.score": 782,
        "bureau.dpd_90_plus_12m": 0,
        "bureau.enquiries_6m": 1,
        "bureau.no_hit": False,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One invented person: what they declare, what their cards show, and what the PAN provider has on file.

    `registered_name` and `registered_date_of_birth` are the provider's; None means as declared. `fault` is what the
    provider does instead of answering for this PAN. Money in INR a month, `origination` keyed by signal name.
    """

    key: str
    road: Road
    name: str
    father_name: str
    date_of_birth: date
    gender: Literal["M", "F", "X"]
    address: str
    state: str
    pan: str
    aadhaar_last4: str
    email: str
    phone: str
    employment: str = "salaried"
    monthly_income: int = 95_000
    monthly_obligations: int = 12_000
    nationality: str = "IN"
    residence_country: str = "IN"
    is_nri: bool = False
    has_aadhaar: bool = True
    pan_status: str = "E"
    seeding: str = "Y"
    registered_name: str | None = None
    registered_date_of_birth: date | None = None
    fault: Fault | None = None
    origination: Mapping[str, str | int | float | bool] = field(default_factory=lambda: _ORIGINATION)

    def applicant(self) -> dict[str, str | int | bool]:
        """The `applicant` object that a caller posts for this person."""
        return {
            "name": self.name,
            "date_of_birth": self.date_of_birth.isoformat(),
            "gender": self.gender,
            "nationality": self.nationality,
            "residence_country": self.residence_country,
            "state": self.state,
            "address": self.address,
            "email": self.email,
            "phone": self.phone,
            "pan": self.pan,
            "employment": self.employment,
            "monthly_income": self.monthly_income,
            "monthly_obligations": self.monthly_obligations,
            "is_nri": self.is_nri,
            "has_aadhaar": self.has_aadhaar,
        }

    def signals(self) -> dict[str, str | int | float | bool]:
        """The `signals` object that an origination system posts: the loan and the bureau's answer."""
        return dict(self.origination)

    def card(self) -> dict[str, object]:
        """What this person's specimen documents print: the keyword arguments of `specimens.Person`."""
        return {
            "name": self.name,
            "father_name": self.father_name,
            "date_of_birth": self.date_of_birth,
            "gender": self.gender,
            "address": self.address,
            "pan": self.pan,
            "aadhaar_last4": self.aadhaar_last4,
        }


CLEAN = Identity(
    key="clean",
    road="approve",
    name="ASHA VERMA",
    father_name="RAMESH VERMA",
    date_of_birth=date(1991, 4, 17),
    gender="F",
    address="Flat 12, Neelkamal Apartments, 48 Karve Road, Kothrud, Pune, Maharashtra 411038",
    state="MH",
    pan="ZXKPV4271M",
    aadhaar_last4="6318",
    email="asha.verma@example.com",
    phone="+919000000101",
)
NAME_DIFFERS = Identity(
    key="name_differs",
    road="review",
    name="MEERA NAIR",
    father_name="SURESH NAIR",
    date_of_birth=date(1988, 9, 2),
    gender="F",
    address="27 Lake View Lane, Kowdiar, Thiruvananthapuram, Kerala 695003",
    state="KL",
    pan="ZXMPN5839L",
    aadhaar_last4="2745",
    email="meera.nair@example.com",
    phone="+919000000102",
    registered_name="MADHAVI SURESH PILLAI",
)
LISTED = Identity(
    key="listed",
    road="edd",
    name="TARINI VASHKAR",
    father_name="DEVAN VASHKAR",
    date_of_birth=date(1979, 11, 23),
    gender="F",
    address="9 Garden Terrace, Ellisbridge, Ahmedabad, Gujarat 380006",
    state="GJ",
    pan="ZXTPV7164H",
    aadhaar_last4="9052",
    email="tarini.vashkar@example.com",
    phone="+919000000103",
    employment="business",
    monthly_income=210_000,
    monthly_obligations=20_000,
)
DEMO = (CLEAN, NAME_DIFFERS, LISTED)


def _test_person(
    number: int, first_name: str, surname: str, *, status: str = "E", seeding: str = "Y", fault: Fault | None = None
) -> Identity:
    """A person who differs from the clean one in name, PAN and what the provider says of it."""
    key = fault.value if fault else status if seeding in {"Y", ""} else f"seeding_{seeding}"
    return replace(
        CLEAN,
        key=f"pan_{key.lower()}",
        road="test",
        name=f"{first_name} {surname}",
        father_name=f"MOHAN {surname}",
        pan=f"ZXQP{surname[0]}{6100 + number}K",
        aadhaar_last4=f"{7100 + number}",
        email=f"{first_name}.{surname}@example.com".lower(),
        phone=f"+919000000{200 + number}",
        pan_status=status,
        seeding=seeding,
        fault=fault,
    )


# Where a number is not valid the provider leaves the flags and the seeding blank.
BY_STATUS = (
    _test_person(1, "LEELA", "BANSAL", status="N", seeding=""),
    _test_person(2, "USHA", "CHAWLA", status="X", seeding=""),
    _test_person(3, "RADHA", "DHAR", status="F", seeding=""),
    _test_person(4, "NEHA", "ELAVIA", status="D", seeding=""),
    _test_person(5, "PRIYA", "FAZAL", status="EA"),
    _test_person(6, "JAYA", "GOKHALE", status="EC"),
    _test_person(7, "SUDHA", "HEBBAR", status="ED"),
    _test_person(8, "MAYA", "IRANI", status="EI"),
    _test_person(9, "LATA", "JOGLEKAR", status="EL"),
    _test_person(10, "SEEMA", "KAMATH", status="EM"),
    _test_person(11, "ANJALI", "LOKHANDE", status="EP"),
    _test_person(12, "GEETA", "MANDAL", status="ES"),
    _test_person(13, "RUPA", "NADKARNI", status="EU"),
    _test_person(14, "SHOBHA", "OZA", seeding="R"),
    _test_person(15, "KIRAN", "PATKAR", seeding="NA"),
)
BY_FAULT = tuple(
    _test_person(20 + index, first_name, surname, fault=fault)
    for index, (fault, first_name, surname) in enumerate(
        (
            (Fault.TIMEOUT, "TARA", "QADRI"),
            (Fault.ERROR, "VIDYA", "RANADE"),
            (Fault.GARBAGE, "GAURI", "SABNIS"),
            (Fault.SLOW, "SHEELA", "TANDON"),
            (Fault.REFUSE, "REKHA", "UPPAL"),
            (Fault.BUSY, "BHARTI", "VAIDYA"),
            (Fault.SHAPE, "SMITA", "WAGLE"),
            (Fault.OVERSIZE, "ORMILA", "XAVIER"),
        )
    )
)
ALL = (*DEMO, *BY_STATUS, *BY_FAULT)
BY_PAN: Mapping[str, Identity] = MappingProxyType({identity.pan: identity for identity in ALL})
_DEMO_BY_LETTERS = {identity.pan[:5] + identity.pan[9]: identity for identity in DEMO}
BY_KEY: Mapping[str, Identity] = MappingProxyType({identity.key: identity for identity in ALL})


def namesake(identity: Identity, digits: str) -> Identity:
    """A demo applicant again as somebody else: another PAN and other ways to be reached, all the rest alike.

    A pack notices a PAN that applies again and again, as it should; so each run of a demo sends a new person.
    """
    pan = identity.pan[:5] + digits + identity.pan[9]
    mailbox, _, domain = identity.email.partition("@")
    return replace(identity, pan=pan, email=f"{mailbox}.{digits}@{domain}", phone=identity.phone[:-4] + digits)


def holder(pan: str) -> Identity | None:
    """Who the PAN provider has on file for a number: a person of `ALL`, or a demo applicant's namesake."""
    known = BY_PAN.get(pan)
    if known is not None or len(pan) != 10 or not pan[5:9].isdecimal() or pan[5:9] == "0000":
        return known
    return _DEMO_BY_LETTERS.get(pan[:5] + pan[9])
