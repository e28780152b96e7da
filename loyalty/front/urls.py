"""What the plain host answers: sign-up, and the way to one's workspace."""

from django.urls import path, re_path

from loyalty import health
from loyalty.api.problems import needs_a_key
from loyalty.front import views

urlpatterns = [
    path("", views.landing, name="home"),
    path("sign-up/", views.sign_up, name="sign_up"),
    path("workspace/", views.choose, name="choose_workspace"),
    path("workspace/forgotten/", views.forgotten, name="forgotten_workspace"),
    # Reached without a key only: with one, the key's tenant answers (accounts.middleware).
    re_path(r"^api/", needs_a_key, name="api_needs_a_key"),
    path("healthz", health.healthz, name="healthz"),
]
