"""A badge as anybody finds it: page, picture, credential, and a signature that others can check."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.ids import uuid7
from accounts.tenancy import tenant_scope
from partners.badges.drawing import picture
from partners.models import Certificate, IssuerKey
from partners.training import certifying
from tests.factories import MemberFactory, ProgramFactory, enrolled_account
from tests.partners.courses import a_course, certificates_earn, certifies, issued, revoked


@pytest.fixture
def certificate(tenant) -> Certificate:
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        certificates_earn(program)
        member = MemberFactory(account=enrolled_account(program), name="Pat <b>Partner</b>")
        credential = certifies(a_course(), name="Bikes & more", level="Gold", months=120)
        return issued(credential, member, "2026-03-02")


def opened(tenant, path: str):
    return Client().get(path, headers={"host": f"{tenant.slug}.localhost"})


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def checked(token: str, jwk: dict) -> dict:
    """The claims of a JWT: read and verified by the standards alone, with none of our code."""
    header, claims, signature = token.split(".")
    assert (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519")
    public = Ed25519PublicKey.from_public_bytes(decoded(jwk["x"]))
    public.verify(decoded(signature), f"{header}.{claims}".encode())
    return json.loads(decoded(claims))


def test_the_signed_credential_is_an_open_badge_that_anybody_can_check(tenant, certificate):
    base = f"/badges/{certificate.address}"
    token = opened(tenant, f"{base}.jwt").content.decode()
    header = json.loads(decoded(token.split(".")[0]))
    assert (header["alg"], header["typ"]) == ("EdDSA", "JWT")
    home, slash, path = header["kid"].partition("/badges/keys/")
    jwk = opened(tenant, slash + path).json()
    claims = checked(token, jwk)

    plain = opened(tenant, f"{base}.json").json()
    assert {name: claims[name] for name in plain} == plain
    assert plain["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert plain["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (claims["iss"], claims["jti"], claims["sub"]) == (
        plain["issuer"]["id"],
        plain["id"],
        plain["credentialSubject"]["id"],
    )
    assert (plain["validFrom"], plain["validUntil"]) == (
        "2026-03-02T17:00:00Z",
        "2036-03-03T04:59:59Z",  # the last second of that day in New York
    )
    assert (claims["nbf"], claims["exp"]) == (1_772_470_800, 2_088_133_199)
    achievement = plain["credentialSubject"]["achievement"]
    assert (achievement["name"], achievement["criteria"]) == (
        "Bikes & more",
        {"narrative": "Completed the course “Basics”."},
    )
    assert "identifier" not in plain["credentialSubject"]
    assert opened(tenant, "/badges/issuer.json").json()["id"] == plain["issuer"]["id"]
    assert (home, "d" in jwk) == (plain["issuer"]["url"].rstrip("/"), False)

    first, claimed, signature = token.split(".")
    forged = json.dumps(json.loads(decoded(claimed)) | {"exp": 9_999_999_999}).encode()
    with pytest.raises(InvalidSignature):
        checked(f"{first}.{_encoded(forged)}.{signature}", jwk)
    with tenant_scope(tenant.id):
        assert IssuerKey.objects.count() == 1


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def test_the_page_names_its_holder_only_if_they_want_and_says_what_was_revoked(tenant, certificate):
    base = f"/badges/{certificate.address}"
    page = opened(tenant, f"{base}/").content.decode()
    assert "Valid" in page
    assert "Pat" not in page

    with tenant_scope(tenant.id):
        certifying.show_name(certificate.pk, user_id=uuid7(), shows=True)  # somebody else
        assert not Certificate.objects.get().shows_name
        certifying.show_name(certificate.pk, user_id=certificate.user_id, shows=True)
    assert "Pat &lt;b&gt;Partner&lt;/b&gt;" in opened(tenant, f"{base}/").content.decode()
    [named] = opened(tenant, f"{base}.json").json()["credentialSubject"]["identifier"]
    assert (named["identityType"], named["identityHash"]) == ("name", "Pat <b>Partner</b>")

    assert opened(tenant, f"{base}/status.json").json()["revokedCredential"] == []
    with tenant_scope(tenant.id):
        revoked(certificate, timezone.now())
    status = opened(tenant, f"{base}/status.json").json()["revokedCredential"]
    assert status == [{"id": opened(tenant, f"{base}.json").json()["id"], "revoked": True}]
    assert "Revoked" in opened(tenant, f"{base}/").content.decode()
    assert opened(tenant, f"{base}.jwt").status_code == 404
    assert opened(tenant, f"/badges/{'A' * 22}/").status_code == 404


def test_the_picture_is_well_formed_whatever_the_names_are(tenant, certificate):
    answer = opened(tenant, f"/badges/{certificate.address}.svg")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        "image/svg+xml",
        "nosniff",
    )
    for name in ("<script>alert(1)</script>", "A" * 120, "x y " * 30, "\"&'", "日本語の資格"):
        drawn = picture(name=name, issuer=name, foot=name, brand="#101010")
        root = ElementTree.fromstring(drawn)  # noqa: S314 - we have drawn it
        assert {one.tag.rpartition("}")[2] for one in root.iter()} == {"svg", "path", "g", "text"}


def test_keys_are_sealed_anew_and_sign_as_before(tenant, certificate, settings):
    before = opened(tenant, f"/badges/{certificate.address}.jwt").content
    settings.SEALING_KEYS = ["a newer key that seals", *settings.SEALING_KEYS]
    call_command("reseal_badges")
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    assert opened(tenant, f"/badges/{certificate.address}.jwt").content == before


def test_an_expired_one_says_so(tenant, certificate):
    assert certificate.state_on(date(2036, 3, 2)) == "valid"
    assert certificate.state_on(date(2036, 3, 2) + timedelta(days=1)) == "expired"
