"""The questions that must be answered before a tenant is known; see accounts.doors."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION door_tenant_by_slug(wanted text) RETURNS SETOF accounts_tenant
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT * FROM accounts_tenant WHERE slug = wanted $$;

CREATE FUNCTION door_tenant_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT id FROM accounts_tenant ORDER BY id $$;

CREATE FUNCTION door_tenant_of_key(wanted text) RETURNS SETOF accounts_tenant
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.* FROM accounts_tenant t JOIN accounts_apikey k ON k.tenant_id = t.id
   WHERE k.secret_hash = wanted AND k.revoked_at IS NULL $$;

CREATE FUNCTION door_workspaces_of(wanted text) RETURNS TABLE (slug text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.slug, t.name FROM accounts_tenant t
   WHERE EXISTS (SELECT FROM accounts_staff s JOIN accounts_user u ON u.id = s.user_id
                 WHERE s.tenant_id = t.id AND s.is_active AND lower(u.email) = lower(wanted))
      OR EXISTS (SELECT FROM accounts_member m JOIN accounts_user u ON u.id = m.user_id
                 WHERE m.tenant_id = t.id AND m.is_active AND lower(u.email) = lower(wanted)) $$;
"""

BACKWARD = """
DROP FUNCTION door_tenant_by_slug(text);
DROP FUNCTION door_tenant_ids();
DROP FUNCTION door_tenant_of_key(text);
DROP FUNCTION door_workspaces_of(text);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
