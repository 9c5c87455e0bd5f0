from django.urls import include, path

from xianban.config.health import healthz

urlpatterns = [
    path("healthz", healthz),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/factor/", include("allauth.mfa.urls")),
    path("accounts/identity/", include("allauth.socialaccount.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("api/", include("xianban.api.urls")),
    path("", include("xianban.web.urls")),
]

handler400 = "xianban.web.refusals.bad_request"
handler403 = "xianban.web.refusals.forbidden"
handler404 = "xianban.web.refusals.not_found"
handler500 = "xianban.web.refusals.broken"
