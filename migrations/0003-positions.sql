-- The book of each strategy in each instrument, and every change of a book that no fill of ours explains.
-- Rows    strategies x instruments; corrections are rare
-- Lock    none that matters: new tables
-- Repair  set host.applied_seq to 0: rows carry the journal's sequence number and an older record never wins
create table positions (
  strategy text not null,
  instrument text not null,
  quantity bigint not null,
  cost bigint not null,
  realised bigint not null,
  charges bigint not null,
  fills bigint not null,
  updated_us bigint not null,
  seq bigint not null,
  primary key (strategy, instrument)
);

create table position_correction (
  seq bigint primary key,
  at_us bigint not null,
  strategy text not null,
  instrument text not null,
  quantity bigint not null,
  reason text not null
);
