"""What this app brings to the house."""

from typing import Final

from tenants.extension import (
    Consumer,
    DashboardPanel,
    Extension,
    Logged,
    LogKind,
    Move,
    NavEntry,
    OnUndo,
    OutboundEvent,
    Periodic,
    Queue,
    Table,
    Tag,
    columns,
    delete,
    written,
)

TRIGGERED: Final = "campaigns_triggeredperson"
CONVERSIONS: Final = "campaigns_campaignconversion"

EXTENSION: Final = Extension(
    error_codes="campaigns.error_codes.CODES",
    logged=(Logged("campaign", "campaigns.Campaign", "name", "the campaign", "campaign"),),
    tables=(
        Table(
            "campaigns.Campaign",
            plain=columns(
                "club_id name description type status version segment_ids excluded_segment_ids"
                " excluded_campaign_ids rule hold_out_percent channels email_template_id sms_template_id"
                " push_template_id whatsapp_template_id content is_transactional scheduled_at timezone window"
                " spread_minutes recur_pattern recur_end_at trigger_event trigger_where trigger_delay_minutes"
                " trigger_cap_days winner_metric test_percent test_minutes goal goal_days started_at completed_at"
                " pause_reason pause_note archived_at created_by_id created_by_name changed_by_id approval_asked_at"
                " approval_asked_by_id approved_version approved_at approved_by_name created_at updated_at"
            ),
            texts=written("name description rule content trigger_where pause_note"),
        ),
        Table(
            "campaigns.CampaignVariant",
            plain=columns("campaign_id label weight content channels template_ids delay_minutes"),
            texts=written("content"),
        ),
        Table(
            "campaigns.CampaignAct",
            plain=columns("campaign_id act from_status to_status note actor_name at"),
            texts=written("note"),
        ),
        Table(
            "campaigns.CampaignOccurrence",
            plain=columns(
                "campaign_id number hour status due_at leased_until attempts last_error is_released audience"
                " planned skipped reasons forgiven planned_at decide_at winner verdict completed_at"
            ),
            texts=written("last_error"),
        ),
        Table(
            "campaigns.TriggeredPerson",
            personal=columns("profile_id origin_profile_id activity_id due_at planned_at"),
            plain=columns("campaign_id"),
            erase=delete(TRIGGERED),
            mine="profile_id = ANY(%(ids)s)",
            merge=Move(),
            undo=OnUndo.GOES_ALONG,
        ),
        Table(
            "campaigns.CampaignCount",
            plain=columns(
                "campaign_id occurrence variant channel handed_over delivered bounced failed opened"
                " machine_opened clicked unsubscribed complained replied converted revenue_cents"
            ),
        ),
        Table("campaigns.CampaignRecount", plain=columns("campaign_id occurrence noted_at")),
        Table(
            "campaigns.CampaignLink",
            plain=columns("campaign_id occurrence variant url clicks machine_clicks"),
            texts=written("url"),
        ),
        Table(
            "campaigns.CampaignConversion",
            personal=columns("profile_id origin_profile_id activity_id amount_cents at"),
            plain=columns("campaign_id occurrence variant channel goal is_held_out"),
            erase=delete(CONVERSIONS),
            mine="profile_id = ANY(%(ids)s)",
            merge=Move(),
            undo=OnUndo.GOES_ALONG,
        ),
    ),
    urls="campaigns.api.urls",
    graphql_queries=("campaigns.graphql.fields.CampaignQueries",),
    graphql_mutations=("campaigns.graphql.fields.CampaignMutations",),
    tags=(Tag("campaigns", "Planned sends: drafts, schedules, results.", 60),),
    enum_names={
        "CampaignType": "campaigns.models.CampaignType",
        "CampaignStatus": "campaigns.models.CampaignStatus",
        "CampaignChannel": "campaigns.models.CampaignChannel",
        "CampaignWindow": "campaigns.models.SendWindow",
        "CampaignGoal": "campaigns.models.Goal",
        "CampaignWinnerMetric": "campaigns.models.WinnerMetric",
        "SendStatus": "messaging.models.DeliveryStatus",
    },
    dashboard_panels=(
        DashboardPanel(
            "campaigns",
            "Campaigns",
            "campaigns/dashboard.html",
            "campaigns.admin.dashboard.context",
            order=55,
        ),
    ),
    nav=(
        NavEntry("Campaigns", "campaign", "campaigns", group="Marketing", order=200),
        NavEntry("Calendar", "calendar_month", "campaign_calendar", group="Marketing", order=210),
        NavEntry("Sending rhythm", "event_repeat", "campaign_rhythms", group="Marketing", order=215),
        NavEntry("Campaign settings", "tune", "campaign_settings", "ADMINISTER", "Settings", 945),
    ),
    styles=("crm/campaigns.css",),
    scripts=("crm/campaigns.js",),
    demo=("campaigns.demo.furnish",),
    segment_users=("campaigns.audience.users_of_segment",),
    calendar=("campaigns.calendar.campaign_entries",),
    timeline_names={"campaignId": "campaigns.timeline_names.campaigns"},
    log_kinds=(
        LogKind("campaign.scheduled", "A campaign was scheduled."),
        LogKind("campaign.sent", "One sending of a campaign is complete."),
    ),
    outbound=(
        OutboundEvent(
            "campaign.scheduled",
            "crm.campaign.scheduled",
            "campaigns.outbound.envelopes",
            "A campaign gets its time",
        ),
        OutboundEvent(
            "campaign.sent", "crm.campaign.sent", "campaigns.outbound.envelopes", "A campaign is sent"
        ),
    ),
    consumers=(
        Consumer(
            "campaign-triggers",
            ("activity.recorded",),
            "campaigns.triggers.follow",
            "Campaigns that an event sets off",
            wants="campaigns.triggers.wants",
        ),
        Consumer(
            "campaign-results",
            ("activity.recorded", "delivery.changed"),
            "campaigns.results.follow",
            "What campaigns brought",
            batch_size=2000,
            wants="campaigns.results.wants",
        ),
    ),
    queues={"campaigns.run_due": Queue.SENDS, "campaigns.recount": Queue.CONSUMERS},
    # A campaign is found within five seconds of its hour.
    schedule=(
        Periodic("campaigns.run_due", seconds=3, expires=4, name="run-campaigns"),
        Periodic("campaigns.recount", seconds=3, expires=4, name="recount-campaigns"),
    ),
)
