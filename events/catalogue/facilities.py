"""Payloads of Facilities: reservations of courts, rooms and ranges."""

from events.catalogue.fields import (
    Cents,
    Currency,
    Id,
    IncidentalMoment,
    MemberId,
    RequiredId,
    RequiredMoment,
)
from events.catalogue.payload import Payload


class Pricing(Payload):
    """What a reservation was quoted at."""

    quoted_price_cents: Cents = None
    currency: Currency = None


class _Reservation(Payload):
    reservation_id: RequiredId
    resource_id: Id = None
    member_id: MemberId = None
    end_time: IncidentalMoment = None
    club_id: Id = None
    pricing: Pricing | None = None


class ReservationBooked(_Reservation):
    """`facilities.reservation.created` and `facilities.reservation.rescheduled`."""

    start_time: RequiredMoment


class ReservationEnded(_Reservation):
    """`facilities.reservation.cancelled` and `facilities.reservation.no_show`."""

    start_time: IncidentalMoment = None
