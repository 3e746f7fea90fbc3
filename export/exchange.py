"""Swap two folders in one step; Python has no function for it."""

import ctypes
import errno
import os
from pathlib import Path

AT_FDCWD = -100  # <fcntl.h>: relative paths start at the working directory
RENAME_EXCHANGE = 2  # <linux/fs.h>, see renameat2(2)


def exchange(first: Path, second: Path) -> bool:
    """Swap the names of two existing folders of one file system atomically.

    Returns False where the C library, the kernel or the file system cannot do that; nothing has happened then.

    Raises:
        OSError: any other reason, such as a missing permission
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(second))
