from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("social", "0009_workers_that_die")]

    operations = [
        migrations.AddField(
            model_name="promotion",
            name="picture_id",
            field=models.UUIDField(null=True, help_text="A picture of the library that its posts show."),
        ),
        migrations.AlterField(
            model_name="touch",
            name="anchor",
            field=models.CharField(
                max_length=10,
                help_text="publish, closes, starts, fixed (a time of staff), or when: something happens.",
            ),
        ),
    ]
