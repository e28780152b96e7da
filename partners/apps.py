from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"

    def ready(self) -> None:
        from accounts.directory_imports import INTENTS
        from accounts.models.imports import ImportTarget
        from partners.leads.imports import leads_intent
        from partners.training.reporting import completions_intent

        INTENTS[ImportTarget.COMPLETIONS] = completions_intent
        INTENTS[ImportTarget.LEADS] = leads_intent
