-- What the gate refused, when trading was halted and by whom, and the days that "today" is counted from.
-- `quantity`, `ref` and `value` of a refusal are what a bundle asked for, so they may be any number, or none.
-- Rows    refusals: up to thousands a day, for ever; halts and days: a few
-- Lock    none that matters: new tables
-- Repair  set host.applied_seq to 0: rows carry the journal's sequence number
create table refusals (
  seq bigint primary key,
  at_us bigint not null,
  strategy text not null,
  version text not null,
  digest text not null,
  ref double precision,
  instrument text not null,
  ask text not null,
  quantity double precision,
  code text not null,
  value double precision,
  limit_value double precision,
  text text not null
);
create index refusals_of_strategy on refusals (strategy, seq desc);

create table halts (
  seq bigint primary key,
  at_us bigint not null,
  halted boolean not null,
  reason text not null,
  by_whom text not null
);

create table days (
  date text primary key,
  at_us bigint not null,
  profits jsonb not null,
  seq bigint not null
);
