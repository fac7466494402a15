"""Payloads of Feedback: wishes that were voted for, complaints."""

from events.catalogue.fields import Name, RequiredId
from events.catalogue.payload import Payload


class Feature(Payload):
    """`feedback.voted`, `feedback.unvoted` and `feedback.shipped`."""

    feature_id: RequiredId
    title: Name = None


class Complaint(Payload):
    """`feedback.complaint.opened` and `feedback.complaint.closed`."""

    id: RequiredId
    topic: Name = None
    sentiment: Name = None
