"""Who lives with whom, and which mailboxes and phones they share."""

from datetime import date, timedelta
from typing import Final

from crm_platform.simulator.addresses import AddressBook
from crm_platform.simulator.clubs import Club
from crm_platform.simulator.names import Culture
from crm_platform.simulator.people import Household, Person
from crm_platform.simulator.personas import READER
from crm_platform.simulator.rng import Rng

# Kind of household, and how many of a hundred are of it.
KINDS: Final = (
    ("single", 57.0),
    ("couple", 24.0),
    ("family", 12.0),
    ("siblings", 2.5),
    ("office", 1.0),
    ("remarried", 0.5),
    ("twins", 0.5),
    ("namesakes", 0.3),
)
COMPANIES: Final = (
    "acme-logistics",
    "protea-capital",
    "westbrook-partners",
    "lynx-engineering",
    "marlow-foods",
    "delta-actuaries",
    "harcourt-estates",
    "silverline-motors",
)
GROWN_UP: Final = 18
OWN_PHONE_AGE: Final = 15
OLDEST: Final = 88
# Some cultures here have few names.
MOST_RETRIES: Final = 20


class Settlement:
    """Fills a club's neighbourhood with households until there are enough people."""

    def __init__(self, club: Club, book: AddressBook, rng: Rng, today: date) -> None:
        self.club = club
        self.book = book
        self.households: list[Household] = []
        self._rng = rng
        self._today = today
        self._count = 0

    def settle(self, count: int) -> list[Household]:
        """Exactly `count` people; the last household may be smaller than chance wanted."""
        builders = {
            "single": self._single,
            "couple": self._couple,
            "family": self._family,
            "siblings": self._siblings,
            "office": self._office,
            "remarried": self._remarried,
            "twins": self._twins,
            "namesakes": self._namesakes,
        }
        while self._count < count:
            builders[self._rng.weighted(KINDS)]()
        surplus = self._count - count
        while surplus > 0:
            self.households[-1].people.pop()
            if not self.households[-1].people:
                self.households.pop()
            surplus -= 1
        self._count = count
        return self.households

    def _open(self) -> Household:
        household = Household(f"{self.club.slug}-h{len(self.households) + 1:04d}", [])
        self.households.append(household)
        return household

    def _born(self, years: float) -> date:
        return self._today - timedelta(days=int(years * 365.25) + self._rng.between(0, 364))

    def _adult_age(self) -> float:
        return min(max(self._rng.bell(50, 15), GROWN_UP + 1), OLDEST)

    def _person(
        self, household: Household, age: float, *, family: str = "", is_female: bool | None = None
    ) -> Person:
        """Somebody new with a mailbox and a phone of their own."""
        rng = self._rng
        culture = rng.weighted([(one, one.share) for one in self.club.cultures])
        if household.people and family:
            culture = self._culture_of(household.people[0])
        female = rng.chance(0.36) if is_female is None else is_female
        self._count += 1
        person = Person(
            id=f"{self.club.slug}-p{self._count:05d}",
            household=household.id,
            given=rng.pick(culture.female if female else culture.male),
            family=family or rng.pick(culture.family),
            is_female=female,
            born=self._born(age),
            culture=culture.name,
            persona=READER,
        )
        taken = {one.given for one in household.people}
        for _ in range(MOST_RETRIES):
            if person.given not in taken:
                break
            person.given = rng.pick(culture.female if female else culture.male)
        person.mailbox = self.book.email(person.given, person.family, year=person.born.year)
        person.phone = self.book.phone()
        household.people.append(person)
        return person

    def _culture_of(self, person: Person) -> Culture:
        return next(one for one in self.club.cultures if one.name == person.culture)

    def _single(self) -> None:
        self._person(self._open(), self._adult_age())

    def _pair(self, household: Household) -> tuple[Person, Person]:
        """A couple; some share the mailbox, some the phone at home."""
        rng, age = self._rng, self._adult_age()
        one = self._person(household, age, is_female=False)
        has_his_name = rng.chance(0.78)
        other = self._person(
            household,
            min(max(age + rng.bell(-2, 3), GROWN_UP + 1), OLDEST),
            family=one.family if has_his_name else "",
            is_female=True,
        )
        if has_his_name:
            other.maiden = rng.pick(self._culture_of(other).family)
        if rng.chance(0.28):
            self._share_mailbox(
                household, self.book.family_email(one.given, other.given, one.family), [one, other]
            )
        if rng.chance(0.2):
            self._share_phone(household, one.phone, [one, other])
        return one, other

    def _couple(self) -> None:
        self._pair(self._open())

    def _family(self) -> None:
        """One or two parents with one to three children, who have what their parents have."""
        household = self._open()
        parents = list(self._pair(household)) if self._rng.chance(0.75) else [self._person(household, 42)]
        for parent in parents:
            parent.born = self._born(self._rng.uniform(36, 54))
        for _ in range(self._rng.between(1, 3)):
            child = self._person(
                household,
                self._rng.uniform(8, 20),
                family=parents[0].family,
                is_female=self._rng.chance(0.42),
            )
            self._depend(household, child, parents)

    def _depend(self, household: Household, child: Person, parents: list[Person]) -> None:
        """Children use a parent's mailbox and phone until they have their own."""
        age = child.age_on(self._today)
        parent = self._rng.pick(parents)
        if age < GROWN_UP or self._rng.chance(0.3):
            self._share_mailbox(household, parent.mailbox, [parent, child])
        if age < OWN_PHONE_AGE or self._rng.chance(0.25):
            self._share_phone(household, parent.phone, [parent, child])

    def _twins(self) -> None:
        household = self._open()
        parent = self._person(household, self._rng.uniform(40, 55))
        one = self._person(household, self._rng.uniform(9, 21), family=parent.family)
        other = self._person(household, 10, family=parent.family, is_female=one.is_female)
        other.born = one.born
        for twin in (one, other):
            self._share_mailbox(household, parent.mailbox, [parent, twin])
            self._share_phone(household, parent.phone, [parent, twin])
            twin.note("a twin: same family name, birthday and mailbox")

    def _namesakes(self) -> None:
        """Parent and child of the same name who share the mailbox."""
        household = self._open()
        senior = self._person(household, self._rng.uniform(52, 74), is_female=False)
        junior = self._person(household, self._rng.uniform(19, 38), family=senior.family, is_female=False)
        junior.given = senior.given
        self._share_mailbox(household, senior.mailbox, [senior, junior])
        for person in (senior, junior):
            person.note("father and son of one name share a mailbox")

    def _siblings(self) -> None:
        household = self._open()
        one = self._person(household, self._rng.uniform(22, 45))
        other = self._person(household, self._rng.uniform(22, 45), family=one.family)
        self._share_phone(household, one.phone, [one, other])

    def _office(self) -> None:
        """Colleagues who are reached through one mailbox of their company."""
        household = self._open()
        company = self._rng.pick(COMPANIES)
        mailbox = self.book.office_email(company)
        for _ in range(self._rng.between(3, 5)):
            colleague = self._person(household, self._rng.uniform(25, 60))
            colleague.work_mailbox = mailbox
            self._share_mailbox(household, mailbox, [colleague])
            colleague.note("an office mailbox stands for several colleagues")

    def _remarried(self) -> None:
        """She left one household for another; an old record still has that one's mailbox and name."""
        old_home = self._open()
        he = self._person(old_home, self._rng.uniform(40, 66), is_female=False)
        new_home = self._open()
        husband = self._person(new_home, self._rng.uniform(40, 66), is_female=False)
        she = self._person(new_home, self._rng.uniform(38, 62), family=husband.family, is_female=True)
        she.maiden = he.family
        self._share_mailbox(old_home, self.book.family_email(he.given, she.given, he.family), [he])
        she.old_mailbox = he.mailbox
        self._share_mailbox(
            new_home, self.book.family_email(husband.given, she.given, she.family), [husband, she]
        )
        she.note("remarried: an older record has her former name and her former husband's mailbox")
        he.note("shares his mailbox with an older record of his former wife")

    @staticmethod
    def _share_mailbox(household: Household, mailbox: str, people: list[Person]) -> None:
        household.mailbox = mailbox
        for person in people:
            person.mailbox = mailbox
            person.shares_mailbox = True

    @staticmethod
    def _share_phone(household: Household, phone: str, people: list[Person]) -> None:
        household.phone = phone
        for person in people:
            person.phone = phone
