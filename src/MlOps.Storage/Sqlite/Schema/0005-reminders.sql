-- Reminders of grains, and the statements by which Orleans reaches them; it has none of its own for SQLite.

create table reminders (
    service_id text    not null,
    grain_id   text    not null,
    name       text    not null,
    grain_hash integer not null,
    start_time text    not null,
    period_ms  integer not null,
    version    integer not null,
    primary key (service_id, grain_id, name)
);

create index reminders_of_range on reminders (service_id, grain_hash);

insert into OrleansQuery (QueryKey, QueryText) values
('UpsertReminderRowKey', '
insert into reminders as r (service_id, grain_id, name, grain_hash, start_time, period_ms, version)
values (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
on conflict (service_id, grain_id, name) do update
set grain_hash = excluded.grain_hash, start_time = excluded.start_time, period_ms = excluded.period_ms, version = r.version + 1
returning version as Version'),
('ReadReminderRowsKey', '
select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version from reminders
where service_id = @ServiceId and grain_id = @GrainId'),
('ReadReminderRowKey', '
select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version from reminders
where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName'),
('ReadRangeRows1Key', '
select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version from reminders
where service_id = @ServiceId and grain_hash > @BeginHash and grain_hash <= @EndHash'),
('ReadRangeRows2Key', '
select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version from reminders
where service_id = @ServiceId and (grain_hash > @BeginHash or grain_hash <= @EndHash)'),
('DeleteReminderRowKey', '
delete from reminders where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName and version = @Version;
select changes()'),
('DeleteReminderRowsKey', '
delete from reminders where service_id = @ServiceId');

pragma user_version = 5;
