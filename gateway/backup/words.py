"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "backups-inside-data": "{path} is inside the data directory {data}: what destroys that would"
    " take the backups with it; name a place on another disk, or another machine's",
    "unusable-place": "{path} cannot be used: {detail}",
    "no-room-for-backup": "there is no room left where the backup is to go; nothing is left of it",
    "server-of-other-major": "this server is PostgreSQL {theirs}, and what this release restores is"
    " {ours}: its files would be of no use. `quangate backup TO --logical` takes what is in them",
    "tablespaces": "this server keeps tables in tablespaces outside its data directory: `quangate"
    " backup TO --logical` takes them all the same",
    "bad-manifest": "{path} is not as its manifest says: {detail}",
    "dump-unreadable": "{path} cannot be read: {detail}",
    "dump-differs": "{path} is not what was dumped: its digest differs",
    "dump-not-loaded": "{path} cannot be loaded: {detail}",
    "no-backup-there": "{source} is no directory with a backup",
    "no-whole-backup": "there is no whole backup in {source}; `quangate backup` makes one",
    "no-good-backup": "no backup in {source} is good any more",
    "moment-to-come": "{moment} cannot be reached: it is still to come",
    "moment-of-dump": "{moment} cannot be reached: a logical backup has one moment only",
    "moment-too-early": "{moment} cannot be reached: the oldest backup ends at {ended_at}",
    "log-ends-before": "{moment} cannot be reached: the log beside the backup ends before",
    "backup-of-other-major": "{path} was made by PostgreSQL {theirs}; this release brings {ours},"
    " which cannot open its files: take a --logical one with the release that serves it",
    "not-empty": "{data} is not empty (there is {found}); nothing in it was touched: restore into"
    " an empty directory",
    "restore-running": "somebody else restores into {data} just now",
    "follower-runs": "another follower keeps the log in {wal}",
    "log-of-another-server": "{wal} has the log of another server: name another place",
    "others-wait": "commits wait for {names} already (synchronous_standby_names), which others have"
    " set: have them make it '{wanted}'",
    "follower-waited-for": "commits wait for another follower ({names}): end that mode first by"
    " `quangate backup follow --leave`",
}
