#!/bin/bash
# A standby: a copy of the primary when there is none yet, then whatever the primary writes.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  until pg_basebackup -h primary -U suitu -D "$PGDATA" -R --checkpoint=fast; do
    sleep 2
  done
  chmod 0700 "$PGDATA"
fi
exec postgres -c hot_standby=on
