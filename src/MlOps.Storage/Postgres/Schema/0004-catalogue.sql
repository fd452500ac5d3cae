-- Which catalogue this is. The command migrate puts the row where there is none, and a new one when it is told that the database was restored.
-- Epochs are compared within one catalogue only.

create table catalogue (
    id      uuid   not null primary key,
    made_us bigint not null
);
