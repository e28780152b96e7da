from django.urls import path

from loyalty.console import accounts, home, imports, redemptions, rewards

urlpatterns = [
    path("", home.home, name="console"),
    path("accounts/", accounts.account_list, name="console_accounts"),
    path("accounts/<uuid:account_id>/", accounts.account, name="console_account"),
    path("rewards/", rewards.reward_list, name="console_rewards"),
    path("rewards/new/", rewards.new_reward, name="console_reward_new"),
    path("rewards/<uuid:reward_id>/", rewards.reward, name="console_reward"),
    path("rewards/<uuid:reward_id>/state/", rewards.reward_state, name="console_reward_state"),
    path("rewards/<uuid:reward_id>/codes/", rewards.reward_codes, name="console_reward_codes"),
    path("rewards/<uuid:reward_id>/slots/", rewards.reward_slots, name="console_reward_slots"),
    path("redemptions/", redemptions.queue, name="console_redemptions"),
    path("redemptions/<uuid:redemption_id>/", redemptions.redemption, name="console_redemption"),
    path("imports/", imports.import_list, name="console_imports"),
    path("imports/new/", imports.new_import, name="console_import_new"),
    path("imports/<uuid:import_id>/", imports.import_page, name="console_import"),
    path("imports/<uuid:import_id>/rejects/", imports.rejects, name="console_import_rejects"),
]
