-- The state of grains, the silos of the cluster and the reminders, and the statements by which Orleans reaches them. They are our own:
-- with the stock ones two silos that write the same new grain both succeed, and its state can never be read again.

create table grain_state (
    grain_id_hash   integer not null,
    grain_id_n0     bigint  not null,
    grain_id_n1     bigint  not null,
    grain_type_hash integer not null,
    grain_type      text    collate "C" not null,
    grain_extension text    collate "C" not null,
    service_id      text    collate "C" not null,
    payload         bytea,
    modified_us     bigint  not null,
    version         integer not null,
    primary key (grain_id_hash, grain_type_hash, grain_id_n0, grain_id_n1, grain_type, grain_extension, service_id)
);

-- One row for each cluster: every change of its members raises the version, and fails at another one.
create table membership_versions (
    deployment_id text    collate "C" not null primary key,
    version       integer not null
);

create table membership (
    deployment_id   text        collate "C" not null references membership_versions (deployment_id),
    address         text        collate "C" not null,
    port            integer     not null,
    generation      integer     not null,
    silo_name       text        collate "C" not null,
    host_name       text        collate "C" not null,
    status          integer     not null,
    proxy_port      integer     not null,
    suspect_times   text        collate "C",
    start_time      timestamptz not null,
    i_am_alive_time timestamptz not null,
    primary key (deployment_id, address, port, generation)
);

-- False, and nothing changed, when the version is another one or the silo is there already.
create function membership_insert(
    of_deployment text, at_version integer, of_address text, of_port integer, of_generation integer, named text, on_host text,
    its_status integer, gateway integer, started timestamptz, alive timestamptz) returns boolean
language plpgsql
as $$
begin
    update membership_versions set version = version + 1
    where deployment_id = of_deployment and version = at_version
        and not exists (
            select 1 from membership m
            where m.deployment_id = of_deployment and m.address = of_address and m.port = of_port and m.generation = of_generation);
    if not found then
        return false;
    end if;
    insert into membership (
        deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, i_am_alive_time)
    values (of_deployment, of_address, of_port, of_generation, named, on_host, its_status, gateway, started, alive);
    return true;
end
$$;

-- False, and nothing changed, when the version is another one or there is no such silo. Its row is taken first, so that it stays.
create function membership_update(
    of_deployment text, at_version integer, of_address text, of_port integer, of_generation integer, its_status integer, suspected text,
    alive timestamptz) returns boolean
language plpgsql
as $$
begin
    perform 1 from membership m
    where m.deployment_id = of_deployment and m.address = of_address and m.port = of_port and m.generation = of_generation
    for update;
    if not found then
        return false;
    end if;
    update membership_versions set version = version + 1 where deployment_id = of_deployment and version = at_version;
    if not found then
        return false;
    end if;
    update membership m set status = its_status, suspect_times = suspected, i_am_alive_time = greatest(m.i_am_alive_time, alive)
    where m.deployment_id = of_deployment and m.address = of_address and m.port = of_port and m.generation = of_generation;
    return true;
end
$$;

create table reminders (
    service_id text        collate "C" not null,
    grain_id   text        collate "C" not null,
    name       text        collate "C" not null,
    grain_hash integer     not null,
    start_time timestamptz not null,
    period_ms  bigint      not null,
    version    integer     not null,
    primary key (service_id, grain_id, name)
);

create index reminders_of_range on reminders (service_id, grain_hash);

create table OrleansQuery (
    QueryKey  text not null primary key,
    QueryText text not null
);

