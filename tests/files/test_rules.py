"""What a file may be called, and what its first bytes say."""

import pytest

from xianban.files.rules import plain_text, shown_name, sniffed


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("IMG_1.JPG", "IMG_1.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\x\\照片 1.png", "照片 1.jpg"),
        ('a";filename=evil.html', "afilename=evil.jpg"),
        ("x\r\nSet-Cookie: a=b.jpg", "xSet-Cookie a=b.jpg"),
        ("photo\u202egpj.exe", "photogpj.jpg"),
        ("<script>alert(1)</script>.jpg", "script.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("a" * 300 + ".jpg", "a" * 80 + ".jpg"),
        ("nul\x00.jpg", "nul.jpg"),
        ("\ud800.jpg", "jpg.jpg"),
    ],
)
def test_names_are_shown_without_tricks(given, shown):
    assert shown_name(given, "jpeg") == shown


@pytest.mark.parametrize(
    ("head", "sort"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (b"\0\0\0\x18ftypisom", "video"),
        (b"RIFF\0\0\0\0WEBP", "picture"),
        (b"RIFF\0\0\0\0AVI ", "video"),
        (b"%PDF-1.7", "pdf"),
        (b"GIF89a%PDF-", "picture"),
        (b"MZ\x90", "program"),
        (b"#!/bin/sh", "program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_office"),
        (b"hello", "text"),
    ],
)
def test_the_first_bytes_say_what_it_is(head, sort):
    assert sniffed(head) == sort


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"<svg onload=alert(1)>", "markup"),
        ("\ufeff  <!DOCTYPE html>".encode(), "markup"),
        (b"hello < SCRIPT>", "markup"),
        (bytes(range(256)), "unknown"),
        (b"  \n ", "empty"),
    ],
)
def test_text_that_would_run_is_no_text(data, fault):
    with pytest.raises(ValueError, match=fault):
        plain_text(data)


def test_chinese_text_is_read_in_both_encodings():
    for encoding in ("utf-8", "gb18030"):
        assert plain_text("路灯不亮".encode(encoding)) == "路灯不亮"
