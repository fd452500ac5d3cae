-- Projects, models with their files, deployments, the timeline, keys, and first answers.
-- Ids are UUIDs as text in lower case (the text sorts as their bytes do); times are microseconds since 1970.

create table projects (
    id          text    not null primary key,
    name        text    not null,
    description text,
    epoch       integer not null,
    created_us  integer not null
);

create index projects_newest on projects (created_us desc, id desc);

create table files (
    id         integer not null primary key,
    sha256     text    not null,
    size       integer not null,
    state      text    not null check (state in ('uploading', 'stored', 'removed')),
    created_us integer not null
);

-- The same bytes are stored once.
create unique index files_stored on files (sha256) where state = 'stored';
create index files_not_stored on files (state, id) where state <> 'stored';

create table file_chunks (
    file_id integer not null references files (id),
    number  integer not null,
    bytes   blob    not null,
    primary key (file_id, number)
);

create table models (
    id              text    not null primary key,
    project_id      text    not null references projects (id) on delete cascade,
    name            text    not null,
    algo            text    not null,
    digest          text    not null,
    signature       text    not null,
    baseline        text,
    metadata        text    not null,
    metrics         text    not null,
    example_request text    not null,
    preview         text,
    warnings        text    not null,
    created_us      integer not null
);

create index models_of_project on models (project_id, created_us desc, id desc);
create index models_newest on models (created_us desc, id desc);

create table model_parts (
    model_id text    not null references models (id) on delete cascade,
    position integer not null,
    kind     text    not null,
    name     text    not null,
    file_id  integer not null references files (id),
    primary key (model_id, position)
);

create index model_parts_of_file on model_parts (file_id);

-- An archived deployment outlives its model: model_id refers to nothing, and name and algorithm are kept.
create table deployments (
    id                 text    not null primary key,
    project_id         text    not null references projects (id) on delete cascade,
    model_id           text    not null,
    model_name         text    not null,
    model_algo         text    not null,
    name               text    not null,
    stage              text    not null check (stage in ('staging', 'production', 'archived')),
    traffic_percent    integer not null,
    canary             integer not null,
    privacy_policy_id  text,
    anonymize_logs     integer,
    anonymize_response integer,
    column_map         text,
    privacy_threshold  real,
    config             text,
    failure            text,
    created_us         integer not null,
    updated_us         integer not null,
    -- The project's epoch when this one was last written as production; null when it never was.
    production_epoch   integer
);

-- The single-production rule, whatever the code above it does.
create unique index one_production on deployments (project_id) where stage = 'production';
create index deployments_of_project on deployments (project_id, created_us desc, id desc);
-- Archived ones pile up; what decisions are made from stays as small as it is.
create index deployments_in_service on deployments (project_id, created_us desc, id desc) where stage <> 'archived';
create index deployments_once_production on deployments (project_id, production_epoch desc) where production_epoch is not null;
create index deployments_of_model on deployments (model_id, stage);

create table timeline (
    seq           integer not null primary key autoincrement,
    id            text    not null unique,
    project_id    text    not null references projects (id) on delete cascade,
    created_us    integer not null,
    actor         text    not null,
    action        text    not null,
    deployment_id text,
    model_id      text,
    from_value    text,
    to_value      text
);

create index timeline_of_project on timeline (project_id, seq desc);

create trigger timeline_is_not_changed before update on timeline
begin
    select raise(abort, 'the timeline is append-only');
end;

-- A project that is deleted takes its timeline with it: its row is gone when the cascade comes here.
create trigger timeline_is_not_deleted before delete on timeline
when exists (select 1 from projects where id = old.project_id)
begin
    select raise(abort, 'the timeline is append-only');
end;

create table api_keys (
    id         text    not null primary key,
    name       text    not null,
    scopes     integer not null,
    project_id text,
    created_us integer not null,
    expires_us integer,
    hash       blob    not null unique
);

create table api_key_epoch (
    id    integer not null primary key check (id = 1),
    epoch integer not null
);

insert into api_key_epoch (id, epoch) values (1, 0);

create table idempotency (
    caller       text    not null,
    path         text    not null,
    key          text    not null,
    request_hash text    not null,
    outcome      text    not null,
    created_us   integer not null,
    primary key (caller, path, key)
);

create index idempotency_oldest on idempotency (created_us);

pragma user_version = 1;
