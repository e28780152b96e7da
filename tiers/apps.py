from django.apps import AppConfig


class TiersConfig(AppConfig):
    name = "tiers"

    def ready(self) -> None:
        from accounts.enrolling import WHEN_ENROLLED
        from accounts.validity import WHEN_ARRIVED
        from tiers.arriving import look_at_those_who_gained
        from tiers.standing import begin

        WHEN_ENROLLED.append(begin)
        WHEN_ARRIVED.append(look_at_those_who_gained)
