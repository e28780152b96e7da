from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_tenants_of_events_checked_at_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='noticemanners',
            name='single_keys',
            field=models.BooleanField(default=True),
        ),
    ]
