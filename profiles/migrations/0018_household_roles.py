"""People of a household have roles: who pays, who speaks for the children."""

from django.db import migrations, models
from django.db.models import Q

MEMBER = "householdmember"


class Migration(migrations.Migration):
    """Two columns with constant defaults: no row is rewritten."""

    dependencies = [("profiles", "0017_updated_index"), ("tenants", "0004_keys_bound_to_sources")]

    operations = [
        migrations.AddField(MEMBER, "is_payer", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            MEMBER,
            "role",
            models.CharField(
                blank=True,
                choices=[("GUARDIAN", "Parent or guardian"), ("CHILD", "Child")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            MEMBER,
            models.UniqueConstraint(
                fields=["tenant", "household_id"],
                condition=Q(is_payer=True),
                name="profiles_member_payer_uq",
            ),
        ),
        migrations.AddConstraint(
            MEMBER,
            models.CheckConstraint(
                condition=Q(role__in=["", "GUARDIAN", "CHILD"]), name="profiles_member_role_ck"
            ),
        ),
        migrations.AddConstraint(
            MEMBER,
            models.CheckConstraint(
                condition=~Q(role="CHILD") | Q(is_payer=False), name="profiles_member_child_ck"
            ),
        ),
    ]
