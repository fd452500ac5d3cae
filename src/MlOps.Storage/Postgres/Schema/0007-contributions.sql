-- How a model is explained, and what that needs beside its file. A model that was registered before has neither.

alter table models add column contributions text;
alter table models add column contribution_basis bytea;
