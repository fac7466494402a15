"""What this app brings to the house."""

from typing import Final

from tenants.extension import Extension, LogKind, MergeBy, OnUndo, Table, columns, delete

MEMBERS: Final = "segments_segmentmember"
TRANSITIONS: Final = "segments_segmenttransition"

TABLES: Final = (
    Table(
        "segments.Segment",
        plain=columns(
            "club_id name description type criteria version refreshed_version refresh_frequency last_refreshed_at"
            " member_count is_active is_system template refresh_error messaging_segment_id last_synced_at sync_error"
            " created_at updated_at created_by_id created_by_name deleted_at"
        ),
    ),
    Table(
        "segments.SegmentMember",
        personal=columns("segment_id profile_id origin_profile_id joined_at"),
        erase=delete(MEMBERS),
        mine="profile_id = ANY(%(ids)s)",
        merge=MergeBy("segments.merging.follow"),
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "segments.SegmentTransition",
        personal=columns("segment_id profile_id is_join cause rule version at"),
        erase=delete(TRANSITIONS),
        mine="profile_id = ANY(%(ids)s)",
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "segments.Refresh",
        plain=columns(
            "segment_id status reason version attempts lease_until joined left error requested_at started_at"
            " finished_at"
        ),
    ),
    Table(
        "segments.DueDay",
        personal=columns("profile_id due_on"),
        erase=delete("segments_dueday"),
        undo=OnUndo.GOES_ALONG,
    ),
)

EXTENSION: Final = Extension(
    tables=TABLES,
    log_kinds=(
        LogKind("segment.joined", "Somebody joined a segment: segmentId, cause, rule."),
        LogKind("segment.left", "Somebody left a segment: segmentId, cause, rule."),
    ),
    locks={"SEGMENTS": 50},  # the members of one tenant's segments
)
