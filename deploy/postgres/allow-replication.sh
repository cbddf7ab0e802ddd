#!/bin/sh
# Lets the standby follow: run once and last, when the data folder of the primary is made. From the next
# start on nothing is acknowledged before the standby has it; sooner nothing would be written at all.
echo "host replication suitu all scram-sha-256" >>"$PGDATA/pg_hba.conf"
echo "synchronous_standby_names = 'ANY 1 (*)'" >>"$PGDATA/postgresql.conf"
