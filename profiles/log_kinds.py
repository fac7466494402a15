"""What the log tells about customers."""

from enum import StrEnum


class LogKind(StrEnum):
    """The kinds of entries that this app appends; declared in `profiles.extension`."""

    PROFILE_CREATED = "profile.created"
    PROFILE_CHANGED = "profile.changed"
    PROFILE_MERGED = "profile.merged"
    PROFILE_UNMERGED = "profile.unmerged"
    PROFILE_ERASED = "profile.erased"
    PROFILE_SCORED = "profile.scored"
    PROFILE_COUNTED = "profile.counted"
    CONSENT_CHANGED = "consent.changed"
    ACTIVITY_RECORDED = "activity.recorded"
    COMPETITION_CHANGED = "competition.changed"
    PRIVACY_REQUESTED = "privacy.requested"
    CHURN_RISK_HIGH = "churn.risk.high"
