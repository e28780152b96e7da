from django.urls import path

from loyalty.console import accounts, adjustments, home, imports

urlpatterns = [
    path("", home.home, name="console"),
    path("accounts/", accounts.account_list, name="console_accounts"),
    path("accounts/<uuid:account_id>/", accounts.account, name="console_account"),
    path("enrollments/<uuid:enrollment_id>/adjust/", adjustments.adjust, name="console_adjust"),
    path("enrollments/<uuid:enrollment_id>/extend/", adjustments.extend, name="console_extend"),
    path(
        "enrollments/<uuid:enrollment_id>/reinstate/",
        adjustments.reinstate,
        name="console_reinstate",
    ),
    path("adjustments/", adjustments.adjustment_list, name="console_adjustments"),
    path("adjustments/terms/", adjustments.terms, name="console_correction_terms"),
    path("adjustments/<uuid:adjustment_id>/", adjustments.adjustment, name="console_adjustment"),
    path("imports/", imports.import_list, name="console_imports"),
    path("imports/new/", imports.new_import, name="console_import_new"),
    path("imports/<uuid:import_id>/", imports.import_page, name="console_import"),
    path("imports/<uuid:import_id>/rejects/", imports.rejects, name="console_import_rejects"),
]
