"""Tables of customers: what each column holds, what becomes of rows about a person, how long they stay."""

from typing import Final

from tenants.extension import (
    ANONYMISED,
    BLANKED,
    DELETED,
    OF_PERSON,
    MergeBy,
    Move,
    OnUndo,
    Period,
    Step,
    Table,
    Texts,
    columns,
    delete,
    written,
)

EITHER: Final = ("first_profile_id", "second_profile_id")
OF_EITHER: Final = "(first_profile_id = ANY(%(ids)s) OR second_profile_id = ANY(%(ids)s))"
KEYS_OF_PERSON: Final = """
(first_key = ANY(ARRAY(
    SELECT kind || ':' || value FROM profiles_identifier WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)))
 OR second_key = ANY(ARRAY(
    SELECT kind || ':' || value FROM profiles_identifier WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s))))
"""
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
UPDATE profiles_household SET name = '' WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s)
"""
CLOSE_REQUESTS: Final = """
UPDATE profiles_privacyrequest
SET reason = '', status = CASE WHEN status = 'OPEN' THEN 'DONE' ELSE status END, closed_at = COALESCE(closed_at, now())
WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
"""
# Also rows that were never brought in, and those that name the person beside somebody else.
OF_IMPORTED: Final = f"({OF_PERSON} OR id = ANY(%(mentioned)s))"
NO_IMPORT_AT_WORK: Final = """
NOT EXISTS (SELECT FROM profiles_memberimport
            WHERE tenant_id = %(tenant)s AND status NOT IN ('DONE', 'UNDONE', 'FAILED'))
