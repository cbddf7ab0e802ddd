-- A scenario belongs to the reading that it was made in: only who reads the city so reads its edits.

alter table suitu.scenarios add column reading text not null default '';
comment on column suitu.scenarios.reading is
    'What the city was to whoever made it; empty for the city of this database itself';
