"""The same in an S3-compatible bucket, of which a fake stands in this process."""

import pytest

from builders import monday
from files import samples
from xianban.base.errors import Unavailable
from xianban.files import api, storing
from xianban.files.models import Content

NOW = monday(9)
moto = pytest.importorskip("moto")
pytest.importorskip("storages")


@pytest.fixture
def bucket(settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        import boto3

        found = boto3.resource("s3", region_name="us-east-1").create_bucket(Bucket="city")
        options = {
            **settings.FILES_IN_BUCKET["OPTIONS"],
            "bucket_name": "city",
            "region_name": "us-east-1",
        }
        there = {**settings.FILES_IN_BUCKET, "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "files": there}
        yield found


@pytest.mark.django_db
def test_files_go_into_the_bucket_and_out_of_it(bucket):
    held = api.keep(samples.photograph(), name="a.jpg", now=NOW)
    api.attach(
        [held], owner="request:1", subject="case:1", seq=1, by="machine", shown=False, now=NOW
    )
    assert len(list(bucket.objects.all())) == 2
    [file] = api.files_of("case:1")
    assert api.open_file(file).read()[:3] == b"\xff\xd8\xff"
    assert "knows nothing" in api.broken_file()  # the bytes are whole; there is no act in this test
    storing.remove(file.stored)
    assert list(bucket.objects.all()) == []
    assert "missing" in api.broken_file()


@pytest.mark.django_db
def test_a_bucket_that_does_not_answer_is_said_so(bucket):
    bucket.delete()
    with pytest.raises(Unavailable, match="the storage of files does not answer"):
        api.keep(samples.photograph(), name="a.jpg", now=NOW)
    assert not Content.objects.filter(ready=True).exists()
