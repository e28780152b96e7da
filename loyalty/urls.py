"""What a tenant's host answers. The plain host is `loyalty.front.urls`."""

from django.urls import include, path

from loyalty import badge_views, brand_views, directory_pages, health, home, referral_views
from loyalty.console import branding_settings, keys, people
from loyalty.notices import letters, texts
from loyalty.people import accepting, colleagues

urlpatterns = [
    # Asked most often, and so looked at first.
    path("api/v1/", include("loyalty.api.urls")),
    path("", home.home, name="home"),
    path("sign-in/", include("allauth.urls")),
    path("welcome/<str:ticket>/", home.welcome, name="welcome"),
    path("invitation/<str:secret>/", accepting.invitation, name="invitation"),
    path("refer/thanks/", referral_views.thanks, name="referral_thanks"),
    path("refer/<slug:token>/", referral_views.landing, name="referral_landing"),
    path("brand/logo", brand_views.logo, name="brand_logo"),
    path("brand/colors.css", brand_views.colors, name="brand_colors"),
    path("brand/icon.svg", brand_views.icon, name="brand_icon"),
    path("badges/issuer.json", badge_views.profile, name="badge_issuer"),
    path("badges/keys/<uuid:key_id>.json", badge_views.key, name="badge_key"),
    path("badges/<slug:address>/", badge_views.page, name="badge"),
    path("badges/<slug:address>.svg", badge_views.drawing, name="badge_picture"),
    path("badges/<slug:address>.json", badge_views.credential, name="badge_credential"),
    path("badges/<slug:address>.jwt", badge_views.token, name="badge_token"),
    path("badges/<slug:address>/status.json", badge_views.status, name="badge_status"),
    path("partners/", directory_pages.directory, name="directory"),
    path("partners/<slug:slug>/", directory_pages.partner, name="directory_partner"),
    path("partners/<slug:slug>/logo", directory_pages.logo, name="directory_logo"),
    path("partners/<slug:slug>/contact/", directory_pages.contact, name="directory_contact"),
    path("sitemap.xml", directory_pages.sitemap, name="sitemap"),
    path("robots.txt", directory_pages.robots, name="robots"),
    # People, settings and keys stand here beside the faces they are shown in.
    path("portal/colleagues/", colleagues.colleagues, name="colleagues"),
    path("portal/colleagues/invite/", colleagues.invite, name="colleague_invite"),
    path("portal/", include("loyalty.portal.urls")),
    path("console/people/", people.people, name="people"),
    path("console/people/members/", people.members, name="members"),
    path("console/people/invite/", people.invite, name="staff_invite"),
    path("console/people/members/invite/", people.invite_member, name="member_invite"),
    path("console/people/<uuid:staff_id>/", people.change, name="staff_change"),
    path("console/people/members/<uuid:member_id>/", people.change_member, name="member_change"),
    path("console/invitations/<uuid:invitation_id>/resend/", people.resend, name="invite_resend"),
    path("console/invitations/<uuid:invitation_id>/revoke/", people.revoke, name="invite_revoke"),
    path("console/settings/", branding_settings.settings_page, name="settings"),
    path("console/settings/preview.css", branding_settings.preview, name="settings_preview"),
    path("console/keys/", keys.keys, name="keys"),
    path("console/keys/<uuid:key_id>/revoke/", keys.revoke, name="key_revoke"),
    path("console/notices/", texts.kinds, name="console_notices"),
    path("console/notices/letters/", letters.letters, name="console_letters"),
    path("console/notices/<slug:kind>/<str:language>/", texts.text, name="console_notice_text"),
    path("console/", include("loyalty.console.urls")),
    path("field/", include("loyalty.field.urls")),
    path("notices/", include("loyalty.notices.urls")),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = "loyalty.errors.bad_request"
handler403 = "loyalty.errors.permission_denied"
handler404 = "loyalty.errors.page_not_found"
handler500 = "loyalty.errors.server_error"
