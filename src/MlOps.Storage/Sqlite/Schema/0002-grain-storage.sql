-- The state of grains, and the statements by which Orleans reaches it. They are our own: the stock ones wrap a write in a textual
-- transaction that stays open on its pooled connection when a statement is refused for a lock.

create table grain_state (
    grain_id_hash   integer not null,
    grain_id_n0     integer not null,
    grain_id_n1     integer not null,
    grain_type_hash integer not null,
    grain_type      text    not null,
    grain_extension text    not null,
    service_id      text    not null,
    payload         blob,
    modified_us     integer not null,
    version         integer not null,
    primary key (grain_id_hash, grain_type_hash, grain_id_n0, grain_id_n1, grain_type, grain_extension, service_id)
);

create table OrleansQuery (
    QueryKey  text not null primary key,
    QueryText text not null
);

-- No row comes back where the version was another one, and of two first writers one: Orleans then knows that it lost.
insert into OrleansQuery (QueryKey, QueryText) values
('WriteToStorageKey', '
insert into grain_state as t (grain_id_hash, grain_id_n0, grain_id_n1, grain_type_hash, grain_type, grain_extension, service_id, payload, modified_us, version)
select @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, coalesce(@GrainIdExtensionString, ''''), @ServiceId, @PayloadBinary,
    cast(unixepoch(''subsec'') * 1000000 as integer), 1
where @GrainStateVersion is null or exists (
    select 1 from grain_state
    where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
        and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString, '''') and service_id = @ServiceId)
on conflict (grain_id_hash, grain_type_hash, grain_id_n0, grain_id_n1, grain_type, grain_extension, service_id) do update
set payload = excluded.payload, modified_us = excluded.modified_us, version = t.version + 1
where t.version = @GrainStateVersion
returning version as NewGrainStateVersion'),
('ReadFromStorageKey', '
select payload as PayloadBinary, version as Version from grain_state
where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
    and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString, '''') and service_id = @ServiceId'),
('ClearStorageKey', '
update grain_state set payload = null, modified_us = cast(unixepoch(''subsec'') * 1000000 as integer), version = version + 1
where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
    and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString, '''') and service_id = @ServiceId
    and version = @GrainStateVersion
returning version as NewGrainStateVersion'),
('DeleteStorageKey', '
delete from grain_state
where grain_id_hash = @GrainIdHash and grain_type_hash = @GrainTypeHash and grain_id_n0 = @GrainIdN0 and grain_id_n1 = @GrainIdN1
    and grain_type = @GrainTypeString and grain_extension = coalesce(@GrainIdExtensionString, '''') and service_id = @ServiceId
    and version = @GrainStateVersion
returning version + 1 as NewGrainStateVersion');

pragma user_version = 2;
