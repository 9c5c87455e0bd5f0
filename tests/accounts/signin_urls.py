"""Sign-in pages alone, so that these tests need no other room."""

from django.http import HttpResponse
from django.urls import include, path


def who(request):
    return HttpResponse(request.user.get_username() or "nobody")


urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("accounts/factor/", include("allauth.mfa.urls")),
    path("accounts/identity/", include("allauth.socialaccount.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("who/", who),
]
