"""Tables of social publishing and of the promotion of events."""

from social.models.connection import (
    AppPause,
    ClubApp,
    Connection,
    ConnectionStatus,
    Login,
    Network,
    OAuthState,
)
from social.models.media import Media, MediaKind
from social.models.metrics import MetricSample
from social.models.post import Post, PostMedia, PostStatus, PostVariant, QueueSlot
from social.models.promotion import (
    Competition,
    Entrant,
    Promotion,
    PromotionStatus,
    SourceType,
    Touch,
    TouchKind,
    TouchStatus,
)
from social.models.target import Attempt, Outcome, Step, StepKind, Target, TargetStatus

__all__ = [
    "AppPause",
    "Attempt",
    "ClubApp",
    "Competition",
    "Connection",
    "ConnectionStatus",
    "Entrant",
    "Login",
    "Media",
    "MediaKind",
    "MetricSample",
    "Network",
    "OAuthState",
    "Outcome",
    "Post",
    "PostMedia",
    "PostStatus",
    "PostVariant",
    "Promotion",
    "PromotionStatus",
    "QueueSlot",
    "SourceType",
    "Step",
    "StepKind",
    "Target",
    "TargetStatus",
    "Touch",
    "TouchKind",
    "TouchStatus",
]
