-- Journal records that PostgreSQL would not take (a number out of range, for example), whole, with
-- its reason: one of them must not hold up all that follow, and none is dropped.
-- Rows    none, if all is well
-- Lock    none that matters: a new table
-- Repair  mend what refused it, then set host.applied_seq below the smallest seq here and empty this table
create table unapplied (
  seq bigint primary key,
  kind text not null,
  body text not null,
  error text not null
);
