from django.apps import AppConfig


class PreventionConfig(AppConfig):
    name = "xianban.prevention"
    label = "prevention"
