from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0006_desk_isolation"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="keptapart", name="profiles_keptapart_pair_uq"),
        migrations.RemoveConstraint(model_name="keptapart", name="profiles_keptapart_order_ck"),
        migrations.RenameModel(old_name="KeptApart", new_name="CannotLink"),
        migrations.RunSQL(
            sql="""
            ALTER POLICY profiles_keptapart_tenant_rls ON profiles_cannotlink RENAME TO profiles_cannotlink_tenant_rls;
            ALTER POLICY profiles_keptapart_all_rls ON profiles_cannotlink RENAME TO profiles_cannotlink_all_rls
            """,
            reverse_sql="""
            ALTER POLICY profiles_cannotlink_tenant_rls ON profiles_cannotlink RENAME TO profiles_keptapart_tenant_rls;
            ALTER POLICY profiles_cannotlink_all_rls ON profiles_cannotlink RENAME TO profiles_keptapart_all_rls
            """,
        ),
        migrations.RenameIndex(
            model_name="cannotlink",
            old_name="profiles_keptapart_second_idx",
            new_name="profiles_cannotlink_second_idx",
        ),
        migrations.AddConstraint(
            model_name="cannotlink",
            constraint=models.UniqueConstraint(
                fields=["tenant", "first_key", "second_key"], name="profiles_cannotlink_pair_uq"
            ),
        ),
        migrations.AddConstraint(
            model_name="cannotlink",
            constraint=models.CheckConstraint(
                condition=Q(first_key__lt=F("second_key")), name="profiles_cannotlink_order_ck"
            ),
        ),
    ]
