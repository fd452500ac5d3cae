-- Work that is longer than an answer may take. Ids are UUIDs, times microseconds since 1970, progress a double from 0 to 1. The statements are in
-- the common SQL of both databases; PostgreSQL's types for them: text or uuid, bigint, double precision.
-- A job belongs to its project and model, and is deleted with them: a runner whose stamp finds no row gives it up.

create table jobs (
    id          text    not null primary key,
    type        text    not null,
    project_id  text    not null references projects (id) on delete cascade,
    model_id    text    references models (id) on delete cascade,
    status      text    not null check (status in ('queued', 'running', 'succeeded', 'failed')),
    progress    real    not null,
    starts      integer not null,
    -- Who runs it, and when it was last heard of; null while nobody does.
    owner       text,
    stamped_us  integer,
    created_us  integer not null,
    started_us  integer,
    finished_us integer,
    error       text,
    result      text
);

create index jobs_of_project on jobs (project_id);
create index jobs_of_model on jobs (model_id, created_us desc, id desc);
create index jobs_under_way on jobs (created_us, id) where status in ('queued', 'running');

-- One job a time gives a model its baseline, whatever the code above it does.
create unique index one_baseline_job on jobs (model_id) where type in ('baseline', 'added_baseline') and status in ('queued', 'running');

pragma user_version = 3;
