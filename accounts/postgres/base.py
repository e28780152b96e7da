"""PostgreSQL with the tenant in every transaction.

The tenant of the running request or task (a `ContextVar`) is announced to Postgres at the start of
every outermost transaction, transaction-locally, so that row-level security decides. It is never
set for a session: a session setting would travel through a connection pool to another tenant.
"""

from django.db.backends.postgresql import base

from accounts.postgres.scope import NoTransaction, announce, open_tenant_id
from accounts.postgres.statements import Prepared
from accounts.postgres.wall import WalledSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = WalledSchemaEditor
    _prepared: Prepared | None = None

    @property
    def prepared(self) -> Prepared:
        """What the present connection has prepared; a new connection has prepared nothing."""
        if self._prepared is None or self._prepared.raw is not self.connection:
            self._prepared = Prepared(self.connection)
        return self._prepared

    def set_autocommit(self, autocommit, force_begin_transaction_with_broken_autocommit=False):
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if not autocommit and open_tenant_id() is not None:
            announce(self)

    def _commit(self):
        self.settle_sent()
        return super()._commit()

    def _rollback(self):
        self.forget_sent()
        return super()._rollback()

    def _savepoint_rollback(self, sid):
        self.forget_sent()
        super()._savepoint_rollback(sid)
        # A savepoint that outlived the scope it was made in would bring that scope's tenant back.
        announce(self)

    def _cursor(self, name=None):
        # Outside a transaction nothing was announced, and row-level security would answer with
        # silently empty results: fail loudly instead.
        if open_tenant_id() is not None and self.get_autocommit():
            raise NoTransaction
        self.settle_sent()
        return super()._cursor(name)

    def settle_sent(self):
        """Nothing else can run on the connection before what was sent ahead has (see `send`)."""
        if self._has_sent():
            with self.wrap_database_errors:
                self.prepared.settle()

    def forget_sent(self):
        if self._has_sent():
            self.prepared.forget()

    def _has_sent(self) -> bool:
        # What went to a connection that is gone is gone with it.
        return self._prepared is not None and self._prepared.raw is self.connection
