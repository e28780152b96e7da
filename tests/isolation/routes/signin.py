"""The routes of django-allauth: about the person who asks, and nobody else."""

from tests.isolation.calls import Route, everybody, get, post, route, signed_in

ROUTES: dict[str, Route] = {
    "account_login": route(
        get(signed_in(302, 200)),
        post(
            signed_in(302, 200),
            lambda values: {"login": values("mailbox"), "password": "not the password"},
        ),
    ),
    "account_logout": route(get(signed_in(200)), post(everybody(302))),
    "account_inactive": route(get(everybody(200))),
    "account_signup": route(
        get(signed_in(302, 200)),
        post(
            signed_in(302, 200),
            lambda values: {"email": values("mailbox"), "password1": "correct horse battery"},
        ),
    ),
    "account_reauthenticate": route(
        get(signed_in(200)), post(signed_in(200), lambda values: {"password": "no"})
    ),
    "account_email": route(
        get(signed_in(200)),
        post(
            lambda role: 200 if role == "member" else signed_in(302)(role),  # it is theirs already
            lambda values: {"action_add": "", "email": values("mailbox")},
        ),
        post(
            signed_in(302),
            lambda values: {"action_primary": "", "email": values("mailbox")},
        ),
        post(
            signed_in(302),
            lambda values: {"action_remove": "", "email": values("mailbox")},
        ),
    ),
    "account_email_verification_sent": route(get(everybody(200))),
    "account_change_password": route(
        get(signed_in(200)), post(signed_in(200), lambda values: {"oldpassword": "no"})
    ),
    "account_set_password": route(get(signed_in(302)), post(signed_in(302))),
    "account_reset_password": route(
        get(everybody(200)),
        post(everybody(302), lambda values: {"email": values("mailbox")}),
    ),
    "account_confirm_login_code": route(
        get(signed_in(302)), post(signed_in(302), lambda values: {"code": "ABCDEF"})
    ),
    "account_confirm_email": route(
        get(everybody(200)), post(everybody(404)), path={"key": "document"}
    ),
    "account_reset_password_from_key_done": route(get(everybody(200))),
    "account_reset_password_from_key": route(
        get(everybody(200)),
        post(everybody(200), lambda values: {"password1": "a", "password2": "a"}),
        path={"uidb36": "user", "key": "document"},
    ),
    "account_reset_password_done": route(get(everybody(200))),
    "account_request_login_code": route(
        get(signed_in(302, 200)),
        post(signed_in(302), lambda values: {"email": values("mailbox")}),
    ),
    "mfa_index": route(get(signed_in(200))),
    "mfa_authenticate": route(get(everybody(302)), post(everybody(302))),
    "mfa_reauthenticate": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_activate_totp": route(
        get(signed_in(302)), post(signed_in(302), lambda values: {"code": "123456"})
    ),
    "mfa_deactivate_totp": route(get(signed_in(404)), post(signed_in(404))),
    "mfa_view_recovery_codes": route(get(signed_in(404))),
    "mfa_generate_recovery_codes": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_download_recovery_codes": route(get(signed_in(404))),
    "mfa_list_webauthn": route(get(signed_in(200))),
    "mfa_add_webauthn": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_reauthenticate_webauthn": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_remove_webauthn": route(
        get(signed_in(302)), post(signed_in(302)), path={"pk": "authenticator"}
    ),
    "mfa_edit_webauthn": route(
        get(signed_in(302)),
        post(signed_in(302), lambda values: {"name": "N"}),
        path={"pk": "authenticator"},
    ),
    "mfa_login_webauthn": route(get(everybody(302)), post(everybody(302))),
}
