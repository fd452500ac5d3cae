-- Work that is longer than an answer may take. A job belongs to its project and model, and is deleted with them: a runner whose stamp finds no
-- row gives it up.

create table jobs (
    id          uuid             not null primary key,
    type        text collate "C" not null,
    project_id  uuid             not null references projects (id) on delete cascade,
    model_id    uuid             references models (id) on delete cascade,
    status      text collate "C" not null check (status in ('queued', 'running', 'succeeded', 'failed')),
    progress    double precision not null,
    starts      bigint           not null,
    -- Who runs it, and when it was last heard of; null while nobody does.
    owner       text collate "C",
    stamped_us  bigint,
    created_us  bigint           not null,
    started_us  bigint,
    finished_us bigint,
    error       text,
    result      text
);

create index jobs_of_project on jobs (project_id);
create index jobs_of_model on jobs (model_id, created_us desc, id desc);
create index jobs_under_way on jobs (created_us, id) where status in ('queued', 'running');

-- One job a time gives a model its baseline, whatever the code above it does.
create unique index one_baseline_job on jobs (model_id) where type in ('baseline', 'added_baseline') and status in ('queued', 'running');
