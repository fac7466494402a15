"""Where the life of one club plays: its people, its clock, its agenda, its post office."""

from collections import defaultdict
from datetime import date, datetime

from crm_platform.simulator.agenda import Agenda
from crm_platform.simulator.calendar import DAY, ClubCalendar
from crm_platform.simulator.clubs import Club
from crm_platform.simulator.envelope import PostOffice
from crm_platform.simulator.people import Contact, Member, Person, Player
from crm_platform.simulator.rng import Rng

# Those who drift away begin here, as a part of the history, and have left here.
FADE_FROM, FADE_TO = 0.35, 0.85
# From when before the end they leave open bills and complaints behind, and from when nobody hears of them any more.
LEAVING, SILENT = 88 * DAY, 31 * DAY
# What a former member still does at the club.
FORMER_MEMBER_VIGOUR = 0.1


class Stage:
    """The state of one club's simulation; the records of its people change while it runs."""

    def __init__(
        self,
        club: Club,
        people: list[Person],
        *,
        seed: str,
        stamp: str,
        start: datetime,
        until: datetime,
    ) -> None:
        self.club = club
        self.people = people
        self.start = start
        self.until = until
        self.calendar = ClubCalendar(club, seed)
        self.agenda = Agenda()
        self.post = PostOffice(club, stamp)
        self.gone: set[str] = set()
        # Who plays on which day, by the ids of people: nobody is on two tee sheets.
        self.playing: defaultdict[date, set[str]] = defaultdict(set)
        # Competitions that can be entered, and until when.
        self.open_competitions: dict[str, datetime] = {}
        # Who has entered which: player id and competition id.
        self.entries: set[tuple[str, str]] = set()
        self.players: list[Player] = [person.player for person in people if person.player]
        self.members: list[Member] = [member for person in people for member in person.members]
        self.contacts: list[Contact] = [contact for person in people for contact in person.contacts]
        self.last_member_id = max((member.id for member in self.members), default=club.first_member_id)
        self._seed = f"{seed}/{club.slug}/life"

    def rng(self, label: str) -> Rng:
        """The chance of one matter, whatever else happens."""
        return Rng(f"{self._seed}/{label}")

    def is_leaving(self, person: Person, when: datetime) -> bool:
        """Whether somebody who drifts away has got so far that they no longer pay."""
        return person.persona.fade < 1 and self.until - LEAVING < when

    def is_silent(self, person: Person, when: datetime) -> bool:
        """Whether nobody hears of somebody any more who has drifted away; after the history life goes on."""
        return person.persona.fade < 1 and self.until - SILENT < when < self.until

    def vigour(self, person: Person, when: datetime) -> float:
        """How much of the usual habits is left: people drift away, lose their membership, or are gone."""
        if person.id in self.gone:
            return 0.0
        vigour = 1.0
        if person.persona.fade < 1:
            progress = (when - self.start) / (self.until - self.start)
            part = min(max((progress - FADE_FROM) / (FADE_TO - FADE_FROM), 0.0), 1.0)
            vigour = 1 - part * (1 - person.persona.fade)
        if person.member is not None and not person.member.is_active:
            vigour *= FORMER_MEMBER_VIGOUR
        return vigour
