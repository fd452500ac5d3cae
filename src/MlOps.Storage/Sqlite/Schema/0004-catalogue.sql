-- Which catalogue this is. The row is put by the program that opens the file and finds none: a new catalogue, one from before this table,
-- and every restored backup, which is written without it. Epochs are compared within one catalogue only.

create table catalogue (
    id      text    not null primary key,
    made_us integer not null
);

pragma user_version = 4;
