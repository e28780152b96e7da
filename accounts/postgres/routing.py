"""Tables are made through the owner's connection only; the app's own role owns nothing."""


class OwnerMigrates:
    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return db == "owner"
