from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0019_leads_come_in_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='noticemanners',
            name='single_keys',
            field=models.BooleanField(default=True),
        ),
    ]
