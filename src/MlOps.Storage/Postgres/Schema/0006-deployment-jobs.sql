-- Jobs of deployments: what they are asked for is stored with them. A deployment takes its jobs with it.

alter table jobs add column deployment_id uuid references deployments (id) on delete cascade;
alter table jobs add column request text;

create index jobs_of_deployment on jobs (deployment_id, type, created_us desc, id desc);
