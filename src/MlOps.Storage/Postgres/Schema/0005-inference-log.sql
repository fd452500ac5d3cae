-- The inference log: answered rows, what is counted of them, and how far each journal has been read into it.
-- Ids of rows are UUIDv7, so they sort by time; times are microseconds, minutes or hours since 1970.

create table inference_journals (
    number     integer not null generated always as identity primary key,
    id         uuid    not null unique,
    -- Up to where it is committed.
    segment    bigint  not null,
    at_byte    bigint  not null,
    updated_us bigint  not null
);

-- Numbers stand for ids in the tables below: every row and index has them.
create table inference_deployments (
    number         integer not null generated always as identity primary key,
    deployment     uuid    not null unique,
    project        uuid    not null,
    model          uuid    not null,
    counts_classes boolean not null,
    -- The frozen first answers, as JSON.
    first_answers  text
);

create index inference_deployments_of_project on inference_deployments (project);

-- One partition for each day, made when its first row comes. Fixed widths first, the widest before: none is padded.
create table inference_rows (
    sequence         bigint   not null,
    latency_us       bigint   not null,
    value            double precision,
    observed_us      bigint,
    arrived_us       bigint,
    -- The winning feedback; beside it its times and the actual as it was sent.
    feedback         bigint,
    deployment       integer  not null,
    journal          integer  not null,
    -- What is looked up by: a hash of the label, or the status of a refused request.
    outcome          integer,
    refusal_rows     integer,
    status           smallint not null,
    route            smallint not null,
    inputs_truncated boolean  not null,
    withheld         boolean  not null,
    id               uuid     not null,
    -- Null where it is the row's own id.
    request          uuid,
    external_id      text collate "C",
    label            text collate "C",
    probabilities    bytea,
    bins             bytea    not null,
    inputs           bytea,
    refusal_code     text collate "C",
    refusal_detail   text collate "C",
    actual           text collate "C",
    primary key (deployment, id)
) partition by range (id);

create index inference_rows_of_journal on inference_rows (deployment, journal, sequence);
create index inference_rows_of_outcome on inference_rows (deployment, outcome, id) where outcome is not null;
create index inference_rows_of_value on inference_rows (deployment, value, id) where value is not null;
create index inference_rows_of_external_id on inference_rows (deployment, external_id, id) where external_id is not null;

-- The counts behind paging. A series is all rows of a deployment, those of a status, or those of a class.
create table inference_hours (
    deployment integer not null,
    series     text    collate "C" not null,
    hour       bigint  not null,
    journal    integer not null,
    total      bigint  not null,
    primary key (deployment, series, hour, journal)
);

create index inference_hours_oldest on inference_hours (hour);

create table inference_minutes (
    deployment integer not null,
    series     text    collate "C" not null,
    minute     bigint  not null,
    journal    integer not null,
    seconds    bytea   not null,
    primary key (deployment, series, minute, journal)
);

create index inference_minutes_oldest on inference_minutes (minute);

create table metric_minutes (
    deployment integer not null,
    minute     bigint  not null,
    journal    integer not null,
    counts     bytea   not null,
    primary key (deployment, minute, journal)
);

create index metric_minutes_oldest on metric_minutes (minute);

create table drift_hours (
    deployment integer not null,
    hour       bigint  not null,
    journal    integer not null,
    counts     bytea   not null,
    primary key (deployment, hour, journal)
);

create index drift_hours_oldest on drift_hours (hour);

-- What feedback has shown: 'answered' by the minute of the row, 'arrived' by the minute in which its actual came.
create table accuracy_minutes (
    deployment integer not null,
    kind       text    collate "C" not null check (kind in ('answered', 'arrived')),
    minute     bigint  not null,
    counts     bytea   not null,
    primary key (deployment, kind, minute)
);

create index accuracy_minutes_oldest on accuracy_minutes (minute);

-- Actuals as they came: pending until they are joined to their row or, by an external id, to each row that carries it.
create table inference_feedback (
    id           bigint not null generated always as identity primary key,
    project      uuid   not null,
    -- Null where it was given at the project's address.
    deployment   uuid,
    inference_id uuid,
    external_id  text   collate "C",
    actual       text   collate "C" not null,
    observed_us  bigint not null,
    arrived_us   bigint not null,
    state        text   collate "C" not null check (state in ('pending', 'joined')),
    check ((inference_id is null) <> (external_id is null))
);

create index inference_feedback_pending on inference_feedback (id) where state = 'pending';
create index inference_feedback_of_inference on inference_feedback (inference_id) where inference_id is not null;
create index inference_feedback_of_external_id on inference_feedback (external_id, project) where external_id is not null;
create index inference_feedback_of_deployment on inference_feedback (deployment) where deployment is not null;
create index inference_feedback_oldest on inference_feedback (arrived_us);

-- Rows that were refused for their data.
create table inference_rejects (
    id          uuid    not null primary key,
    deployment  uuid    not null,
    journal     integer not null,
    sequence    bigint  not null,
    reason      text    not null,
    rejected_us bigint  not null
);

create index inference_rejects_of_deployment on inference_rejects (deployment);
create index inference_rejects_oldest on inference_rejects (rejected_us);

-- Counts are written again every second: their new versions stay on their pages, without a new entry in any index.
alter table inference_hours set (fillfactor = 70);
alter table inference_minutes set (fillfactor = 70);
alter table metric_minutes set (fillfactor = 70);
alter table drift_hours set (fillfactor = 70);
