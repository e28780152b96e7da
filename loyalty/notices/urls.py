from django.urls import path

from loyalty.notices import choices, inbox, unsubscribe

urlpatterns = [
    path("", inbox.inbox, name="notices"),
    path("read/", inbox.mark_all, name="notices_read"),
    path("choices/", choices.choices, name="notice_choices"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="notice_unsubscribe"),
    path("<uuid:notice_id>/", inbox.open_notice, name="notice"),
    path("<uuid:notice_id>/mark/", inbox.mark_one, name="notice_mark"),
]
