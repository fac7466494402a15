"""Segments: what they ask for, who is in them, who came and went, and how they are kept."""

from segments.models.keeping import DueDay, Refresh, RefreshReason, RefreshStatus
from segments.models.membership import Cause, SegmentMember, SegmentTransition
from segments.models.segment import Frequency, Segment, SegmentType
from segments.models.view import SavedView

__all__ = [
    "Cause",
    "DueDay",
    "Frequency",
    "Refresh",
    "RefreshReason",
    "RefreshStatus",
    "SavedView",
    "Segment",
    "SegmentMember",
    "SegmentTransition",
    "SegmentType",
]
