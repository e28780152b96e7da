from django.urls import path

from loyalty.console import accounts, home, imports

urlpatterns = [
    path("", home.home, name="console"),
    path("accounts/", accounts.account_list, name="console_accounts"),
    path("accounts/<uuid:account_id>/enroll/", accounts.enroll_account, name="console_enroll"),
    path("accounts/<uuid:account_id>/", accounts.account, name="console_account"),
    path("imports/", imports.import_list, name="console_imports"),
    path("imports/new/", imports.new_import, name="console_import_new"),
    path("imports/<uuid:import_id>/", imports.import_page, name="console_import"),
    path("imports/<uuid:import_id>/rejects/", imports.rejects, name="console_import_rejects"),
]
