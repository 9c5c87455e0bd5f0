"""Times in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from xianban.web import moments

NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)  # Monday, 9:00 in Shanghai


@pytest.fixture(autouse=True)
def _shanghai():
    with timezone.override(ZoneInfo("Asia/Shanghai")):
        yield


@pytest.mark.parametrize(
    ("delta", "chinese", "english"),
    [
        (timedelta(seconds=20), "还剩 1 分钟", "1 minute left"),
        (timedelta(minutes=40), "还剩 40 分钟", "40 minutes left"),
        (timedelta(hours=1), "还剩 1 小时", "1 hour left"),
        (timedelta(hours=5, minutes=59), "还剩 5 小时", "5 hours left"),
        (timedelta(hours=47), "还剩 47 小时", "47 hours left"),
        (timedelta(days=2), "还剩 2 天", "2 days left"),
        (timedelta(hours=-3), "已超 3 小时", "3 hours overdue"),
        (timedelta(days=-9), "已超 9 天", "9 days overdue"),
    ],
)
def test_time_left(delta, chinese, english):
    with translation.override("zh-hans"):
        assert moments.left(NOW + delta, now=NOW) == chinese
    with translation.override("en"):
        assert moments.left(NOW + delta, now=NOW) == english


@pytest.mark.parametrize(
    ("when", "chinese", "english"),
    [
        (datetime(2026, 11, 2, 10, tzinfo=UTC), "今天 18:00", "today 18:00"),
        (datetime(2026, 11, 2, 17, tzinfo=UTC), "明天 01:00", "tomorrow 01:00"),
        (datetime(2026, 11, 1, 10, tzinfo=UTC), "昨天 18:00", "yesterday 18:00"),
        (datetime(2026, 11, 5, 10, tzinfo=UTC), "周四 18:00", "Thu 18:00"),
        (datetime(2026, 11, 22, 10, tzinfo=UTC), "11月22日 18:00", "22 Nov 18:00"),
        (datetime(2025, 3, 1, 10, tzinfo=UTC), "2025年3月1日", "1 Mar 2025"),
    ],
)
def test_a_moment(when, chinese, english):
    with translation.override("zh-hans"):
        assert moments.moment(when, now=NOW) == chinese
    with translation.override("en"):
        assert moments.moment(when, now=NOW) == english


@pytest.mark.parametrize(
    ("n", "chinese", "english"),
    [(999, "999", "999"), (12345, "1.2万", "12,345"), (40000, "4万", "40,000")],
)
def test_counts(n, chinese, english):
    with translation.override("zh-hans"):
        assert moments.thousands(n) == chinese
    with translation.override("en"):
        assert moments.thousands(n) == english


def test_limits():
    with translation.override("zh-hans"):
        assert [moments.limit(t) for t in ("2h", "7d", "4wh", "5wd")] == [
            "2 小时",
            "7 天",
            "4 个工作时",
            "5 个工作日",
        ]
