-- Where each strategy stands, how it got there, and its newest state.
-- The state is text, not jsonb: it must come back byte for byte, and jsonb refuses some of what JSON allows (\u0000).
-- Rows    strategies: tens; transitions: tens a day, for ever; states: one a strategy
-- Lock    none that matters: new tables
-- Repair  set host.applied_seq to 0: rows carry the journal's sequence number and an older record never wins
create table strategies (
  strategy text primary key,
  state text not null,
  reason text not null,
  enabled boolean not null,
  version text not null,
  digest text not null,
  faults bigint not null,
  at_us bigint not null,
  seq bigint not null
);

create table strategy_transition (
  seq bigint primary key,
  at_us bigint not null,
  strategy text not null,
  state text not null,
  reason text not null,
  enabled boolean not null,
  version text not null,
  digest text not null,
  faults bigint not null
);
create index strategy_transition_of_strategy on strategy_transition (strategy, seq desc);

create table strategy_state (
  strategy text primary key,
  version text not null,
  digest text not null,
  snapshot text not null,
  at_us bigint not null,
  seq bigint not null
);
