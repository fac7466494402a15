from django.db import migrations

import tenants.row_isolation

CHILDREN = {
    "campaigns_campaignvariant": "campaigns_variant_campaign_fk",
    "campaigns_campaignact": "campaigns_act_campaign_fk",
    "campaigns_campaignoccurrence": "campaigns_occurrence_campaign_fk",
    "campaigns_triggeredperson": "campaigns_triggered_campaign_fk",
    "campaigns_campaigncount": "campaigns_count_campaign_fk",
    "campaigns_campaignrecount": "campaigns_recount_campaign_fk",
    "campaigns_campaignlink": "campaigns_link_campaign_fk",
    "campaigns_campaignconversion": "campaigns_conversion_campaign_fk",
}
OF_PEOPLE = {
    "campaigns_triggeredperson": "campaigns_triggered_profile_fk",
    "campaigns_campaignconversion": "campaigns_conversion_profile_fk",
}


def refer(table, name, column, parent):
    return migrations.RunSQL(
        sql=f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column})"
        f" REFERENCES {parent} (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_isolation"),
        ("campaigns", "0001_initial"),
        ("profiles", "0002_row_isolation"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows(model_name="Campaign"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignVariant"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignAct"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignOccurrence"),
        tenants.row_isolation.IsolateTenantRows(model_name="TriggeredPerson"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignCount"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignLink"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignRecount"),
        tenants.row_isolation.IsolateTenantRows(model_name="CampaignConversion"),
        *(refer(table, name, "campaign_id", "campaigns_campaign") for table, name in CHILDREN.items()),
        *(refer(table, name, "profile_id", "profiles_customerprofile") for table, name in OF_PEOPLE.items()),
    ]