-- No row comes back where the version was another one, and of two first writers one: Orleans then knows that it lost.
insert into OrleansQuery (QueryKey, QueryText) values
('WriteToStorageKey', '
insert into grain_state as t (grain_id_hash, grain_id_n0, grain_id_n1, grain_type_hash, grain_type, grain_extension, service_id, payload, modified_us, version)
select @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, coalesce(@GrainIdExtensionString::text, ''''), @ServiceId, @PayloadBinary::bytea,
    (extract(epoch from clock_timestamp()) * 1000000)::bigint, 1
where @GrainStateVersion::integer is null or exists (
    select 1 from grain_state
    where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
        and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString::text, '''') and service_id = @ServiceId)
on conflict (grain_id_hash, grain_type_hash, grain_id_n0, grain_id_n1, grain_type, grain_extension, service_id) do update
set payload = excluded.payload, modified_us = excluded.modified_us, version = t.version + 1
where t.version = @GrainStateVersion::integer
returning version as NewGrainStateVersion'),
('ReadFromStorageKey', '
select payload as PayloadBinary, version as Version from grain_state
where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
    and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString::text, '''') and service_id = @ServiceId'),
('ClearStorageKey', '
update grain_state set payload = null, modified_us = (extract(epoch from clock_timestamp()) * 1000000)::bigint, version = version + 1
where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
    and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString::text, '''') and service_id = @ServiceId
    and version = @GrainStateVersion::integer
returning version as NewGrainStateVersion'),
('DeleteStorageKey', '
delete from grain_state
where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
    and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString::text, '''') and service_id = @ServiceId
    and version = @GrainStateVersion::integer
returning version + 1 as NewGrainStateVersion');

insert into OrleansQuery (QueryKey, QueryText) values
('InsertMembershipVersionKey', '
with added as (
    insert into membership_versions (deployment_id, version) values (@DeploymentId, 0)
    on conflict (deployment_id) do nothing
    returning 1)
select count(*) > 0 from added'),
('InsertMembershipKey', '
select membership_insert(
    @DeploymentId, @Version, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime)'),
('UpdateMembershipKey', '
select membership_update(@DeploymentId, @Version, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime)'),
('UpdateIAmAlivetimeKey', '
update membership set i_am_alive_time = @IAmAliveTime
where deployment_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation'),
('MembershipReadRowKey', '
select v.deployment_id as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName,
    m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes, m.start_time as StartTime,
    m.i_am_alive_time as IAmAliveTime, v.version as Version
from membership_versions v left join membership m
    on m.deployment_id = v.deployment_id and m.address = @Address and m.port = @Port and m.generation = @Generation
where v.deployment_id = @DeploymentId'),
('MembershipReadAllKey', '
select v.deployment_id as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName,
    m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes, m.start_time as StartTime,
    m.i_am_alive_time as IAmAliveTime, v.version as Version
from membership_versions v left join membership m on m.deployment_id = v.deployment_id
where v.deployment_id = @DeploymentId'),
('DeleteMembershipTableEntriesKey', '
delete from membership where deployment_id = @DeploymentId;
delete from membership_versions where deployment_id = @DeploymentId'),
('GatewaysQueryKey', '
select address as Address, proxy_port as ProxyPort, generation as Generation from membership
where deployment_id = @DeploymentId and status = @Status and proxy_port > 0'),
-- 6 is dead. One that is joining is not: a silo whose row is taken away under it ends.
('CleanupDefunctSiloEntriesKey', '
delete from membership
where deployment_id = @DeploymentId and status = 6 and start_time < @IAmAliveTime and i_am_alive_time < @IAmAliveTime
    and coalesce(suspect_times, '''') = '''''),
('CleanupDefunctSiloEntryKey', '
delete from membership
where deployment_id = @DeploymentId and status = 6 and address = @Address and port = @Port and generation = @Generation
    and start_time = @StartTime and i_am_alive_time = @IAmAliveTime and coalesce(suspect_times, '''') = coalesce(@SuspectTimes::text, '''')');

insert into OrleansQuery (QueryKey, QueryText) values
('UpsertReminderRowKey', '
insert into reminders as r (service_id, grain_id, name, grain_hash, start_time, period_ms, version)
values (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period::bigint, 0)
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
with gone as (
    delete from reminders
    where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName and version = @Version
    returning 1)
select count(*) > 0 from gone'),
('DeleteReminderRowsKey', '
delete from reminders where service_id = @ServiceId');
