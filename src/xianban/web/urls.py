"""The addresses of the pages."""

from django.urls import path

from xianban.web.pages import (
    appraisal,
    case_list,
    case_page,
    entry,
    exports,
    follow,
    home,
    look,
    maps,
    report,
    search,
)

urlpatterns = [
    path("", report.report, name="report"),
    path("report/hints/", report.hints, name="hints"),
    path("privacy/", report.privacy, name="privacy"),
    path("follow/", follow.follow, name="follow"),
    path("follow/<str:number>/<str:code>/", follow.story, name="story"),
    path("home/", home.home, name="home"),
    path("style/", look.style, name="style"),
    path("map/areas.geojson", maps.areas, name="areas"),
    path("cases/", case_list.cases, name="cases"),
    path("cases/find/", search.find_case, name="find_case"),
    path("cases/find/people/", search.find_people, name="find_people"),
    path("cases/export/<slug:kind>/", exports.export, name="export"),
    path("cases/new/", entry.new_case, name="new_case"),
    path("cases/<str:number>/", case_page.case, name="case"),
    path("cases/<str:number>/do/<slug:verb>/", case_page.act, name="act"),
    path("cases/<str:number>/reveal/<int:person>/", case_page.reveal, name="reveal"),
    path("appraisal/", appraisal.newest, name="appraisal"),
    path("appraisal/choose/", appraisal.choose, name="choose_period"),
    path("appraisal/asked/", appraisal.asked, name="asked"),
    path("appraisal/asked/do/<slug:kind>/<int:key>/", appraisal.decide, name="decide"),
    path("appraisal/<str:period>/", appraisal.ranking, name="ranking"),
    path("appraisal/<str:period>/do/freeze/", appraisal.freeze, name="freeze"),
    path("appraisal/<str:period>/<slug:by>/<str:code>/", appraisal.figure, name="figure"),
    path("appraisal/<str:period>/<slug:by>/<str:code>/do/ask/", appraisal.ask, name="ask"),
]
