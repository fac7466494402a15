"""Every column that may hold personal data of a customer, and what an erasure does with it.

A test compares this with the models: a new column of a tenant's table must be named here, as personal or as plain.
Statements see `%(tenant)s`, `%(ids)s` (the profiles that are erased), `%(keys)s` (their keys as `kind:value`),
`%(nobody)s` (the profile under which anonymous payments stand) and
`%(pattern)s` (a regular expression for their addresses and names; see `profiles.privacy.words`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DELETED: Final = "deleted"
ANONYMISED: Final = "anonymised"
BLANKED: Final = "blanked"


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of an erasure; the rows it touches are counted under `act`."""

    act: str
    statement: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, what an erasure does, how the person's own rows are found for a copy of them.

    `mine` is the condition of the rows that are about the person (None: they are in no copy, because there are none or
    they would tell of somebody else). `elsewhere` says where
    columns are handled that no step of this table touches.
    """

    model: str
    personal: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    mine: str | None = None
    elsewhere: str = ""


def names(text: str) -> tuple[str, ...]:
    """Column names, separated by spaces."""
    return tuple(text.split())


def delete(table: str, condition: str = "profile_id = ANY(%(ids)s)") -> tuple[Step, ...]:
    """Delete the rows to which the condition applies."""
    return (Step(DELETED, f"DELETE FROM {table} WHERE tenant_id = %(tenant)s AND {condition}"),)


OF_PERSON: Final = "profile_id = ANY(%(ids)s)"
OF_EITHER: Final = "(first_profile_id = ANY(%(ids)s) OR second_profile_id = ANY(%(ids)s))"
# What accounting needs of a payment: when, what, how much. All erased people's payments stand under one row that is
# nobody's, so that not even those of one person can be told together.
ANONYMISE_PAYMENTS: Final = """
UPDATE profiles_activity
SET profile_id = %(nobody)s, origin_profile_id = %(nobody)s,
    title = initcap(replace(type, '_', ' ')), source_event_id = 'erased-' || id, once_key = NULL,
    metadata = COALESCE((SELECT jsonb_object_agg(key, value) FROM jsonb_each(metadata)
                         WHERE key IN ('amountCents', 'currency')), '{}')
WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s) AND category = 'PAYMENT'
"""
BLANK_PROFILES: Final = """
UPDATE profiles_customerprofile
SET status = 'DELETED', merged_into_id = NULL, identity_id = NULL, has_shares = false, auth_user_id = NULL,
    email = NULL, phone_number = NULL, scl_member_id = NULL, teetime_player_id = NULL, messaging_contact_id = NULL,
    external_ids = '{}', first_name = '', last_name = '', display_name = '', date_of_birth = NULL, gender = '',
    postcode = '', country = '', language = '', lifecycle_stage = 'SUBSCRIBER', stage_reached = 0, tags = '{}',
    engagement_score = NULL, engagement_score_at = NULL, churn_risk_score = NULL, churn_risk_score_at = NULL,
    lifetime_value_cents = 0, last_activity_at = NULL, last_activity_type = '', activity_count_30d = 0,
    activity_count_90d = 0, booking_count_30d = 0, last_booking_at = NULL, last_email_open_at = NULL,
    last_email_click_at = NULL, handicap_tenths = NULL, handicap_updated_at = NULL, home_club_id = '',
    home_club_name = '', membership_tier = '', membership_status = '', member_since = NULL,
    membership_expiry = NULL, email_opt_in = false, sms_opt_in = false, push_opt_in = false,
    whatsapp_opt_in = false, version = version + 1, updated_at = now()
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s)
"""
# A roof over fewer than two is none; a name that is the erased person's says too much.
EMPTY_HOUSEHOLDS: Final = """
WITH left_alone AS (
    SELECT h.id FROM profiles_household AS h
    WHERE h.tenant_id = %(tenant)s
      AND h.id IN (SELECT household_id FROM profiles_householdmember
                   WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s))
      AND (SELECT count(*) FROM profiles_householdmember AS m
           WHERE m.tenant_id = h.tenant_id AND m.household_id = h.id AND m.profile_id <> ALL(%(ids)s)) < 2
), gone AS (
    DELETE FROM profiles_householdmember WHERE tenant_id = %(tenant)s
      AND (household_id IN (SELECT id FROM left_alone) OR profile_id = ANY(%(ids)s))
)
DELETE FROM profiles_household WHERE tenant_id = %(tenant)s AND id IN (SELECT id FROM left_alone)
"""
BLANK_HOUSEHOLDS: Final = """
UPDATE profiles_household SET name = '' WHERE tenant_id = %(tenant)s AND name ~* %(surnames)s
"""
CLOSE_REQUESTS: Final = """
UPDATE profiles_privacyrequest
SET reason = '', status = CASE WHEN status = 'OPEN' THEN 'DONE' ELSE status END, closed_at = COALESCE(closed_at, now())
WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
"""
NOTES_OF_OTHERS: Final = """
UPDATE profiles_note SET body = regexp_replace(body, %(pattern)s, '[erased]', 'gi')
WHERE tenant_id = %(tenant)s AND body ~* %(pattern)s
"""
BLANK_LETTERS: Final = """
UPDATE events_deadletter SET body = '[erased]', message = regexp_replace(message, %(pattern)s, '[erased]', 'gi'),
    field = '', job_name = regexp_replace(job_name, %(pattern)s, '[erased]', 'gi')
