#!/bin/sh
# Lets the standby follow: run once, when the data folder of the primary is made.
echo "host replication suitu all scram-sha-256" >>"$PGDATA/pg_hba.conf"
