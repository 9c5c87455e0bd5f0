"""Backup and restore: everything in one file, one format for both databases.

See docs/decisions/0021. `writing` takes a snapshot while the city runs; `restoring` builds all of
it beside what is there, and puts it in place in the last step.
"""

from xianban.config.backup.restoring import Restored, restore_backup
from xianban.config.backup.writing import Written, write_backup

__all__ = ["Restored", "Written", "restore_backup", "write_backup"]
