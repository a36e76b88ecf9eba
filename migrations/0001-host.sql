-- Which journal these tables are the projection of, and how far it is applied.
-- Rows    one
-- Lock    none that matters: a new table
-- Repair  a wrong or lost row: drop the database; the host makes it again and applies its journal from the start
create table host (
  only_one boolean primary key default true check (only_one),
  journal_id text not null,
  applied_seq bigint not null check (applied_seq >= 0)
);
