-- What was answered to writes whose sender gave them a key: a write that is sent again, because its answer
-- was lost, is not made twice. Committed together with what was written, kept for two days.

create table suitu.answers (
    who text not null,
    key text not null,
    at timestamptz not null default clock_timestamp(),
    digest text not null,
    number bigint not null,
    answer text not null,
    primary key (who, key)
);
create index answers_at on suitu.answers (at);
comment on table suitu.answers is 'Answers to writes by the key that their sender gave them (Idempotency-Key)';
comment on column suitu.answers.who is 'The account; local where there are none';
comment on column suitu.answers.digest is 'The hash of what was asked for: a key stands for one request';
comment on column suitu.answers.number is 'The commit; where nothing differed, the last one before it';
