-- What stewards did to single features: who, when, why, and what was there before and after. Undoing an
-- edit is another edit, so nothing is ever taken away here.

create table suitu.history (
    number bigint primary key,
    at timestamptz not null default clock_timestamp(),
    layer text not null,
    period text not null,
    id text not null,
    who text not null,
    why text not null,
    undoes bigint,
    before_values jsonb,
    before_geom geometry(Geometry, 4490),
    after_values jsonb,
    after_geom geometry(Geometry, 4490)
);
create index history_feature on suitu.history (layer, period, id, number);
comment on table suitu.history is 'Edits of single features; those of other programs stand in the change log alone';
comment on column suitu.history.number is 'The number of the edit in the change log';
comment on column suitu.history.who is 'The account; local where there are none';
comment on column suitu.history.undoes is 'The edit that this one took back';
comment on column suitu.history.before_values is 'Values by attribute, without missing ones; null where the edit added the feature';
comment on column suitu.history.after_values is 'Null where the edit removed the feature';
