"""What customers bring: the profile itself, and with it matching, scoring, exchange and privacy."""

from typing import Final

from tenants.extension import Extension, NavEntry, Periodic, Queue, Setting, Tag

SETTINGS: Final = "Settings"

EXTENSION: Final = Extension(
    urls="profiles.api.urls",
    graphql_queries=(
        "profiles.graphql.queries.CustomerQueries",
        "profiles.graphql.intelligence.IntelligenceQueries",
    ),
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
        "CustomerStatus": "profiles.models.ProfileStatus",
        "EditableStatus": "profiles.editing.STATUSES",
        "LifecycleStage": "profiles.models.LifecycleStage",
        "ActivityCategory": "profiles.models.ActivityCategory",
    },
    nav=(
        NavEntry("Dashboard", "space_dashboard", "index", order=0),
        NavEntry("Customers", "groups", "profiles_customerprofile_changelist", order=10),
        NavEntry("Slipping away", "trending_down", "slipping_away", order=20),
        NavEntry("Review", "compare_arrows", "review_queue", "EDIT", order=30),
        NavEntry("Import", "upload_file", "imports", "EDIT", order=40),
        NavEntry("Scoring rules", "speed", "scoring_rules", "VIEW_PROFILES", SETTINGS, 950),
        NavEntry("Privacy", "shield_person", "privacy", "ADMINISTER", SETTINGS, 960),
    ),
    styles=("crm/customer.css", "crm/review.css", "crm/scores.css"),
    scripts=("crm/search.js", "crm/timeline.js", "crm/review.js"),
    queues={"profiles.process_inbox": Queue.EVENTS},
    schedule=(
        # Finds what is due: each club's own night, new rules, a run that was cut off.
        Periodic("profiles.wake_score_touched", seconds=3, expires=4, name="score-touched"),
        Periodic("profiles.score_everybody", seconds=300, expires=240, name="score-everybody"),
        Periodic("profiles.weigh_candidates", seconds=120, expires=100, name="weigh-candidates"),
        Periodic("profiles.wake_imports", seconds=30, expires=25, name="wake-imports"),
        Periodic(
            "profiles.find_duplicates", cron={"hour": 2, "minute": 30}, expires=3600, name="find-duplicates"
        ),
        Periodic(
            "profiles.apply_retention", cron={"hour": 3, "minute": 30}, expires=3600, name="apply-retention"
        ),
    ),
    locks={
        "SCORING": 3,  # the versions of one tenant's scoring rules
    },
    settings=(
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
