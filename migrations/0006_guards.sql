-- What other programs write is refused where nobody could tell what was meant: a period that cannot be
-- read or that the layer does not have, an empty id, a layer emptied in one stroke. Only the owner of the
-- schema `suitu` is believed to be Suitu.

create function suitu.is_period(given text) returns boolean
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select case
        when given is null or given !~ '^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$' then false
        when left(given, 4) = '0000' then false
        when length(given) < 10 then true
        else substr(given, 9)::integer <= extract(day from
            make_date(left(given, 4)::integer, substr(given, 6, 2)::integer, 1)
            + interval '1 month' - interval '1 day')
    end;
$$;
comment on function suitu.is_period is 'Whether a text is a year, a month or a day: 2020, 2020-11, 2020-11-01';

create or replace function suitu.latest_period(of_layer text) returns text
language sql stable security definer set search_path = suitu, pg_temp as $$
    select coalesce(
        (select max(period collate "C") from suitu.states
         where layer = of_layer and features > 0 and suitu.is_period(period)),
        to_char(current_date, 'YYYY-MM-DD'));
$$;

-- Row trigger of every layer before a row of another program is written; its argument is the layer.
create function suitu.check_row() returns trigger
language plpgsql security definer set search_path = suitu, pg_temp as $$
declare
    known text;
begin
    if new.id = '' then
        raise exception using errcode = 'check_violation',
            message = format('%s: a feature needs an id; leave it out to be given one (编号不能为空，不填则自动编号)', tg_argv[0]);
    end if;
    if tg_op = 'UPDATE' and new.period is not distinct from old.period then
        return new;
    end if;
    if not suitu.is_period(new.period) then
        raise exception using errcode = 'check_violation',
            message = format('%s: `%s` is not a period; write 2020, 2020-11 or 2020-11-01 (时点无法识别，请写作 2020、2020-11 或 2020-11-01)',
                tg_argv[0], left(new.period, 40));
    end if;
    select string_agg(period, ', ' order by period) into known from suitu.states
        where layer = tg_argv[0] and features > 0 and suitu.is_period(period);
    if known is not null and not exists (
        select from suitu.states
        where layer = tg_argv[0] and period = new.period and features > 0)
        and not exists (
        select from suitu.imports where layer = tg_argv[0] and period = new.period)
    then
        raise exception using errcode = 'check_violation',
            message = format('%s holds nothing for %s; it holds %s: write one of them, or bring a new period with `suitu import` (图层没有该时点的数据；新时点请用 `suitu import` 导入)',
                tg_argv[0], new.period, known);
    end if;
    return new;
end
$$;

-- Statement trigger of every layer and of each of its partitions.
create function suitu.refuse_truncate() returns trigger
language plpgsql security definer set search_path = suitu, pg_temp as $$
begin
    raise exception using errcode = 'object_not_in_prerequisite_state',
        message = format('%s cannot be emptied by truncate, which nobody would notice: delete its rows, or bring others with `suitu import --replace` (不能用 truncate 清空，请逐行删除或用 `suitu import --replace` 替换)',
            tg_table_name);
end
$$;

-- Whoever writes is Suitu itself where it says so and may make things in the schema `suitu`, as its owner
-- and the members of the owner may.
create function suitu.keep_whole(of_table regclass) returns void
language plpgsql set search_path = suitu, pg_temp as $$
begin
    execute format('create or replace trigger keep_whole before truncate on %s
        for each statement execute function suitu.refuse_truncate()', of_table);
end
$$;

-- Sets the triggers of a layer's table.
create function suitu.watch(of_layer text) returns void
language plpgsql set search_path = suitu, pg_temp as $$
declare
    foreign_hand constant text := 'when (current_setting(''suitu.writer'', true) is distinct from ''suitu''
        or not has_schema_privilege(session_user, ''suitu'', ''create''))';
    part regclass;
begin
    execute format('drop trigger if exists check_row on city.%I', of_layer);
    execute format('create trigger check_row before insert or update on city.%I
        for each row %s execute function suitu.check_row(%L)', of_layer, foreign_hand, of_layer);
    execute format('drop trigger if exists note_edit on city.%I', of_layer);
    execute format('create trigger note_edit after insert or update or delete on city.%I
        for each row %s execute function suitu.note_edit(%L)', of_layer, foreign_hand, of_layer);
    for part in select relid from pg_partition_tree(format('city.%I', of_layer)::regclass) loop
        perform suitu.keep_whole(part);
    end loop;
end
$$;
comment on function suitu.watch is 'Sets the triggers of a layer: what other programs write is checked and enters the change log';

select suitu.watch(relname::text)
from pg_class
where relnamespace = 'city'::regnamespace and relkind = 'p';

drop trigger note_flow on city.flows;
create trigger note_flow after insert or update or delete on city.flows
    for each row when (current_setting('suitu.writer', true) is distinct from 'suitu'
        or not has_schema_privilege(session_user, 'suitu', 'create'))
    execute function suitu.note_flow();
select suitu.keep_whole('city.flows');
