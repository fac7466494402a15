"""The two clubs: what they charge, where people play, when they are shut."""

from dataclasses import dataclass
from typing import Final

from crm_platform.simulator.names import CULTURES_UK, CULTURES_ZA, Culture


@dataclass(frozen=True, slots=True)
class Tier:
    """A class of membership; `share` is its weight among grown-up members."""

    id: str
    name: str
    annual_fee_cents: int
    share: float


@dataclass(frozen=True, slots=True)
class Course:
    """Where a round is played."""

    id: str
    name: str
    par: int


@dataclass(frozen=True, slots=True)
class Resource:
    """What can be reserved by the hour."""

    id: str
    price_cents: int
    minutes: int
    first_hour: int
    last_hour: int


@dataclass(frozen=True, slots=True)
class Club:
    """All that is fixed about a club.

    `share`: its part of all people. `season`: how much is played in each month, 1.0 as in the best.
    `closed`: how likely the course is shut on a day of each month. `old_system_kind` and `golf_id_kind` name
    the external ids that members and players have, empty: none.
    """

    slug: str
    aliases: tuple[str, ...]
    name: str
    short_name: str
    id: str
    time_zone: str
    country: str
    currency: str
    locale: str
    office_email: str
    office_phone: str
    share: float
    cultures: tuple[Culture, ...]
    tiers: tuple[Tier, ...]
    junior_tier: Tier
    social_tier: Tier
    courses: tuple[Course, ...]
    resources: tuple[Resource, ...]
    green_fee_cents: int
    member_fee_cents: int
    subscription_month: int
    first_member_id: int
    handicap_authority: str
    old_system_kind: str
    golf_id_kind: str
    season: tuple[float, ...]
    closed: tuple[float, ...]

    @property
    def all_tiers(self) -> tuple[Tier, ...]:
        """Every class of membership, the highest first."""
        return (*self.tiers, self.junior_tier, self.social_tier)


FAIRVIEW: Final = Club(
    slug="fairview",
    aliases=("fv", "fairview-golf-club"),
    name="Fairview Golf Club",
    short_name="Fairview",
    id="fv",
    time_zone="Africa/Johannesburg",
    country="ZA",
    currency="ZAR",
    locale="en_ZA",
    office_email="info@fairview-golf.example",
    office_phone="011 555 0100",
    share=0.6,
    cultures=CULTURES_ZA,
    tiers=(
        Tier("t1", "Platinum", 3_200_000, 10),
        Tier("t2", "Gold", 2_150_000, 38),
        Tier("t3", "Silver", 1_480_000, 34),
        Tier("t4", "Bronze", 890_000, 18),
    ),
    junior_tier=Tier("t5", "Junior", 240_000, 0),
    social_tier=Tier("t6", "Social", 180_000, 0),
    courses=(Course("fv-east", "East", 72), Course("fv-west", "West", 71)),
    resources=(
        Resource("range-bay", 9_000, 60, 7, 18),
        Resource("padel-1", 24_000, 60, 8, 20),
        Resource("boardroom", 45_000, 120, 8, 16),
    ),
    green_fee_cents=78_000,
    member_fee_cents=19_500,
    subscription_month=3,
    first_member_id=4_100,
    handicap_authority="GOLF_RSA",
    old_system_kind="mcaV1ZaId",
    golf_id_kind="golfRsaId",
    season=(0.75, 0.9, 1.0, 1.0, 0.95, 0.85, 0.85, 0.95, 1.0, 0.95, 0.85, 0.65),
    closed=(0.07, 0.06, 0.04, 0.02, 0.01, 0.0, 0.0, 0.0, 0.01, 0.03, 0.05, 0.07),
)
KINGSMERE: Final = Club(
    slug="kingsmere",
    aliases=("km", "kingsmere-golf-and-tennis"),
    name="Kingsmere Golf & Tennis Club",
    short_name="Kingsmere",
    id="km",
    time_zone="Europe/London",
    country="GB",
    currency="GBP",
    locale="en_GB",
    office_email="office@kingsmere-club.example",
    office_phone="020 7946 0000",
    share=0.4,
    cultures=CULTURES_UK,
    tiers=(
        Tier("seven-day", "Seven Day", 168_000, 42),
        Tier("five-day", "Five Day", 124_000, 26),
        Tier("flexible", "Flexible", 62_000, 18),
        Tier("racquets", "Racquets", 54_000, 14),
    ),
    junior_tier=Tier("junior", "Junior", 14_000, 0),
    social_tier=Tier("house", "House", 9_500, 0),
    courses=(Course("km-old", "Old Course", 70), Course("km-lake", "Lake", 72)),
    resources=(
        Resource("tennis-1", 1_200, 60, 8, 20),
        Resource("tennis-2", 1_200, 60, 8, 20),
        Resource("padel-a", 2_400, 60, 8, 21),
        Resource("range-bay", 600, 30, 8, 19),
    ),
    green_fee_cents=6_500,
    member_fee_cents=0,
    subscription_month=4,
    first_member_id=20_310,
    handicap_authority="WHS",
    old_system_kind="mcaV1UkId",
    golf_id_kind="",
    season=(0.3, 0.4, 0.65, 0.85, 1.0, 1.0, 1.0, 0.95, 0.9, 0.7, 0.4, 0.25),
    closed=(0.16, 0.12, 0.06, 0.03, 0.01, 0.0, 0.0, 0.01, 0.01, 0.03, 0.1, 0.15),
)
CLUBS: Final = (FAIRVIEW, KINGSMERE)
CLUB_BY_SLUG: Final = {club.slug: club for club in CLUBS}
