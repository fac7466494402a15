"""Kinds of customers: how often they play, read, pay and complain."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Persona:
    """Habits of a kind of person.

    Rounds, reservations, purchases and competitions are per month in the best season; open and click rates are per
    mail received and per opening. `fade` is what is left of all that at the end of the history, 1.0 = all of it.
    """

    name: str
    rounds: float
    reservations: float
    purchases: float
    competitions: float
    open_rate: float
    click_rate: float
    pays_late: float
    complaints: float
    votes: float
    fade: float = 1.0


KEEN: Final = Persona("keen", 5.2, 0.45, 0.65, 0.9, 0.58, 0.22, 0.02, 0.012, 0.05)
STEADY: Final = Persona("steady", 2.3, 0.2, 0.3, 0.3, 0.42, 0.12, 0.04, 0.008, 0.02)
SOCIAL: Final = Persona("social", 0.45, 0.35, 0.5, 0.02, 0.40, 0.10, 0.05, 0.008, 0.015)
DRIFTING: Final = Persona("drifting away", 3.4, 0.2, 0.3, 0.3, 0.46, 0.12, 0.30, 0.06, 0.01, fade=0.04)
LAPSED: Final = Persona("lapsed", 0.15, 0.02, 0.03, 0.0, 0.12, 0.02, 0.9, 0.02, 0.0)
NEW: Final = Persona("new", 2.6, 0.4, 0.35, 0.2, 0.62, 0.25, 0.03, 0.012, 0.03)
JUNIOR: Final = Persona("junior", 1.9, 0.45, 0.05, 0.35, 0.30, 0.05, 0.02, 0.0, 0.01)
VISITOR: Final = Persona("visitor", 0.55, 0.0, 0.0, 0.05, 0.30, 0.08, 0.0, 0.01, 0.01)
CORPORATE: Final = Persona("corporate guest", 0.3, 0.0, 0.0, 0.15, 0.22, 0.04, 0.0, 0.005, 0.0)
READER: Final = Persona("newsletter reader", 0.0, 0.0, 0.0, 0.0, 0.36, 0.09, 0.0, 0.0, 0.0)

MEMBER_PERSONAS: Final = (
    (KEEN, 20.0),
    (STEADY, 38.0),
    (SOCIAL, 10.0),
    (DRIFTING, 12.0),
    (LAPSED, 11.0),
    (NEW, 9.0),
)
