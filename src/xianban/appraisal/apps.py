from django.apps import AppConfig


class AppraisalConfig(AppConfig):
    name = "xianban.appraisal"
    label = "appraisal"
