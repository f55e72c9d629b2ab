"""Who sits at the command line, as far as the system knows: written beside what people decide."""

import os
import pwd


def this_person() -> str:
    """`uid 1000 (li) on /dev/pts/3`: what nobody can type; the terminal is that of any stream.

    Under sudo it is the login's own name that tells people apart: `SUDO_UID` is added as claimed.
    """
    uid = os.getuid()
    try:
        name = f" ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        name = ""
    sudo = os.environ.get("SUDO_UID", "")
    claimed = f", sudo by uid {sudo}" if sudo.isascii() and sudo.isdigit() else ""
    return f"uid {uid}{name} on {_terminal()}{claimed}"


def _terminal() -> str:
    for stream in (0, 1, 2):
        try:
            return os.ttyname(stream)
        except OSError:
            continue
    return "no terminal"
