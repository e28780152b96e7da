from django.urls import path

from loyalty.field import accounts

urlpatterns = [
    path("", accounts.account_list, name="field"),
    path("crm/<str:crm_id>/", accounts.from_crm, name="field_from_crm"),
    path("<uuid:account_id>/", accounts.account, name="field_account"),
]
