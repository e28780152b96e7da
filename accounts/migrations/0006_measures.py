import accounts.ids
import accounts.stamps
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_commands'),
    ]

    operations = [
        migrations.AddField(
            model_name='measure',
            name='points',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name='AttributeMeasure',
            fields=[
                ('month', models.DateField()),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'month', 'kind', 'product_line', 'attribute', blank=True, editable=False, primary_key=True, serialize=False)),
                ('attribute', models.CharField(max_length=60)),
                ('total', models.DecimalField(decimal_places=9, default=0, max_digits=40)),
                ('count', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PersonMeasure',
            fields=[
                ('month', models.DateField()),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'month', 'kind', 'product_line', 'member_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('count', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Returned',
            fields=[
                ('month', models.DateField()),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'month', 'returned', 'kind', 'product_line', blank=True, editable=False, primary_key=True, serialize=False)),
                ('returned', models.DateField()),
                ('amount', models.BigIntegerField(default=0)),
                ('quantity', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('count', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DeclaredMeasure',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('terms', models.JSONField(default=dict)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'code'), name='declared_measure_is_unique'), accounts.stamps.RenewsTermsStamp(name='declared_measure_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Validity',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'activity_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('activity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.activity')),
                ('member', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
        ),
    ]
