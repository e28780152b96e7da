from django.urls import path

from loyalty.portal import overview, points

urlpatterns = [
    path("", overview.first, name="portal"),
    path("<uuid:enrollment_id>/", overview.overview, name="portal_overview"),
    path("<uuid:enrollment_id>/entries/", points.entries, name="portal_entries"),
]
