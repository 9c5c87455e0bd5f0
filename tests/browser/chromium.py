"""The Chromium of this machine, and how it is started."""

import os
import shutil

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "browser tests need Chromium; on Debian: apt-get install chromium fonts-noto-cjk,"
    " or name one in XIANBAN_CHROMIUM"
)


def chromium_path() -> str | None:
    """Where Chromium is; None where there is none."""
    named = os.environ.get("XIANBAN_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)
