-- A shared city: what Suitu keeps beside the layers stands in the schema `suitu`, what other programs
-- read and edit (layers, flows) in the schema `city`. The tables of layers are made from the layer
-- definitions when a city is opened; this file makes what is the same for every city.

create extension if not exists postgis;

create schema suitu;
create schema city;
comment on schema suitu is 'What Suitu keeps of this city: change log, states, provenance, scenarios';
comment on schema city is 'The layers of this city, one table each, for every program that reads PostGIS';

create table suitu.settings (
    key text primary key,
    value text not null
);
comment on table suitu.settings is 'Settings of the city: title, time zone, map approval number';

-- The number of the last commit. Whoever commits locks this row last and to the end, so numbers
-- become visible in their order.
create table suitu.counter (
    only_row boolean primary key default true check (only_row),
    number bigint not null
);
insert into suitu.counter (number) values (0);

create function suitu.take_numbers(wanted bigint) returns bigint
language sql security definer set search_path = suitu, pg_temp as $$
    update suitu.counter set number = number + wanted returning number;
$$;
comment on function suitu.take_numbers is
    'Takes so many numbers of the change log and answers the last of them; locks to the end of the transaction';

create table suitu.changes (
    number bigint primary key,
    at timestamptz not null default clock_timestamp(),
    layer text not null,
    period text not null,
    kind text not null check (kind in ('state', 'insert', 'update', 'delete')),
    id text,
    external boolean not null default false
);
comment on table suitu.changes is 'The change log: one row per feature or state written, in commit order';
comment on column suitu.changes.id is 'The feature; null where the whole state was written';
comment on column suitu.changes.external is 'Written by another program, not yet checked';

create table suitu.states (
    layer text not null,
    period text not null,
    features bigint not null,
    changed bigint not null,
    primary key (layer, period)
);
comment on table suitu.states is 'How many features a layer has at a period, and the change that wrote it last';

create table suitu.imports (
    number bigint generated always as identity primary key,
    layer text not null,
    period text not null,
    record jsonb not null
);
create index imports_state on suitu.imports (layer, period, number);
comment on table suitu.imports is 'Where the features of a state come from: one row per import';

create table suitu.control_totals (
    layer text not null,
    period text not null,
    attribute text not null,
    level text not null,
    code text not null,
    value bigint not null,
    source text not null,
    primary key (layer, period, attribute, level, code)
);
comment on table suitu.control_totals is 'Published totals per area, shown beside the sums of features';

create table suitu.networks (
    name text primary key,
    period text not null,
    record jsonb not null,
    number bigint not null,
    bytes bytea not null
);
-- Compressed by Suitu already.
alter table suitu.networks alter column bytes set storage external;
comment on table suitu.networks is 'Streets, timetables and travel-time tables, each as one compact whole';

create table suitu.definitions (
    kind text not null,
    id text not null,
    text text not null,
    record jsonb not null,
    number bigint not null,
    primary key (kind, id)
);
comment on table suitu.definitions is 'Definitions of the city''s own: norms, rules of classes, plan figures';

create table suitu.scenarios (
    id bigint generated always as identity primary key,
    name text not null,
    note text not null,
    version bigint not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp()
);
create table suitu.scenario_edits (
    scenario bigint not null references suitu.scenarios on delete cascade,
    position integer not null,
    undone boolean not null,
    edit text not null,
    primary key (scenario, position)
);
comment on column suitu.scenario_edits.undone is
    'Edits taken back stand after the others, the last one taken back first';
create table suitu.scenario_changes (
    number bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    scenario bigint not null,
    version bigint not null,
    what text not null
);
comment on table suitu.scenario_changes is 'What was done to scenarios; it outlives them';

