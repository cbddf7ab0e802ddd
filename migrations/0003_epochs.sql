-- Numbers of the change log begin anew, far above the last, once a standby has become the primary: what
-- was committed before and never reached it has numbers that are never given again. A number is an epoch
-- times 2^32 and a count within it, so whole numbers of 53 bits hold two million promotions.

alter table suitu.counter add column timeline bigint;
comment on column suitu.counter.timeline is
    'The history of the database in which the number was given; another one is another epoch';

create or replace function suitu.take_numbers(wanted bigint) returns bigint
language plpgsql security definer set search_path = suitu, pg_temp as $$
declare
    -- The first eight digits of a file of the write-ahead log name the history that it belongs to.
    here bigint := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
    last bigint;
begin
    update suitu.counter set
        number = wanted + case coalesce(timeline, here)
            when here then number
            else ((number >> 32) + 1) << 32
        end,
        timeline = here
    returning number into last;
    return last;
end
$$;
