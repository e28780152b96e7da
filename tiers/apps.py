from django.apps import AppConfig


class TiersConfig(AppConfig):
    name = "tiers"

    def ready(self) -> None:
        from accounts.enrolling import WHEN_ENROLLED
        from tiers.standing import begin

        WHEN_ENROLLED.append(begin)
