from django.urls import path

from loyalty.field import accounts

urlpatterns = [
    path("", accounts.account_list, name="field"),
    path("<uuid:account_id>/", accounts.account, name="field_account"),
]
