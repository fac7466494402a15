"""Tables of the profile floor."""

from profiles.ids import new_profile_id
from profiles.models.desk import BulkAct, BulkActChange, ListLayout, TagColour
from profiles.models.duplicates import DuplicateModel, DuplicatePair, DuplicateRun
from profiles.models.history import (
    Activity,
    Fact,
    Note,
    PrivacyRequest,
    SearchDocument,
)
from profiles.models.identity import (
    CannotLink,
    Household,
    HouseholdMember,
    HouseholdRole,
    Identifier,
    ProfileMerge,
    ProfileShare,
    ReviewCandidate,
)
from profiles.models.importing import (
    WORKING_STATUSES,
    ColumnChoice,
    ImportOutcome,
    ImportRow,
    ImportStatus,
    MemberImport,
)
from profiles.models.privacy import (
    ErasureCount,
    ErasureReason,
    ErasureReceipt,
    ProcessingRestriction,
    SuppressedKey,
)
from profiles.models.profile import CustomerProfile
from profiles.models.scores import ProfileScore, ScoreDue, ScoreHistory, ScoreRun, ScoringRules, StageChange
from profiles.models.texts import StaleBlock, TextBlock, TextMark
from profiles.vocabulary import (
    CRM_RECORD,
    SLOTS,
    STAGE_LADDER,
    ActivityCategory,
    LifecycleStage,
    ProfileStatus,
)

__all__ = [
    "CRM_RECORD",
    "SLOTS",
    "STAGE_LADDER",
    "WORKING_STATUSES",
    "Activity",
    "ActivityCategory",
    "BulkAct",
    "BulkActChange",
    "CannotLink",
    "ColumnChoice",
    "CustomerProfile",
    "DuplicateModel",
    "DuplicatePair",
    "DuplicateRun",
    "ErasureCount",
    "ErasureReason",
    "ErasureReceipt",
    "Fact",
    "Household",
    "HouseholdMember",
    "HouseholdRole",
    "Identifier",
    "ImportOutcome",
    "ImportRow",
    "ImportStatus",
    "LifecycleStage",
    "ListLayout",
    "MemberImport",
    "Note",
    "PrivacyRequest",
    "ProcessingRestriction",
    "ProfileMerge",
    "ProfileScore",
    "ProfileShare",
    "ProfileStatus",
    "ReviewCandidate",
    "ScoreDue",
    "ScoreHistory",
    "ScoreRun",
    "ScoringRules",
    "SearchDocument",
    "StageChange",
    "StaleBlock",
    "SuppressedKey",
    "TagColour",
    "TextBlock",
    "TextMark",
    "new_profile_id",
]
