"""What the customer core brings to the platform."""

from typing import Final

from profiles.log_kinds import LogKind as Kind
from tenants.extension import Consumer, Extension, LogKind, OutboundEvent

RENDER: Final = "profiles.outbound.envelopes"

EXTENSION: Final = Extension(
    log_kinds=(
        LogKind(Kind.PROFILE_CREATED, "A customer is known for the first time."),
        LogKind(Kind.PROFILE_CHANGED, "Fields of a customer changed: `changes` names them as the API does."),
        LogKind(Kind.PROFILE_MERGED, "Two customers were one person: `loserId` goes on in this profile."),
        LogKind(
            Kind.PROFILE_UNMERGED, "A merge was taken back: `restoredId` is a customer of its own again."
        ),
        LogKind(Kind.PROFILE_ERASED, "A customer's personal data was erased."),
        LogKind(Kind.PROFILE_SCORED, "Scores changed: `engagement` and `churnRisk` as [before, after]."),
        LogKind(
            Kind.PROFILE_COUNTED, "Figures that fade with time changed: `changes` names them as the API does."
        ),
        LogKind(
            Kind.ACTIVITY_RECORDED,
            "Something stands in a customer's timeline: `activityId`, `type`, `occurredAt`.",
        ),
        LogKind(Kind.COMPETITION_CHANGED, "A competition was published, changed or cancelled."),
        LogKind(Kind.PRIVACY_REQUESTED, "A customer's data shall be erased, copied or restricted."),
        LogKind(Kind.CHURN_RISK_HIGH, "A customer's churn risk rose above 80."),
    ),
    outbound=(
        OutboundEvent(Kind.PROFILE_CREATED, "crm.profile.created", RENDER),
        OutboundEvent(Kind.PROFILE_CHANGED, "crm.profile.updated", RENDER),
        OutboundEvent(Kind.PROFILE_MERGED, "crm.profile.merged", RENDER),
        OutboundEvent(Kind.PROFILE_UNMERGED, "crm.profile.unmerged", RENDER),
        OutboundEvent(Kind.PROFILE_ERASED, "crm.profile.deleted", RENDER),
        OutboundEvent(Kind.CHURN_RISK_HIGH, "crm.churn.risk.high", RENDER),
    ),
    consumers=(
        Consumer(
            name="scoring",
            kinds=(
                Kind.PROFILE_CREATED,
                Kind.PROFILE_CHANGED,
                Kind.PROFILE_MERGED,
                Kind.PROFILE_UNMERGED,
                Kind.ACTIVITY_RECORDED,
            ),
            handle="profiles.scoring.following.follow",
            batch_size=2000,
        ),
    ),
)
