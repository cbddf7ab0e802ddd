-- Accounts that several servers share: who may sign in, and what they may do. They stand apart from
-- the city: whoever may read its layers need not be able to read these. What is done is on record in a
-- file of each server. Instants are seconds since 1970 (UTC); a flag is 0 or 1.
begin;

create schema suitu_accounts;
revoke all on schema suitu_accounts from public;
set local search_path = suitu_accounts;

-- The version of these tables, and what the security administrator decides.
create table meta (key text primary key, value text not null);
insert into meta values ('version', '2');

create table users (
    name text primary key,
    title text not null,
    created_at bigint not null,
    is_disabled bigint not null default 0,
    clearance text not null default 'internal',
    -- Of argon2id; null until an invitation is accepted.
    password text,
    password_set_at bigint not null default 0,
    -- The key of the second factor; a new one waits until it is confirmed.
    totp_key text,
    totp_waiting text,
    totp_step bigint not null default 0
);

create table old_passwords (
    "user" text not null references users on delete cascade,
    set_at bigint not null,
    password text not null
);
create index on old_passwords ("user");

create table grants (
    "user" text not null references users on delete cascade,
    role text not null,
    granted_by text not null,
    granted_at bigint not null,
    primary key ("user", role)
);

-- The codes of areas that a district official sees exactly.
create table scopes (
    "user" text not null references users on delete cascade,
    code text not null,
    primary key ("user", code)
);

-- Secrets are kept as their SHA-256 only.
create table invitations (
    hash text primary key,
    "user" text not null references users on delete cascade,
    expires_at bigint not null
);

create table sessions (
    hash text primary key,
    "user" text not null references users on delete cascade,
    created_at bigint not null,
    seen_at bigint not null
);
create index on sessions ("user");

create table tokens (
    id text primary key,
    hash text not null unique,
    "user" text not null references users on delete cascade,
    title text not null,
    roles text not null,
    created_at bigint not null,
    expires_at bigint not null
);

-- Attempts to sign in since the last one that went well, also by names that nobody has: by name and
-- network with a space between, and by name alone from everywhere.
create table attempts (
    name text primary key,
    count bigint not null,
    until bigint not null
);

-- Whom the identity provider vouches for, and the account that is theirs.
create table identities (
    issuer text not null,
    subject text not null,
    "user" text not null unique references users on delete cascade,
    bound_at bigint not null,
    primary key (issuer, subject)
);

commit;
