from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("social", "0011_pictures_of_events")]

    operations = [
        migrations.AddField(model_name="attempt", name="said", field=models.TextField(blank=True)),
    ]
