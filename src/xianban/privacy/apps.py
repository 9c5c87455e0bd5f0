from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "xianban.privacy"
    label = "privacy"
