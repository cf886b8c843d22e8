"""From root to a user without rights, before anything is read, opened or bound.

Two capabilities are kept, those that the systemd units give: ports below 1024 (`CAP_NET_BIND_SERVICE`), and frames to
clients that have no address yet (`CAP_NET_RAW`). They are ambient, so that the processes of the services inherit them,
and nothing that any of them starts can come by more (`PR_SET_NO_NEW_PRIVS`).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import struct

from tenure.serving.errors import ServiceError

NET_BIND_SERVICE, NET_RAW = 10, 13  # linux/capability.h
_KEPT = (NET_BIND_SERVICE, NET_RAW)
# linux/prctl.h
_SET_KEEPCAPS, _CAPBSET_READ, _CAPBSET_DROP, _SET_NO_NEW_PRIVS, _CAP_AMBIENT, _AMBIENT_RAISE = 8, 23, 24, 38, 47, 2
_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64


def become(user: str) -> None:
    """Makes this process, and those that it starts, the user's; `ServiceError`. Nothing to do where they are already.

    The groups are the user's own. Of the capabilities those that root had and that are needed are left.
    """
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise ServiceError(f"--user {user}", "there is no such user", "make it: useradd --system NAME") from None
    if os.getuid() == found.pw_uid != 0:
        return
    if os.getuid() != 0:
        raise ServiceError(f"--user {user}", "only root can become somebody else", "leave it out, or start as root")
    if found.pw_uid == 0:
        raise ServiceError(f"--user {user}", "that is root", "name a user without rights, or leave it out")
    kept = [one for one in _KEPT if _prctl(_CAPBSET_READ, one) == 1]
    for capability in range(_MOST_CAPABILITIES):
        if capability not in kept and _prctl(_CAPBSET_READ, capability) == 1:
            _prctl(_CAPBSET_DROP, capability)
    _prctl(_SET_KEEPCAPS, 1)
    os.initgroups(user, found.pw_gid)
    os.setresgid(found.pw_gid, found.pw_gid, found.pw_gid)
    os.setresuid(found.pw_uid, found.pw_uid, found.pw_uid)
    _set_capabilities(kept)
    for capability in kept:
        _prctl(_CAP_AMBIENT, _AMBIENT_RAISE, capability)
    _prctl(_SET_NO_NEW_PRIVS, 1)
    os.environ.update(HOME=found.pw_dir, USER=user, LOGNAME=user)


def _prctl(option: int, first: int, second: int = 0) -> int:
    """The value; `ServiceError` where the kernel refuses, but -1 for a capability that it does not know."""
    libc = ctypes.CDLL(None, use_errno=True)
    value: int = libc.prctl(option, *(ctypes.c_ulong(one) for one in (first, second, 0, 0)))
    if value < 0 and option != _CAPBSET_READ:
        raise _refused(f"prctl {option}")
    return value


def _set_capabilities(capabilities: list[int]) -> None:
    """Permitted, effective and inheritable: these and no others.

    capset(2): version (32), process (32); then effective, permitted, inheritable (32 each) of capabilities 0 to 31, and
    the same of 32 to 63.
    """
    low = sum(1 << one for one in capabilities)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(struct.pack("=Ii", _VERSION_3, 0), struct.pack("=6I", low, low, low, 0, 0, 0)) < 0:
        raise _refused("capset")


def _refused(call: str) -> ServiceError:
    return ServiceError("root cannot be given up", f"{call}: {os.strerror(ctypes.get_errno())}", "leave out --user")
