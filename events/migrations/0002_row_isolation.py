"""Row level security for the tables of this app."""

from django.db import migrations

from tenants.row_isolation import IsolateTenantRows


class Migration(migrations.Migration):
    """Each table that carries a tenant."""

    dependencies = [("events", "0001_initial"), ("tenants", "0002_roles_and_slugs")]

    operations = [
        IsolateTenantRows("InboxEvent"),
        IsolateTenantRows("DeadLetter"),
        IsolateTenantRows("DomainLogEntry"),
        IsolateTenantRows("ParkedEntry"),
    ]
