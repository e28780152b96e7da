"""Views under a name, files of what a list showed, and events found by what they are about."""

import accounts.ids
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('list', models.CharField(max_length=40)),
                ('query', models.CharField(blank=True, default='', max_length=2000)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Ready'), ('failed', 'Failed'), ('expired', 'Expired')], default='waiting', max_length=8)),
                ('rows', models.BigIntegerField(default=0)),
                ('written', models.BigIntegerField(default=0)),
                ('size', models.BigIntegerField(default=0)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('stored_as', models.CharField(blank=True, default='', max_length=200)),
                ('problem', models.CharField(blank=True, default='', max_length=300)),
                ('asked_at', models.DateTimeField()),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('staff', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.staff')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'staff', '-asked_at', '-id'], name='export_by_staff'), models.Index(condition=models.Q(('state__in', ('waiting', 'running'))), fields=['tenant', 'asked_at'], name='export_under_way'), models.Index(condition=models.Q(('state', 'done')), fields=['tenant', 'expires_at'], name='export_to_remove')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(models.Q(('stored_as', ''), _negated=True), ('expires_at__isnull', False)), _connector='OR'), name='export_done_has_a_file')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('list', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, default='', max_length=2000)),
                ('is_shared', models.BooleanField(default=False)),
                ('is_default', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('staff', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.staff')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('removed_at', None)), fields=['tenant', 'list'], name='view_by_list')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('tenant', 'staff', 'list', 'name'), name='view_name_is_unique'), models.UniqueConstraint(condition=models.Q(('is_default', True), ('removed_at', None)), fields=('tenant', 'staff', 'list'), name='view_default_is_one')],
            },
        ),
        migrations.AddField(
            model_name='tenant',
            name='guide_closed_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind__in', ('points.earned', 'points.reversed')), _negated=True), fields=['tenant', 'position', 'id'], name='event_of_note'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind__in', ('points.earned', 'points.reversed')), _negated=True), fields=['tenant', 'subject', 'position', 'id'], name='event_by_subject'),
        ),
    ]
