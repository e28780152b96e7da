from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from loyalty.api.accounts import AccountView
from loyalty.api.activities import ActivitiesView

urlpatterns = [
    path("activities", ActivitiesView.as_view(), name="api_activities"),
    path("accounts/<str:number>", AccountView.as_view(), name="api_account"),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    # The split view keeps its script in a file of its own, as our content security policy asks.
    path(
        "docs/",
        # An OPTIONS to it would look for a template that it does not have.
        SpectacularSwaggerSplitView.as_view(
            url_name="api_schema", http_method_names=["get", "head"]
        ),
        name="api_docs",
    ),
]
