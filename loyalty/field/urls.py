from django.urls import path

from loyalty.field import accounts, files, support

urlpatterns = [
    path("", accounts.account_list, name="field"),
    path("files/<uuid:file_id>/", files.file, name="field_file"),
    path("crm/<str:crm_id>/", accounts.from_crm, name="field_from_crm"),
    path("support/<uuid:request_id>/", support.support, name="field_support"),
    path("<uuid:account_id>/", accounts.account, name="field_account"),
]
