from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "xianban.command"
    label = "command"
