-- The inference log: answered rows, what is counted of them, and how far each journal has been read into it.
-- Ids are the 16 bytes of a UUID in big-endian order, so they sort as they were made; times are microseconds, minutes or hours since 1970.

create table inference_journals (
    number     integer not null primary key autoincrement,
    id         blob    not null unique,
    -- Up to where it is committed.
    segment    integer not null,
    at_byte    integer not null,
    updated_us integer not null
);

-- Numbers stand for ids in the tables below: every row and index has them.
create table inference_deployments (
    number         integer not null primary key autoincrement,
    deployment     blob    not null unique,
    project        blob    not null,
    model          blob    not null,
    counts_classes integer not null,
    -- The frozen first answers, as JSON.
    first_answers  text
);

create index inference_deployments_of_project on inference_deployments (project);

create table inference_rows (
    deployment       integer not null,
    id               blob    not null,
    journal          integer not null,
    sequence         integer not null,
    -- Null where it is the row's own id.
    request          blob,
    route            integer not null,
    status           integer not null,
    latency_us       integer not null,
    external_id      text,
    label            text,
    value            real,
    -- What is looked up by: a hash of the label, or the status of a refused request.
    outcome          integer,
    probabilities    blob,
    bins             blob    not null,
    inputs           blob,
    inputs_truncated integer not null,
    withheld         integer not null,
    refusal_code     text,
    refusal_detail   text,
    refusal_rows     integer,
    -- The winning feedback: its id, the actual as it was sent, and its times.
    feedback         integer,
    actual           text,
    observed_us      integer,
    arrived_us       integer,
    primary key (deployment, id)
);

create index inference_rows_of_journal on inference_rows (deployment, journal, sequence);
create index inference_rows_of_outcome on inference_rows (deployment, outcome, id) where outcome is not null;
create index inference_rows_of_value on inference_rows (deployment, value, id) where value is not null;
create index inference_rows_of_external_id on inference_rows (deployment, external_id, id) where external_id is not null;

-- The counts behind paging. A series is all rows of a deployment, those of a status, or those of a class.
create table inference_hours (
    deployment integer not null,
    series     text    not null,
    hour       integer not null,
    journal    integer not null,
    total      integer not null,
    primary key (deployment, series, hour, journal)
) without rowid;

create index inference_hours_oldest on inference_hours (hour);

create table inference_minutes (
    deployment integer not null,
    series     text    not null,
    minute     integer not null,
    journal    integer not null,
    seconds    blob    not null,
    primary key (deployment, series, minute, journal)
) without rowid;

create index inference_minutes_oldest on inference_minutes (minute);

create table metric_minutes (
    deployment integer not null,
    minute     integer not null,
    journal    integer not null,
    counts     blob    not null,
    primary key (deployment, minute, journal)
);

create index metric_minutes_oldest on metric_minutes (minute);

create table drift_hours (
    deployment integer not null,
    hour       integer not null,
    journal    integer not null,
    counts     blob    not null,
    primary key (deployment, hour, journal)
);

create index drift_hours_oldest on drift_hours (hour);

-- What feedback has shown: 'answered' by the minute of the row, 'arrived' by the minute in which its actual came.
create table accuracy_minutes (
    deployment integer not null,
    kind       text    not null check (kind in ('answered', 'arrived')),
    minute     integer not null,
    counts     blob    not null,
    primary key (deployment, kind, minute)
);

create index accuracy_minutes_oldest on accuracy_minutes (minute);

-- Actuals as they came: pending until they are joined to their row or, by an external id, to each row that carries it.
create table inference_feedback (
    id           integer not null primary key autoincrement,
    project      blob    not null,
    -- Null where it was given at the project's address.
    deployment   blob,
    inference_id blob,
    external_id  text,
    actual       text    not null,
    observed_us  integer not null,
    arrived_us   integer not null,
    state        text    not null check (state in ('pending', 'joined')),
    check ((inference_id is null) <> (external_id is null))
);

create index inference_feedback_pending on inference_feedback (id) where state = 'pending';
create index inference_feedback_of_inference on inference_feedback (inference_id) where inference_id is not null;
create index inference_feedback_of_external_id on inference_feedback (external_id, project) where external_id is not null;
create index inference_feedback_of_deployment on inference_feedback (deployment) where deployment is not null;
create index inference_feedback_oldest on inference_feedback (arrived_us);

-- Rows that were refused for their data.
create table inference_rejects (
    id          blob    not null primary key,
    deployment  blob    not null,
    journal     integer not null,
    sequence    integer not null,
    reason      text    not null,
    rejected_us integer not null
);

create index inference_rejects_of_deployment on inference_rejects (deployment);
create index inference_rejects_oldest on inference_rejects (rejected_us);

pragma user_version = 1;
