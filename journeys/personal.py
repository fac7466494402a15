"""Which columns of this app are about a person, and what becomes of them: for the registry of personal data."""

from typing import Final

from tenants.extension import (
    ANONYMISED,
    BLANKED,
    OF_PERSON,
    MergeBy,
    Move,
    OnUndo,
    Step,
    Table,
    columns,
    delete,
    written,
)

# Runs of somebody who is erased end; they stay countable under nobody's name.
END_RUNS: Final = """
WITH over AS (
    DELETE FROM journeys_run WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s) RETURNING *
)
INSERT INTO journeys_runended (tenant_id, id, journey_id, version_id, profile_id, origin_profile_id, key, step, moves,
                               sent, entered_at, ended_at, status, reason)
SELECT tenant_id, id, journey_id, version_id, profile_id, origin_profile_id, '', step, moves, sent, entered_at, now(),
       'EXITED', 'ERASED' FROM over
"""
BLANK_ENDED: Final = """
UPDATE journeys_runended SET key = '' WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
"""
OF_RUNS: Final = """run_id IN (
    SELECT id FROM journeys_runended WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
    UNION ALL SELECT id FROM journeys_run WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s))"""
NAMED_IN_TRIAL: Final = """EXISTS (
    SELECT FROM unnest(%(ids)s::uuid[]) AS who WHERE position(who::text IN result::text) > 0)"""
BLANK_LOG: Final = f"UPDATE journeys_steplog SET detail = NULL WHERE tenant_id = %(tenant)s AND {OF_RUNS}"
PLAIN_RUN: Final = columns("journey_id version_id step moves sent entered_at")

TABLES: Final = (
    Table(
        "journeys.Journey",
        plain=columns(
            "name description status version_id template created_at updated_at created_by_name activated_at paused_at"
            " queues_entries submitted_at submitted_by_id submitted_by_name scanned_at"
        ),
        texts=written("name description"),
    ),
    Table(
        "journeys.JourneyVersion",
        plain=columns("journey_id number definition fingerprint published_at published_by_name note"),
        # The one change that the trigger of a published version lets through (`crm.erasing`).
        texts=written("definition note"),
    ),
    Table(
        "journeys.JourneyDraft",
        plain=columns("journey_id definition position updated_at updated_by_name"),
        texts=written("definition"),
    ),
    Table(
        "journeys.DraftRevision",
        plain=columns("journey_id number definition act made_at made_by_name"),
        texts=written("definition"),
    ),
    Table("journeys.JourneySecret", plain=columns("name sealed created_at created_by_name")),
    # Before the runs themselves end.
    Table(
        "journeys.StepLog",
        personal=columns("detail"),
        plain=columns("run_id move version_id step outcome at"),
        erase=(Step(BLANKED, BLANK_LOG),),
    ),
    Table(
        "journeys.WebhookCall",
        personal=columns("body answer error"),
        plain=columns("run_id move version_id step status attempts due_at give_up_at leased_until made_at"),
        erase=delete("journeys_webhookcall", OF_RUNS),
        texts=written("body answer error"),
    ),
    Table(
        "journeys.Run",
        personal=columns("profile_id origin_profile_id key"),
        plain=(*PLAIN_RUN, *columns("due_at arrived_at status hold")),
        erase=(Step(ANONYMISED, END_RUNS),),
        mine=OF_PERSON,
        merge=MergeBy("journeys.merging.merge_runs"),
        undo=OnUndo.KEEPS_PERSON,
    ),
    Table(
        "journeys.RunEnded",
        personal=columns("profile_id origin_profile_id key"),
        plain=(*PLAIN_RUN, *columns("ended_at status reason")),
        erase=(Step(BLANKED, BLANK_ENDED),),
        mine=OF_PERSON,
    ),
    Table(
        "journeys.RunData",
        personal=columns("profile_id data variables event_id"),
        plain=columns("run_id cause event_type"),
        erase=delete("journeys_rundata"),
        mine=OF_PERSON,
        texts=written("data variables"),
    ),
    Table(
        "journeys.Subscription",
        personal=columns("profile_id key"),
        plain=columns("run_id types since has_condition"),
        erase=delete("journeys_subscription"),
    ),
    Table("journeys.StepCounter", plain=columns("journey_id version_id step outcome day count")),
    Table(
        "journeys.EntryRefusal",
        personal=columns("profile_id key detail"),
        plain=columns("journey_id reason cause at"),
        erase=delete("journeys_entryrefusal"),
        texts=written("detail"),
    ),
    Table(
        "journeys.Holdout",
        personal=columns("profile_id key"),
        plain=columns("journey_id at"),
        erase=delete("journeys_holdout"),
    ),
    Table(
        "journeys.Conversion",
        personal=columns("profile_id activity_id"),
        plain=columns("journey_id subject subject_id value_cents at"),
        erase=delete("journeys_conversion"),
    ),
    Table(
        "journeys.ScoreLatch",
        personal=columns("profile_id"),
        plain=columns("journey_id trigger fired_at is_armed"),
        erase=delete("journeys_scorelatch"),
    ),
    Table("journeys.TriggerMark", plain=columns("journey_id occurrence outcome count at")),
    Table(
        "journeys.MovePlan",
        plain=columns("journey_id act to_version_id choices moved returned made_at made_by_name undone_at"),
    ),
    Table(
        "journeys.MovedRun",
        plain=columns("plan_id run_id version_id step due_at arrived_at status hold moves"),
    ),
    # Its samples name people.
    Table(
        "journeys.Trial",
        personal=columns("result"),
        plain=columns(
            "journey_id definition days status progress error made_at made_by_name ended_at leased_until attempts"
        ),
        erase=delete("journeys_trial", NAMED_IN_TRIAL),
        texts=written("definition result error"),
    ),
    Table("journeys.MorningMail", plain=columns("user_id sent_on")),
    Table(
        "journeys.Task",
        personal=columns("profile_id origin_profile_id title reason note value_cents"),
        plain=columns(
            "owner_id due_on snoozed_until status outcome source source_key created_at updated_at"
            " created_by_name closed_at closed_by_name"
        ),
        erase=delete("journeys_task"),
        mine=OF_PERSON,
        merge=Move(),
        undo=OnUndo.KEEPS_PERSON,
        texts=written("title reason note"),
    ),
)