WHERE tenant_id = %(tenant)s AND (body ~* %(pattern)s OR message ~* %(pattern)s OR job_name ~* %(pattern)s)
"""
# Bodies are UTF-8 as our own answers are; a file is never kept here.
ANSWERS: Final = """(path ~ array_to_string(%(ids)s::text[], '|')
    OR convert_from(response_body, 'UTF8') ~ array_to_string(%(ids)s::text[], '|')
    OR convert_from(response_body, 'UTF8') ~* %(pattern)s)"""
# What a receiver of a webhook said may repeat what it was told, in whatever way it is written.
BLANK_RECEIVED: Final = """
UPDATE events_webhookattempt SET answer = '[erased]'
WHERE tenant_id = %(tenant)s AND answer <> ''
  AND (answer ~* %(pattern)s OR answer ~ array_to_string(%(ids)s::text[], '|')
       OR delivery_id IN (SELECT d.id FROM events_webhookdelivery AS d
                          JOIN events_domainlogentry AS l ON l.tenant_id = d.tenant_id AND l.id = d.log_id
                          WHERE d.tenant_id = %(tenant)s AND l.profile_id = ANY(%(ids)s)))
"""
# Also rows that were never brought in, and those that name the person beside somebody else.
OF_IMPORTED: Final = f"""({OF_PERSON} OR array_to_string(cells, ' ') ~* %(pattern)s OR reason ~* %(pattern)s
    OR values::text ~* %(pattern)s)"""
# A set that grows: apps above this one, and later tables, add theirs with `register`.
TABLES: Final[list[Table]] = [
    Table("tenants.Membership", plain=names("user_id role created_at")),
    Table("tenants.TenantName", plain=names("name")),
    Table(
        "tenants.IdempotencyRecord",
        personal=names("path response_body"),
        plain=names("caller key request_hash method response_status created_at"),
        steps=delete("tenants_idempotencyrecord", ANSWERS),
    ),
    Table(
        "tenants.LoggedAction",
        plain=names("at hour actor_kind actor_id actor_name action subject_kind subject_id details"),
        mine="subject_id = ANY(%(ids)s::text[])",
    ),
    Table(
        "events.DeadLetter",
        personal=names("body message field job_name"),
        plain=names("queue job_id code received_at handled_at handled_by_id"),
        steps=(Step(BLANKED, BLANK_LETTERS),),
    ),
    Table(
        "events.InboxEvent",
        personal=names("envelope original_envelope error_message error_field remarks profile_id activity_id"),
        plain=names(
            "source event_id type occurred_at received_at door priority status attempts due_at error_code processed_at"
        ),
        mine=OF_PERSON,
        elsewhere="profiles.privacy.mentions",
    ),
    # Before the log, which says whose events were answered.
    Table(
        "events.WebhookAttempt",
        personal=names("answer"),
        plain=names("delivery_id endpoint_id at succeeded duration_ms status_code error"),
        steps=(Step(BLANKED, BLANK_RECEIVED),),
    ),
    Table(
        "events.DomainLogEntry",
        personal=names("data profile_id"),
        plain=names("xid kind at"),
        steps=delete("events_domainlogentry", f"({OF_PERSON} OR data::text ~* %(pattern)s)"),
    ),
    Table(
        "events.ParkedEntry",
        personal=names("data error profile_id"),
        plain=names("consumer log_id kind at status parked_at resolved_at"),
        steps=delete(
            "events_parkedentry", f"({OF_PERSON} OR data::text ~* %(pattern)s OR error ~* %(pattern)s)"
        ),
    ),
    Table(
        "events.WebhookEndpoint",
        plain=names("url description event_types status disabled_reason disabled_at sealed_secret")
        + names("sealed_old_secret old_secret_until failing_since last_success_at failed_waves resting_until")
        + names("turn_until is_slow created_by_name created_at"),
    ),
    # Refers to the log entry, which is deleted, and holds no payload: see docs/adr/0015.
    Table(
        "events.WebhookDelivery",
        plain=names("endpoint_id log_id event_id event_type occurred_at status due_at leased_until attempts")
        + names("last_status_code last_error created_at ended_at"),
    ),
    Table(
        "profiles.Note",
        personal=names("profile_id origin_profile_id body"),
        plain=names("is_pinned author_id author_name created_at"),
        steps=(*delete("profiles_note"), Step(BLANKED, NOTES_OF_OTHERS)),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.Activity",
        personal=names("profile_id origin_profile_id source_event_id title metadata once_key"),
        plain=names("occurred_at recorded_at slot type category channel source"),
        steps=(
            *delete("profiles_activity", f"{OF_PERSON} AND category <> 'PAYMENT'"),
            Step(ANONYMISED, ANONYMISE_PAYMENTS),
        ),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.Fact",
        personal=names("profile_id identifier_id field value event_id"),
        plain=names("source rank occurred_at recorded_at"),
        steps=delete("profiles_fact"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.Identifier",
        personal=names("profile_id origin_profile_id kind value event_id"),
        plain=names("confidence source is_shared linked_at unlinked_at created_at"),
        steps=delete("profiles_identifier"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.SearchDocument",
        personal=names("profile_id document"),
        steps=delete("profiles_searchdocument"),
    ),
    Table(
        "profiles.ProfileMerge",
        personal=names("winner_id loser_id evidence reason"),
        plain=names("kind merged_by_id merged_by_name merged_at unmerged_by_id unmerged_by_name unmerged_at"),
        steps=delete("profiles_profilemerge", "(winner_id = ANY(%(ids)s) OR loser_id = ANY(%(ids)s))"),
        mine="winner_id = ANY(%(ids)s) AND loser_id = ANY(%(ids)s)",
    ),
    Table(
        "profiles.ProfileShare",
        personal=names("profile_id lifetime_value_cents stage_reached tags created_at last_activity_at")
        + names("last_activity_type last_booking_at last_email_open_at last_email_click_at"),
        steps=delete("profiles_profileshare"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.KeptApart",
        personal=names("first_key second_key"),
        plain=names("decided_by_name decided_at"),
        steps=delete("profiles_keptapart", "(first_key = ANY(%(keys)s) OR second_key = ANY(%(keys)s))"),
    ),
    Table(
        "profiles.ReviewCandidate",
        personal=names("first_profile_id second_profile_id evidence"),
        plain=names("reason status created_at decided_at decided_by_name merge_id"),
        steps=delete("profiles_reviewcandidate", OF_EITHER),
    ),
    Table(
        "profiles.DuplicatePair",
        personal=names("first_profile_id second_profile_id comparisons"),
        plain=names("match_weight probability is_certain model_version found_at"),
        steps=delete("profiles_duplicatepair", OF_EITHER),
    ),
    Table("profiles.DuplicateModel", plain=names("version parameters trained_on trained_at")),
    Table(
        "profiles.DuplicateRun",
        plain=names(
            "status is_full backend model_version started_at finished_at looked_since looked_until figures error"
        ),
    ),
    Table(
        "profiles.Household",
        personal=names("name"),
        plain=names("formed_by_name formed_at"),
        steps=(Step(DELETED, EMPTY_HOUSEHOLDS), Step(BLANKED, BLANK_HOUSEHOLDS)),
    ),
    Table(
        "profiles.HouseholdMember",
        personal=names("household_id profile_id"),
        mine=OF_PERSON,
        elsewhere="profiles.Household",
    ),
    Table(
        "profiles.ImportRow",
        personal=names("cells values remarks reason changes profile_id added_tags"),
        plain=names(
            "import_id line is_heading is_partial outcome stage_before is_created applied_at undone_at"
        ),
        steps=delete("profiles_importrow", OF_IMPORTED),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.MemberImport",
        plain=names("form file_name status header notes targets takes_conflicts total done counts error")
        + names("leased_until made_by_id made_by_name made_at started_at finished_at"),
    ),
    Table("profiles.ColumnChoice", plain=names("header target chosen_at")),
    Table(
        "profiles.ProfileScore",
        personal=names(
            "profile_id engagement churn_risk components inputs lifecycle_stage value_at_risk_cents"
        ),
        plain=names("rules_version scored_at"),
        steps=delete("profiles_profilescore"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.ScoreHistory",
        personal=names("profile_id engagement churn_risk components inputs"),
        plain=names("day rules_version"),
        steps=delete("profiles_scorehistory"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.StageChange",
        personal=names("profile_id stage_before stage_after changed_at"),
        steps=delete("profiles_stagechange"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.ScoreDue",
        personal=names("profile_id"),
        steps=delete("profiles_scoredue"),
    ),
    Table("profiles.ScoringRules", plain=names("version rules made_by_name made_at")),
    Table(
        "profiles.ScoreRun",
        plain=names(
            "day rules_version tier_order status total done changed has_looked_back done_until started_at"
        )
        + names("progressed_at finished_at"),
    ),
    Table(
        "profiles.PrivacyRequest",
        personal=names("profile_id origin_profile_id reason"),
        plain=names("kind source source_event_id status opened_at closed_at"),
        steps=(Step(BLANKED, CLOSE_REQUESTS),),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.ProcessingRestriction",
        personal=names("profile_id"),
        plain=names("restricted_by_name restricted_at"),
        steps=delete("profiles_processingrestriction"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.ErasureReceipt",
        plain=names("profile_id reason counts hash erased_by_kind erased_by_id erased_by_name erased_at"),
    ),
    Table("profiles.SuppressedKey", plain=names("key_hash suppressed_at")),
    Table(
        "profiles.CustomerProfile",
        personal=names(
            "status merged_into_id identity_id has_shares auth_user_id email phone_number scl_member_id"
        )
        + names(
            "teetime_player_id messaging_contact_id external_ids first_name last_name display_name date_of_birth"
        )
        + names(
            "gender postcode country language lifecycle_stage stage_reached tags engagement_score engagement_score_at"
        )
        + names(
            "churn_risk_score churn_risk_score_at lifetime_value_cents last_activity_at last_activity_type"
        )
        + names("activity_count_30d activity_count_90d booking_count_30d last_booking_at last_email_open_at")
        + names(
            "last_email_click_at handicap_tenths handicap_updated_at home_club_id home_club_name membership_tier"
        )
        + names(
            "membership_status member_since membership_expiry email_opt_in sms_opt_in push_opt_in whatsapp_opt_in"
        ),
        plain=names("created_at updated_at created_source version"),
        steps=(Step(ANONYMISED, BLANK_PROFILES),),
        mine="id = ANY(%(ids)s)",
    ),
]


def register(tables: Iterable[Table]) -> None:
    """Add tables of an app above this one; before the profiles themselves, to which the others refer."""
    TABLES[-1:-1] = list(tables)


def by_model() -> dict[str, Table]:
    """Model label → its entry."""
    return {table.model: table for table in TABLES}
