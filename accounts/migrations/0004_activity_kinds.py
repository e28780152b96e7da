import json

import accounts.ids
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


# As it was when this was written: what `accounts.kinds` says later is for later tenants.
CATALOGUE = [('purchase', 'Purchase', []),
 ('return', 'Return', []),
 ('renewal',
  'Contract renewal',
  [{'name': 'contract', 'type': 'text'},
   {'name': 'months', 'type': 'whole'},
   {'name': 'on_time', 'type': 'yes_no'}]),
 ('training',
  'Training completed',
  [{'name': 'course', 'type': 'text'},
   {'name': 'hours', 'type': 'number'},
   {'name': 'score', 'type': 'number'}]),
 ('certificate',
  'Certificate earned',
  [{'name': 'certificate', 'type': 'text'},
   {'name': 'level', 'type': 'text'},
   {'name': 'valid_until', 'type': 'date'}]),
 ('referral',
  'Referral',
  [{'name': 'referred', 'type': 'text'}, {'name': 'became_customer', 'type': 'yes_no'}]),
 ('deal',
  'Deal registered',
  [{'name': 'stage', 'type': 'text'},
   {'name': 'new_customer', 'type': 'yes_no'},
   {'name': 'closes_on', 'type': 'date'}]),
 ('event',
  'Event attended',
  [{'name': 'event', 'type': 'text'}, {'name': 'people', 'type': 'whole'}]),
 ('co_marketing',
  'Co-marketing activity',
  [{'name': 'campaign', 'type': 'text'}, {'name': 'leads', 'type': 'whole'}]),
 ('advocacy',
  'Case study or advocacy',
  [{'name': 'form',
    'type': 'choice',
    'choices': ['case study', 'reference call', 'review', 'talk', 'other']},
   {'name': 'published_on', 'type': 'date'}]),
 ('pipeline',
  'Pipeline contribution',
  [{'name': 'stage', 'type': 'text'}, {'name': 'source', 'type': 'text'}]),
 ('satisfaction',
  'Satisfaction score',
  [{'name': 'score', 'type': 'number'}, {'name': 'survey', 'type': 'text'}]),
 ('sustainable_choice',
  'Sustainable choice',
  [{'name': 'choice', 'type': 'text'}, {'name': 'kg_co2_saved', 'type': 'number'}]),
 ('enrollment', 'Enrollment', [{'name': 'program', 'type': 'text'}]),
 ('anniversary',
  'Enrollment anniversary',
  [{'name': 'program', 'type': 'text'}, {'name': 'years', 'type': 'whole'}]),
 ('milestone',
  'Milestone reached',
  [{'name': 'program', 'type': 'text'}, {'name': 'milestone', 'type': 'text'}])]


def give_every_tenant_the_catalogue(apps, schema_editor):
    """Those kinds that it has already stay as they are: its feeds may not know any types."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_activitykind (tenant_id, id, code, name, attributes)
            SELECT t.id, uuidv7(), k.code, k.name, k.attributes
            FROM accounts_tenant t
            CROSS JOIN jsonb_to_recordset(%s::jsonb) AS k (code text, name text, attributes jsonb)
            ON CONFLICT (tenant_id, code) DO NOTHING
            """,
            [
                json.dumps(
                    [
                        {"code": code, "name": name, "attributes": attributes}
                        for code, name, attributes in CATALOGUE
                    ]
                )
            ],
        )
        cursor.execute("SELECT count(*) FROM accounts_tenant")
        tenants = cursor.fetchone()[0]
        codes = [code for code, _, _ in CATALOGUE]
        cursor.execute(
            "SELECT count(*) FROM accounts_activitykind WHERE code = ANY (%s)", [codes]
        )
        # under row-level security a role without BYPASSRLS would silently have changed nothing
        if cursor.fetchone()[0] != tenants * len(codes):
            raise RuntimeError("Not every tenant has the catalogue of activity kinds.")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_room_for_updates'),
    ]

    operations = [
        migrations.AddField(
            model_name='activitykind',
            name='attributes',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='tenant',
            name='two_pairs_of_eyes',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('condition', models.JSONField(default=dict)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'code'), name='segment_code_is_unique')],
            },
        ),
        migrations.RunPython(give_every_tenant_the_catalogue, migrations.RunPython.noop),
    ]