-- An unknown mode or sector is empty text, so that a flow has one identity.
create table city.flows (
    fid bigint generated always as identity,
    period text not null,
    level text not null,
    origin text not null,
    destination text not null,
    mode text not null default '',
    sector text not null default '',
    commuters bigint not null check (commuters >= 0),
    origin_outside boolean not null default false,
    destination_outside boolean not null default false,
    primary key (level, period, origin, destination, mode, sector)
);
create unique index flows_fid on city.flows (fid);
comment on table city.flows is '通勤流 Commuting flows';
comment on column city.flows.period is '时点 Reference date';
comment on column city.flows.level is '层级 Area level';
comment on column city.flows.origin is '居住地代码 Area of the home';
comment on column city.flows.destination is '就业地代码 Area of the workplace';
comment on column city.flows.mode is '通勤方式 Mode';
comment on column city.flows.sector is '行业 Sector';
comment on column city.flows.commuters is '通勤人数 Commuters';
comment on column city.flows.origin_outside is '居住地在市外 Home outside the city';
comment on column city.flows.destination_outside is '就业地在市外 Workplace outside the city';

create table suitu.flow_states (
    level text not null,
    period text not null,
    flows bigint not null,
    changed bigint not null,
    record jsonb not null,
    primary key (level, period)
);
comment on table suitu.flow_states is 'How many flows a level has at a period, and where they come from';

create function suitu.latest_period(of_layer text) returns text
language sql stable security definer set search_path = suitu, pg_temp as $$
    select coalesce(
        (select max(period) from suitu.states where layer = of_layer),
        to_char(current_date, 'YYYY-MM-DD'));
$$;
comment on function suitu.latest_period is
    'The period that a feature drawn in another program belongs to unless it says another';

-- One external edit of a layer in the change log and in the number of features of its state.
create function suitu.note(of_layer text, of_period text, what text, of_id text, by integer)
returns void
language plpgsql security definer set search_path = suitu, pg_temp as $$
declare
    given bigint := suitu.take_numbers(1);
begin
    insert into suitu.changes (number, layer, period, kind, id, external)
        values (given, of_layer, of_period, what, of_id, true);
    insert into suitu.states values (of_layer, of_period, greatest(by, 0), given)
        on conflict (layer, period) do update
        set features = suitu.states.features + by, changed = excluded.changed;
    perform pg_notify('suitu', given::text);
end
$$;

-- Row trigger of every layer; its argument is the layer. Silent where Suitu itself writes.
create function suitu.note_edit() returns trigger
language plpgsql security definer set search_path = suitu, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        perform suitu.note(tg_argv[0], new.period, 'insert', new.id, 1);
    elsif tg_op = 'DELETE' then
        perform suitu.note(tg_argv[0], old.period, 'delete', old.id, -1);
    elsif old.id is distinct from new.id or old.period is distinct from new.period then
        perform suitu.note(tg_argv[0], old.period, 'delete', old.id, -1);
        perform suitu.note(tg_argv[0], new.period, 'insert', new.id, 1);
    else
        perform suitu.note(tg_argv[0], new.period, 'update', new.id, 0);
    end if;
    return null;
end
$$;

create function suitu.note_flow() returns trigger
language plpgsql security definer set search_path = suitu, pg_temp as $$
declare
    given bigint;
begin
    given := suitu.take_numbers(1);
    insert into suitu.changes (number, layer, period, kind, id, external) values (
        given, 'flows', case tg_op when 'DELETE' then old.period else new.period end,
        lower(tg_op), case tg_op when 'DELETE' then old.fid else new.fid end::text, true);
    if tg_op <> 'INSERT' then
        insert into suitu.flow_states values (old.level, old.period, 0, given, '{}')
            on conflict (level, period) do update
            set flows = suitu.flow_states.flows - 1, changed = excluded.changed;
    end if;
    if tg_op <> 'DELETE' then
        insert into suitu.flow_states values (new.level, new.period, 1, given, '{}')
            on conflict (level, period) do update
            set flows = suitu.flow_states.flows + 1, changed = excluded.changed;
    end if;
    perform pg_notify('suitu', given::text);
    return null;
end
$$;

create trigger note_flow after insert or update or delete on city.flows
    for each row when (current_setting('suitu.writer', true) is distinct from 'suitu')
    execute function suitu.note_flow();
