"""What customers bring: the profile itself, and with it matching, scoring, exchange and privacy."""

import os
from typing import Final

from profiles.log_kinds import LogKind as Kind
from profiles.tables import PERIODS, TABLES
from tenants.extension import (
    Consumer,
    CustomerAct,
    CustomerPanel,
    Extension,
    Logged,
    LogKind,
    NavEntry,
    OutboundEvent,
    Periodic,
    Place,
    Queue,
    Sealed,
    Setting,
    Tag,
)

SETTINGS: Final = "Settings"

RENDER: Final = "profiles.outbound.envelopes"

EXTENSION: Final = Extension(
    error_codes="profiles.error_codes.CODES",
    tables=TABLES,
    periods=PERIODS,
    sealed=(Sealed("profiles.ErasureReceipt", "queue_search"),),
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
            Kind.CONSENT_CHANGED, "Messaging's word on consent changed: each opt-in field as [before, after]."
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
        OutboundEvent(Kind.PROFILE_CREATED, "crm.profile.created", RENDER, "A customer appears"),
        OutboundEvent(Kind.PROFILE_CHANGED, "crm.profile.updated", RENDER, "A customer changes"),
        OutboundEvent(Kind.PROFILE_MERGED, "crm.profile.merged", RENDER, "Two customers become one"),
        OutboundEvent(Kind.PROFILE_UNMERGED, "crm.profile.unmerged", RENDER, "A merge is taken back"),
        OutboundEvent(Kind.PROFILE_ERASED, "crm.profile.deleted", RENDER, "A customer is erased"),
        OutboundEvent(Kind.CHURN_RISK_HIGH, "crm.churn.risk.high", RENDER, "A customer is about to leave"),
        OutboundEvent(Kind.CONSENT_CHANGED, "crm.consent.changed", RENDER, "Consent is given or taken back"),
        OutboundEvent(
            Kind.PROFILE_SCORED, "crm.score.changed", RENDER, "A score moves (many)", is_frequent=True
        ),
        OutboundEvent(
            Kind.ACTIVITY_RECORDED,
            "crm.activity.recorded",
            RENDER,
            "Something stands in a timeline (very many)",
            is_frequent=True,
        ),
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
            handle="profiles.scoring.log_consumer.follow",
            words="Scores",
            batch_size=2000,
        ),
    ),
    urls="profiles.api.urls",
    graphql_queries=(
        "profiles.graphql.queries.CustomerQueries",
        "profiles.graphql.intelligence.IntelligenceQueries",
    ),
    graphql_customer_edges="profiles.graphql.edges.EDGES",
    graphql_mutations=(
        "profiles.graphql.mutations.CustomerMutations",
        "profiles.graphql.intelligence.IntelligenceMutations",
    ),
    tags=(
        Tag("customers", "Who they are: list, find, read, make, change.", 10),
        Tag("timeline", "What they did, newest first.", 20),
        Tag("notes", "What staff wrote about them.", 30),
    ),
    enum_names={
        "CustomerStatus": "profiles.api.schema.CUSTOMER_STATUSES",
        "EditableStatus": "profiles.editing.STATUSES",
        "LifecycleStage": "profiles.api.schema.STAGES",
        "ActivityCategory": "profiles.api.schema.CATEGORIES",
    },
    logged=(
        Logged(
            "customer",
            "profiles.CustomerProfile",
            "name",
            "",
            "profiles_customerprofile_change",
            "profiles.admin.logged_changes.particulars",
        ),
        Logged("import", "profiles.MemberImport", "file_name", "the import", "import"),
    ),
    customer_panels=(
        CustomerPanel(
            "first",
            "At a glance",
            "crm/customer/first_screen.html",
            "profiles.admin.first_screen.context",
            Place.TOP,
            5,
        ),
    ),
    customer_actions=(
        CustomerAct("tag", "Tag", "customers_tag", order=10, icon="sell", undo="profiles.bulk.untag"),
        CustomerAct(
            "untag",
            "Remove tag",
            "customers_untag",
            order=11,
            icon="label_off",
            undo="profiles.bulk.tag_again",
        ),
        CustomerAct(
            "note", "Note", "customers_note", order=20, icon="edit_note", undo="profiles.bulk.delete_notes"
        ),
        CustomerAct("export", "Export", "customers_export_chosen", order=90, icon="download"),
    ),
    nav=(
        NavEntry("Dashboard", "space_dashboard", "index", order=0),
        NavEntry("Customers", "groups", "profiles_customerprofile_changelist", order=10),
        NavEntry("Review", "compare_arrows", "review_queue", "CORRECT", order=30),
        NavEntry("Import", "upload_file", "imports", "EDIT", order=40),
        NavEntry("Tags", "sell", "tags", "EDIT", order=45),
        NavEntry("Scoring rules", "speed", "scoring_rules", "ADMINISTER", SETTINGS, 950),
        NavEntry("Privacy", "shield_person", "privacy", "ADMINISTER", SETTINGS, 960),
    ),
    styles=("crm/customer.css", "crm/review.css", "crm/scores.css", "crm/desk.css"),
    scripts=("crm/search.js", "crm/timeline.js", "crm/review.js", "crm/desk.js", "crm/alike.js"),
    queues={
        "profiles.process_inbox": Queue.EVENTS,
        "profiles.score_touched": Queue.CONSUMERS,
        "profiles.sweep_scores": Queue.CONSUMERS,
    },
    schedule=(
        # Finds what is due: each club's own night, new rules, a run that was cut off.
        Periodic("profiles.sweep_scores", seconds=3, expires=4, name="score-touched"),
        Periodic("profiles.score_everybody", seconds=300, expires=240, name="score-everybody"),
        Periodic("profiles.weigh_candidates", seconds=120, expires=100, name="weigh-candidates"),
        Periodic("profiles.finish_erasures", seconds=60, expires=50, name="finish-erasures"),
        Periodic("profiles.sweep_imports", seconds=30, expires=25, name="sweep-imports"),
        Periodic("profiles.sweep_counts", seconds=60, expires=50, name="sweep-counts"),
        # Seldom, so that blocks fill; what is not indexed yet is read by whoever searches.
        Periodic("profiles.index_texts", seconds=600, expires=500, name="index-texts"),
        Periodic(
            "profiles.find_duplicates", cron={"hour": 2, "minute": 30}, expires=3600, name="find-duplicates"
        ),
        Periodic(
            "profiles.apply_retention", cron={"hour": 3, "minute": 30}, expires=3600, name="apply-retention"
        ),
    ),
    locks={
        "BACKFILL": 7,  # how many workers are at what files brought, of all tenants together
        "SCORING": 3,  # the versions of one tenant's scoring rules
    },
    settings=(
        Setting(
            "CRM_BACKFILL_WORKERS",
            "number",
            max(2, min(os.cpu_count() or 1, 8)),
            "Live workers that may be at events from files at once; fewer than there are, so that one is always free.",
        ),
        Setting(
            "CRM_DUPLICATES_BACKEND",
            "choice",
            "DUCKDB",
            "Where the search for duplicates compares pairs.",
            choices=("DUCKDB", "SPARK"),
        ),
        Setting("CRM_DUPLICATES_MEMORY", "text", "3GB", "What DuckDB may take."),
        Setting(
            "CRM_DUPLICATES_THREADS", "number", 0, "Threads of DuckDB; 0: as many as there are processors."
        ),
        Setting("CRM_DUPLICATES_FOLDER", "text", "", "Where it spills; the system's own where empty."),
        Setting("CRM_DUPLICATES_MOST_PAIRS", "number", 10_000_000, "Pairs that one search compares at most."),
        Setting("CRM_DUPLICATES_TRAIN_FROM", "number", 20_000, "Customers from which on weights are learnt."),
        Setting("CRM_DUPLICATES_QUEUE_FROM", "fraction", 0.3, "Probability from which on staff are asked."),
        Setting(
            "CRM_DUPLICATES_MERGE_FROM", "fraction", 0.9999, "Probability from which on pairs are merged."
        ),
        Setting(
            "CRM_SCORING_WORKERS",
            "number",
            2,
            "Threads, each with a connection, that score everybody of a club.",
        ),
    ),
)
