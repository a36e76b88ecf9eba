-- Orders and their executions, one row each, as the journal last said.
-- Units   quantity in steps, price in ticks of the instrument, money in 1e-4 of the currency, *_us microseconds
-- Rows    up to some thousands a day, for ever
-- Lock    none that matters: new tables
-- Repair  set host.applied_seq to 0: rows carry the journal's sequence number and an older record never wins
create table orders (
  client_id text primary key,
  strategy text not null,
  version text not null,
  digest text not null,
  ref bigint not null,
  instrument text not null,
  side text not null,
  kind text not null,
  time_in_force text not null,
  quantity bigint not null,
  limit_price bigint,
  stop_price bigint,
  decided_at_seq bigint not null,
  created_us bigint not null,
  updated_us bigint not null,
  phase text not null,
  filled bigint not null,
  filled_value bigint not null,
  pending text,
  venue_id text,
  reason text,
  seq bigint not null
);
create index orders_open on orders (client_id) where phase in ('SUBMITTING', 'UNKNOWN', 'WORKING', 'TRIGGERED');
create index orders_newest on orders (created_us desc, client_id);
create index orders_of_strategy on orders (strategy, created_us desc);

-- A venue's execution id is unique per order at least; some venues begin again every day.
create table fills (
  client_id text not null,
  execution_id text not null,
  strategy text not null,
  version text not null,
  digest text not null,
  instrument text not null,
  side text not null,
  quantity bigint not null,
  price bigint not null,
  charges bigint not null,
  time_us bigint not null,
  seq bigint not null,
  primary key (client_id, execution_id)
);
create index fills_newest on fills (seq desc);
create index fills_of_strategy on fills (strategy, seq desc);

-- Numbers of requests that are used up: a strategy's own count up from 1, the host's own count down from -1.
create table strategy_ref (
  strategy text primary key,
  ref_max bigint not null,
  ref_min bigint not null
);