"""
TABLES: Final = (
    Table(
        "profiles.Note",
        words="Notes",
        personal=columns("profile_id origin_profile_id body"),
        plain=columns("is_pinned author_id author_name created_at updated_at"),
        erase=delete("profiles_note"),
        texts=Texts(("row.body",), redacted=("body",), is_indexed=False),
        mine=OF_PERSON,
        merge=Move(),
        undo=OnUndo.KEEPS_PERSON,
    ),
    Table("profiles.ListLayout", plain=columns("user_id columns")),
    Table(
        "profiles.TagColour",
        plain=columns("tag hue"),
        erase=delete("profiles_tagcolour", "id = ANY(%(mentioned)s)"),
        texts=written("tag", is_redacted=False),
    ),
    Table(
        "profiles.BulkAct",
        plain=columns("kind title data chosen by_id by_name at undone_at undone_by_name"),
        texts=written("title data"),
    ),
    Table(
        "profiles.BulkActChange",
        words="Changes made to many",
        personal=columns("act_id profile_id made_id"),
        erase=delete("profiles_bulkactchange"),
        mine=OF_PERSON,
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "profiles.Activity",
        words="Timeline",
        personal=columns("profile_id origin_profile_id source_event_id title metadata once_key"),
        plain=columns("occurred_at recorded_at slot type category channel source"),
        erase=(
            *delete("profiles_activity", f"{OF_PERSON} AND category <> 'PAYMENT'"),
            Step(ANONYMISED, ANONYMISE_PAYMENTS),
        ),
        # Those of events are found by the event; these have none.
        texts=Texts(("row.title", "row.metadata::text"), among="row.source = 'crm'"),
        mine=OF_PERSON,
        merge=Move(),
        undo=OnUndo.KEEPS_PERSON,
    ),
    # Before the identifiers, to which they refer; on a merge they follow them.
    Table(
        "profiles.Fact",
        words="What services and staff told",
        personal=columns("profile_id identifier_id field value event_id"),
        plain=columns("source rank occurred_at sequence arrival recorded_at"),
        erase=delete("profiles_fact"),
        mine=OF_PERSON,
        merge=MergeBy("profiles.merging.moving.move_facts"),
        undo=OnUndo.KEEPS_PERSON,
    ),
    # By the keys, which go after it.
    Table(
        "profiles.CannotLink",
        words="Who this person is not",
        personal=columns("first_key second_key"),
        plain=columns("decided_by_name decided_at"),
        erase=delete("profiles_cannotlink", KEYS_OF_PERSON),
    ),
    Table(
        "profiles.Identifier",
        words="Addresses and numbers",
        personal=columns("profile_id origin_profile_id kind value event_id"),
        plain=columns("confidence source is_shared linked_at unlinked_at created_at"),
        erase=delete("profiles_identifier"),
        mine=OF_PERSON,
        merge=Move(),
        undo=OnUndo.KEEPS_PERSON,
    ),
    Table(
        "profiles.SearchDocument",
        words="Words for the search",
        personal=columns("profile_id document"),
        erase=delete("profiles_searchdocument"),
        merge=MergeBy("profiles.merging.moving.drop_documents"),
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "profiles.ProfileMerge",
        words="Merges",
        personal=columns("winner_id loser_id evidence reason"),
        plain=columns(
            "kind merged_by_id merged_by_name merged_at unmerged_by_id unmerged_by_name unmerged_at"
        ),
        erase=delete("profiles_profilemerge", "(winner_id = ANY(%(ids)s) OR loser_id = ANY(%(ids)s))"),
        mine="winner_id = ANY(%(ids)s) AND loser_id = ANY(%(ids)s)",
        person=("winner_id",),
        undo=OnUndo.KEEPS_PERSON,
        counts="{row}.unmerged_at IS NULL",
        texts=written("evidence reason"),
    ),
    Table(
        "profiles.ProfileShare",
        words="What merged records brought",
        personal=columns("profile_id lifetime_value_cents stage_reached tags created_at last_activity_at")
        + columns("last_activity_type last_booking_at last_email_open_at last_email_click_at"),
        erase=delete("profiles_profileshare"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.ReviewCandidate",
        words="Pairs for review",
        personal=columns("first_profile_id second_profile_id evidence"),
        plain=columns("reason status created_at decided_at decided_by_name merge_id"),
        erase=delete("profiles_reviewcandidate", OF_EITHER),
        person=EITHER,
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "profiles.DuplicatePair",
        words="Pairs that the search for duplicates found",
        personal=columns("first_profile_id second_profile_id comparisons"),
        plain=columns("match_weight probability is_certain model_version found_at"),
        erase=delete("profiles_duplicatepair", OF_EITHER),
        person=EITHER,
        undo=OnUndo.GOES_ALONG,
    ),
    Table("profiles.DuplicateModel", plain=columns("version parameters trained_on trained_at")),
    Table(
        "profiles.DuplicateRun",
        plain=columns(
            "status is_full backend model_version started_at finished_at looked_since looked_until figures error"
        ),
        texts=written("error figures"),
    ),
    Table(
        "profiles.Household",
        words="Households",
        personal=columns("name"),
        plain=columns("formed_by_name formed_at"),
        erase=(Step(DELETED, EMPTY_HOUSEHOLDS), Step(BLANKED, BLANK_HOUSEHOLDS)),
        # Of a household the family name alone says who.
        texts=Texts(("row.name",), among="row.name <> ''", is_indexed=False, by_surname=True),
    ),
    Table(
        "profiles.HouseholdMember",
        words="Places in households",
        personal=columns("household_id profile_id role is_payer"),
        mine=OF_PERSON,
        elsewhere="profiles.Household",
        undo=OnUndo.KEEPS_PERSON,
    ),
    Table(
        "profiles.ImportRow",
        words="Rows of imported lists",
        personal=columns("cells values remarks reason changes profile_id added_tags"),
        plain=columns(
            "import_id line is_heading is_partial outcome stage_before is_created applied_at undone_at"
        ),
        erase=delete("profiles_importrow", OF_IMPORTED),
        texts=Texts(
            ("array_to_string(row.cells, ' ')", "row.reason", "row.values::text"), at_rest=NO_IMPORT_AT_WORK
        ),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.MemberImport",
        plain=columns("form file_name status header notes targets takes_conflicts total done counts error")
        + columns("leased_until attempts made_by_id made_by_name made_at started_at finished_at"),
        texts=written("file_name header notes error"),
    ),
    Table(
        "profiles.ColumnChoice",
        plain=columns("header target chosen_at"),
        erase=delete("profiles_columnchoice", "id = ANY(%(mentioned)s)"),
        texts=written("header", is_redacted=False),
    ),
    Table(
        "profiles.ProfileScore",
        words="Scores",
        personal=columns(
            "profile_id engagement churn_risk components inputs lifecycle_stage value_at_risk_cents"
        ),
        plain=columns("rules_version scored_at"),
        erase=delete("profiles_profilescore"),
        mine=OF_PERSON,
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "profiles.ScoreHistory",
        words="Earlier scores",
        personal=columns("profile_id engagement churn_risk components inputs"),
        plain=columns("day rules_version"),
        erase=delete("profiles_scorehistory"),
        mine=OF_PERSON,
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "profiles.StageChange",
        words="Changes of stage",
        personal=columns("profile_id stage_before stage_after changed_at"),
        erase=delete("profiles_stagechange"),
        mine=OF_PERSON,
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "profiles.ScoreDue",
        personal=columns("profile_id"),
        erase=delete("profiles_scoredue"),
        undo=OnUndo.GOES_ALONG,
    ),
    Table("profiles.ScoringRules", plain=columns("version rules made_by_name made_at")),
    Table(
        "profiles.ScoreRun",
        plain=columns(
            "day rules_version tier_order status total done changed is_history_backfilled done_until started_at"
        )
        + columns("leased_until attempts finished_at"),
    ),
    Table(
        "profiles.PrivacyRequest",
        words="Requests about privacy",
        personal=columns("profile_id origin_profile_id reason"),
        plain=columns("kind source source_event_id status opened_at closed_at"),
        erase=(Step(BLANKED, CLOSE_REQUESTS),),
        mine=OF_PERSON,
        # At most one open request of a kind; a second one says nothing new and waits with the one it names.
        merge=Move(unique=("kind",), among="{row}.status = 'OPEN'"),
        undo=OnUndo.KEEPS_PERSON,
        texts=written("reason"),
    ),
    Table(
        "profiles.ProcessingRestriction",
        words="Restrictions of use",
        personal=columns("profile_id"),
        plain=columns("restricted_by_name restricted_at"),
        erase=delete("profiles_processingrestriction"),
        mine=OF_PERSON,
    ),
    Table(
        "profiles.ErasureReceipt",
        plain=columns(
            "profile_id reason counts hash erased_by_kind erased_by_id erased_by_name erased_at queue_search"
        ),
    ),
    Table(
        "profiles.ErasureCount",
        personal=columns("profile_id counts people"),
        plain=columns("status asked_at leased_until attempts reason asked_by_user"),
        erase=delete("profiles_erasurecount"),
    ),
    # Hashes; made anew when the texts are.
    Table("profiles.TextBlock", plain=columns("model first_id last_id tokens")),
    Table("profiles.StaleBlock", plain=columns("block_id")),
    Table("profiles.TextMark", plain=columns("model indexed_to seen_to seen_xid")),
    Table(
        "profiles.SuppressedKey",
        words="Addresses that stay erased",
        plain=columns("key_hash suppressed_at"),
    ),
    Table(
        "profiles.CustomerProfile",
        words="The customer",
        personal=columns(
            "status merged_into_id identity_id has_shares auth_user_id email phone_number scl_member_id"
        )
        + columns(
            "teetime_player_id messaging_contact_id external_ids first_name last_name display_name date_of_birth"
        )
        + columns(
            "gender postcode country language lifecycle_stage stage_reached tags engagement_score engagement_score_at"
        )
        + columns(
            "churn_risk_score churn_risk_score_at lifetime_value_cents last_activity_at last_activity_type"
        )
        + columns(
            "activity_count_30d activity_count_90d booking_count_30d last_booking_at last_email_open_at"
        )
        + columns(
            "last_email_click_at handicap_tenths handicap_updated_at home_club_id home_club_name membership_tier"
        )
        + columns(
            "membership_status member_since membership_expiry email_opt_in sms_opt_in push_opt_in whatsapp_opt_in"
        ),
        plain=columns("created_at updated_at created_source version"),
        erase=(Step(ANONYMISED, BLANK_PROFILES),),
        mine="id = ANY(%(ids)s)",
    ),
)
PERIODS: Final = (
    # Payments stay: accounting law outlasts any period of the club.
    Period(
        "activities",
        "Activities",
        "Rows of the timelines are deleted; payments stay for accounting.",
        None,
        """
        SELECT id FROM profiles_activity
        WHERE tenant_id = %(tenant)s AND occurred_at < %(before)s AND category <> 'PAYMENT'
        """,
        "DELETE FROM profiles_activity WHERE id IN (SELECT id FROM past)",
    ),
    Period(
        "notes",
        "Notes",
        "What staff wrote about customers is deleted.",
        None,
        "SELECT id FROM profiles_note WHERE tenant_id = %(tenant)s AND created_at < %(before)s",
        "DELETE FROM profiles_note WHERE id IN (SELECT id FROM past)",
    ),
    # With its rows goes the possibility to take an import back. One at work waits.
    Period(
        "imports",
        "Imports",
        "Their rows are deleted; they can then no longer be taken back.",
        180,
        """
        SELECT id FROM profiles_memberimport
        WHERE tenant_id = %(tenant)s AND made_at < %(before)s
          AND status NOT IN ('CHECKING', 'RUNNING', 'UNDOING')
        """,
        "DELETE FROM profiles_memberimport WHERE id IN (SELECT id FROM past)",
    ),
)
