-- Projects, models with their files, deployments, the timeline, keys, and first answers.
-- Times are microseconds since 1970. Texts sort by their code points, whatever the locale of the database. JSON is kept as text: jsonb
-- refuses \u0000, which the names of a model may hold.

-- Takes case away, for searching and sorting. By ICU, since upper() of itself knows only the letters of the database's locale.
create function fold(value text) returns text
language sql immutable strict parallel safe
as $$ select upper(value collate "und-x-icu") collate "C" $$;

-- The number under a key of a JSON object; null when it is none. Every backslash that is escaped is written as \u005c first, so that
-- what then reads \u0000 is that, and is shown: a text cannot hold it. Registration refuses numbers too large for a double; one too
-- small for it is 0.
create function number_in(object text, name text) returns double precision
language plpgsql immutable strict
as $$
begin
    return (
        select (j.value #>> '{}')::double precision
        from json_each(replace(replace(object, '\\', '\u005c'), '\u0000', '\u2400')::json) j
        where j.key = name and json_typeof(j.value) = 'number'
        limit 1);
exception
    when numeric_value_out_of_range then return 0;
end
$$;

create table projects (
    id          uuid   not null primary key,
    name        text   collate "C" not null,
    description text   collate "C",
    epoch       bigint not null,
    created_us  bigint not null
);

create index projects_newest on projects (created_us desc, id desc);

create table files (
    id         bigint not null generated always as identity primary key,
    sha256     text   collate "C" not null,
    size       bigint not null,
    state      text   collate "C" not null check (state in ('uploading', 'stored', 'removed')),
    created_us bigint not null
);

-- The same bytes are stored once.
create unique index files_stored on files (sha256) where state = 'stored';
create index files_not_stored on files (state, id) where state <> 'stored';

create table file_chunks (
    file_id bigint  not null references files (id),
    number  integer not null,
    bytes   bytea   not null,
    primary key (file_id, number)
);

-- Weights do not compress; trying costs more than it saves.
alter table file_chunks alter column bytes set storage external;

create table models (
    id              uuid   not null primary key,
    project_id      uuid   not null references projects (id) on delete cascade,
    name            text   collate "C" not null,
    algo            text   collate "C" not null,
    digest          text   collate "C" not null,
    signature       text   collate "C" not null,
    baseline        text   collate "C",
    metadata        text   collate "C" not null,
    metrics         text   collate "C" not null,
    example_request text   collate "C" not null,
    preview         text   collate "C",
    warnings        text   collate "C" not null,
    created_us      bigint not null
);

create index models_of_project on models (project_id, created_us desc, id desc);
create index models_newest on models (created_us desc, id desc);

create table model_parts (
    model_id uuid    not null references models (id) on delete cascade,
    position integer not null,
    kind     text    collate "C" not null,
    name     text    collate "C" not null,
    file_id  bigint  not null references files (id),
    primary key (model_id, position)
);

create index model_parts_of_file on model_parts (file_id);

-- An archived deployment outlives its model: model_id refers to nothing, and name and algorithm are kept.
create table deployments (
    id                 uuid    not null primary key,
    project_id         uuid    not null references projects (id) on delete cascade,
    model_id           uuid    not null,
    model_name         text    collate "C" not null,
    model_algo         text    collate "C" not null,
    name               text    collate "C" not null,
    stage              text    collate "C" not null check (stage in ('staging', 'production', 'archived')),
    traffic_percent    integer not null,
    canary             boolean not null,
    privacy_policy_id  text    collate "C",
    anonymize_logs     boolean,
    anonymize_response boolean,
    column_map         text    collate "C",
    privacy_threshold  double precision,
    config             text    collate "C",
    failure            text    collate "C",
    created_us         bigint  not null,
    updated_us         bigint  not null,
    -- The project's epoch when this one was last written as production; null when it never was.
    production_epoch   bigint
);

-- The single-production rule, whatever the code above it does.
create unique index one_production on deployments (project_id) where stage = 'production';
create index deployments_of_project on deployments (project_id, created_us desc, id desc);
-- Archived ones pile up; what decisions are made from stays as small as it is.
create index deployments_in_service on deployments (project_id, created_us desc, id desc) where stage <> 'archived';
create index deployments_once_production on deployments (project_id, production_epoch desc) where production_epoch is not null;
create index deployments_of_model on deployments (model_id, stage);

-- The numbers of one project are in the order of its commits: each is drawn by whoever holds the project's row.
create table timeline (
    seq           bigint not null generated always as identity primary key,
    id            uuid   not null unique,
    project_id    uuid   not null references projects (id) on delete cascade,
    created_us    bigint not null,
    actor         text   collate "C" not null,
    action        text   collate "C" not null,
    deployment_id uuid,
    model_id      uuid,
    from_value    text   collate "C",
    to_value      text   collate "C"
);

create index timeline_of_project on timeline (project_id, seq desc);

create function timeline_is_append_only() returns trigger
language plpgsql
as $$
begin
    raise exception 'the timeline is append-only' using errcode = 'integrity_constraint_violation';
end
$$;

create trigger timeline_is_not_changed before update on timeline
for each row execute function timeline_is_append_only();

-- A project that is deleted takes its timeline with it: its row is gone when the cascade comes here.
create function timeline_goes_with_its_project() returns trigger
language plpgsql
as $$
begin
    if exists (select 1 from projects where id = old.project_id) then
        raise exception 'the timeline is append-only' using errcode = 'integrity_constraint_violation';
    end if;
    return old;
end
$$;

create trigger timeline_is_not_deleted before delete on timeline
for each row execute function timeline_goes_with_its_project();

create trigger timeline_is_not_emptied before truncate on timeline
for each statement execute function timeline_is_append_only();

create table api_keys (
    id         uuid   not null primary key,
    name       text   collate "C" not null,
    scopes     bigint not null,
    project_id uuid,
    created_us bigint not null,
    expires_us bigint,
    hash       bytea  not null unique
);

create table api_key_epoch (
    id    integer not null primary key check (id = 1),
    epoch bigint  not null
);

insert into api_key_epoch (id, epoch) values (1, 0);

create table idempotency (
    caller       uuid   not null,
    path         text   collate "C" not null,
    key          text   collate "C" not null,
    request_hash text   collate "C" not null,
    outcome      text   collate "C" not null,
    created_us   bigint not null,
    primary key (caller, path, key)
);

create index idempotency_oldest on idempotency (created_us);
