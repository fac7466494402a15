from django.db import migrations

import tenants.row_isolation


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_row_isolation"),
        ("events", "0001_initial"),
    ]

    operations = [
        tenants.row_isolation.IsolateTenantRows(
            model_name="InboxEvent",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="DeadLetter",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="DomainLogEntry",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="ParkedEntry",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="WebhookEndpoint",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="WebhookDelivery",
        ),
        tenants.row_isolation.IsolateTenantRows(
            model_name="WebhookAttempt",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE events_webhookdelivery ADD CONSTRAINT events_delivery_endpoint_fk FOREIGN KEY (tenant_id, endpoint_id) REFERENCES events_webhookendpoint (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE events_webhookdelivery DROP CONSTRAINT events_delivery_endpoint_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE events_webhookattempt ADD CONSTRAINT events_attempt_endpoint_fk FOREIGN KEY (tenant_id, endpoint_id) REFERENCES events_webhookendpoint (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE events_webhookattempt DROP CONSTRAINT events_attempt_endpoint_fk",
        ),
        migrations.RunSQL(
            sql="""ALTER TABLE events_webhookattempt ADD CONSTRAINT events_attempt_delivery_fk FOREIGN KEY (delivery_id) REFERENCES events_webhookdelivery (id) DEFERRABLE INITIALLY IMMEDIATE""",
            reverse_sql="ALTER TABLE events_webhookattempt DROP CONSTRAINT events_attempt_delivery_fk",
        ),
        tenants.row_isolation.IsolateTenantRows(model_name="ConsumerPosition"),
    ]
