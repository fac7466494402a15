"""What the tables of this app may hold about a person."""

from typing import Final

from tenants.extension import OF_PERSON, Move, OnUndo, Table, columns, delete, written

# Posts are public words of the club; names of staff stand beside what they did, as in the action log.
TABLES: Final = (
    Table(
        "social.Attempt",
        plain=columns(
            "target_id kind position lease marker said started_at ended_at outcome status_code code trace message"
        ),
        texts=written("message trace said"),
    ),
    Table("social.ClubApp", plain=columns("family client_id secret_sealed")),
    Table(
        "social.Competition",
        plain=columns("key facts log_id is_cancelled"),
        texts=written("facts"),
    ),
    Table(
        "social.Connection",
        plain=columns(
            "network login account_id account_name username parent_account_id person_id scopes status problem"
        )
        + columns(
            "access_sealed refresh_sealed access_expires_at data_access_expires_at renewing_until renewals"
        )
        + columns(
            "warned_at closed_until closed_reason quota_total quota_used quota_read_at connected_by_name connected_at"
        ),
    ),
    Table(
        "social.Entrant",
        personal=columns("profile_id origin_profile_id"),
        plain=columns("competition_key entered_at withdrawn_at"),
        erase=delete("social_entrant"),
        mine=OF_PERSON,
        merge=Move(),
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "social.Media",
        plain=columns(
            "kind name content_type storage_key sha256 size width height duration_ms details alt_text"
        )
        + columns("created_by_name created_at"),
        texts=written("name alt_text details"),
    ),
    Table(
        "social.MetricSample",
        plain=columns("target_id at version views reach likes comments shares clicks saves raw"),
        texts=written("raw"),
    ),
    Table(
        "social.OAuthState",
        plain=columns(
            "state_hash session_hash family verifier_sealed redirect_uri started_by_name expires_at used_at"
        ),
    ),
    Table(
        "social.Post",
        plain=columns(
            "text link utm_campaign first_comment status scheduled_at late_after_minutes is_evergreen"
        )
        + columns("repeats repeats_until series_id promotion_id campaign_id is_duplicate_allowed review_note")
        + columns("approved_by_name created_by_id created_by_name created_at updated_at"),
        texts=written("text link first_comment review_note"),
    ),
    Table("social.PostMedia", plain=columns("post_id media_id position")),
    Table(
        "social.PostVariant",
        plain=columns("post_id network text"),
        texts=written("text"),
    ),
    Table(
        "social.Promotion",
        plain=columns("source_type source_id name status facts channels reminder_days template segment_id")
        + columns(
            "connection_ids picture_id announce_at starts_at closes_at max_entries entered band is_full runs_by_itself"
        )
        + columns(
            "pending pending_since history approved_by_name created_by_name created_at updated_at audience"
        )
        + columns("picture_is_chosen picture_due_at picture_tries picture_problem"),
        texts=written("name facts template pending history audience picture_problem"),
    ),
    Table("social.QueueSlot", plain=columns("connection_id weekday minute_of_day")),
    Table(
        "social.Step",
        plain=columns("target_id kind position request_hash handle data done_at"),
        texts=written("data"),
    ),
    Table(
        "social.Target",
        plain=columns(
            "post_id connection_id status planned_at due_at lease leased_until tries lost_workers looks"
        )
        + columns(
            "asks_human seen network_post_id permalink published_at deleted_at problem problem_code problem_text"
        )
        + columns("comment_id comment_due_at comment_tries metrics_due_at said shown"),
        texts=written("problem_text said shown seen"),
    ),
    Table(
        "social.Touch",
        plain=columns("promotion_id key kind channel anchor offset_days due_at status reason text post_id")
        + columns("campaign_id done_at"),
        texts=written("reason text"),
    ),
)
