-- What all migrations together make of an empty database. Written by write-schema.ts; nothing runs it.
function CREATE OR REPLACE FUNCTION public.at_time(us bigint) RETURNS timestamp with time zone LANGUAGE sql STABLE PARALLEL SAFE RETURN ('1970-01-01 00:00:00+00'::timestamp with time zone + ((us)::double precision * '00:00:00.000001'::interval))
index CREATE INDEX fills_newest ON public.fills USING btree (seq DESC)
index CREATE INDEX fills_of_strategy ON public.fills USING btree (strategy, seq DESC)
index CREATE INDEX orders_newest ON public.orders USING btree (created_us DESC, client_id)
index CREATE INDEX orders_of_strategy ON public.orders USING btree (strategy, created_us DESC)
index CREATE INDEX orders_open ON public.orders USING btree (client_id) WHERE (phase = ANY (ARRAY['SUBMITTING'::text, 'UNKNOWN'::text, 'WORKING'::text, 'TRIGGERED'::text]))
index CREATE INDEX refusals_of_strategy ON public.refusals USING btree (strategy, seq DESC)
index CREATE INDEX strategy_transition_of_strategy ON public.strategy_transition USING btree (strategy, seq DESC)
index CREATE INDEX ticks_in_time ON public.ticks USING brin (received_us)
index CREATE UNIQUE INDEX bars_pkey ON public.bars USING btree (instrument, timeframe, start_us)
index CREATE UNIQUE INDEX days_pkey ON public.days USING btree (date)
index CREATE UNIQUE INDEX fills_pkey ON public.fills USING btree (client_id, execution_id)
index CREATE UNIQUE INDEX halts_pkey ON public.halts USING btree (seq)
index CREATE UNIQUE INDEX host_pkey ON public.host USING btree (only_one)
index CREATE UNIQUE INDEX instruments_id_key ON public.instruments USING btree (id)
index CREATE UNIQUE INDEX instruments_pkey ON public.instruments USING btree (key)
index CREATE UNIQUE INDEX migrations_pkey ON public.migrations USING btree (name)
index CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (client_id)
index CREATE UNIQUE INDEX position_correction_pkey ON public.position_correction USING btree (seq)
index CREATE UNIQUE INDEX positions_pkey ON public.positions USING btree (strategy, instrument)
index CREATE UNIQUE INDEX refusals_pkey ON public.refusals USING btree (seq)
index CREATE UNIQUE INDEX strategies_pkey ON public.strategies USING btree (strategy)
index CREATE UNIQUE INDEX strategy_ref_pkey ON public.strategy_ref USING btree (strategy)
index CREATE UNIQUE INDEX strategy_state_pkey ON public.strategy_state USING btree (strategy)
index CREATE UNIQUE INDEX strategy_transition_pkey ON public.strategy_transition USING btree (seq)
index CREATE UNIQUE INDEX unapplied_pkey ON public.unapplied USING btree (seq)
table bars: PRIMARY KEY (instrument, timeframe, start_us)
table bars: close bigint not null
table bars: high bigint not null
table bars: instrument integer not null
table bars: low bigint not null
table bars: open bigint not null
table bars: start_us bigint not null
table bars: timeframe text not null
table bars: volume bigint not null
table days: PRIMARY KEY (date)
table days: at_us bigint not null
table days: date text not null
table days: profits jsonb not null
table days: seq bigint not null
table fills: PRIMARY KEY (client_id, execution_id)
table fills: charges bigint not null
table fills: client_id text not null
table fills: digest text not null
table fills: execution_id text not null
table fills: instrument text not null
table fills: price bigint not null
table fills: quantity bigint not null
table fills: seq bigint not null
table fills: side text not null
table fills: strategy text not null
table fills: time_us bigint not null
table fills: version text not null
table halts: PRIMARY KEY (seq)
table halts: at_us bigint not null
table halts: by_whom text not null
table halts: halted boolean not null
table halts: reason text not null
table halts: seq bigint not null
table host: CHECK ((applied_seq >= 0))
table host: CHECK (only_one)
table host: PRIMARY KEY (only_one)
table host: applied_seq bigint not null
table host: journal_id text not null
table host: only_one boolean not null default true
table instruments: PRIMARY KEY (key)
table instruments: UNIQUE (id)
table instruments: id text not null
table instruments: key integer not null
table instruments: price_digits integer not null
table instruments: quantity_digits integer not null
table instruments: step_units bigint not null
table instruments: tick_units bigint not null
table migrations: PRIMARY KEY (name)
table migrations: applied timestamp with time zone not null default now()
table migrations: digest text not null
table migrations: name text not null
table orders: PRIMARY KEY (client_id)
table orders: client_id text not null
table orders: created_us bigint not null
table orders: decided_at_seq bigint not null
table orders: digest text not null
table orders: filled bigint not null
table orders: filled_value bigint not null
table orders: instrument text not null
table orders: kind text not null
table orders: limit_price bigint
table orders: pending text
table orders: phase text not null
table orders: quantity bigint not null
table orders: reason text
table orders: ref bigint not null
table orders: seq bigint not null
table orders: side text not null
table orders: stop_price bigint
table orders: strategy text not null
table orders: time_in_force text not null
table orders: updated_us bigint not null
table orders: venue_id text
table orders: version text not null
table position_correction: PRIMARY KEY (seq)
table position_correction: at_us bigint not null
table position_correction: instrument text not null
table position_correction: quantity bigint not null
table position_correction: reason text not null
table position_correction: seq bigint not null
table position_correction: strategy text not null
table positions: PRIMARY KEY (strategy, instrument)
table positions: charges bigint not null
table positions: cost bigint not null
table positions: fills bigint not null
table positions: instrument text not null
table positions: quantity bigint not null
table positions: realised bigint not null
table positions: seq bigint not null
table positions: strategy text not null
table positions: updated_us bigint not null
table refusals: PRIMARY KEY (seq)
table refusals: ask text not null
table refusals: at_us bigint not null
table refusals: code text not null
table refusals: digest text not null
table refusals: instrument text not null
table refusals: limit_value double precision
table refusals: quantity double precision
table refusals: ref double precision
table refusals: seq bigint not null
table refusals: strategy text not null
table refusals: text text not null
table refusals: value double precision
table refusals: version text not null
table strategies: PRIMARY KEY (strategy)
table strategies: at_us bigint not null
table strategies: digest text not null
table strategies: enabled boolean not null
table strategies: faults bigint not null
table strategies: reason text not null
table strategies: seq bigint not null
table strategies: state text not null
table strategies: strategy text not null
table strategies: version text not null
table strategy_ref: PRIMARY KEY (strategy)
table strategy_ref: ref_max bigint not null
table strategy_ref: ref_min bigint not null
table strategy_ref: strategy text not null
table strategy_state: PRIMARY KEY (strategy)
table strategy_state: at_us bigint not null
table strategy_state: digest text not null
table strategy_state: seq bigint not null
table strategy_state: snapshot text not null
table strategy_state: strategy text not null
table strategy_state: version text not null
table strategy_transition: PRIMARY KEY (seq)
table strategy_transition: at_us bigint not null
table strategy_transition: digest text not null
table strategy_transition: enabled boolean not null
table strategy_transition: faults bigint not null
table strategy_transition: reason text not null
table strategy_transition: seq bigint not null
table strategy_transition: state text not null
table strategy_transition: strategy text not null
table strategy_transition: version text not null
table ticks: ask bigint
table ticks: ask_quantity bigint
table ticks: bid bigint
table ticks: bid_quantity bigint
table ticks: instrument integer not null
table ticks: price bigint
table ticks: quantity bigint
table ticks: received_us bigint not null
table ticks: time_us bigint not null
table unapplied: PRIMARY KEY (seq)
table unapplied: body text not null
table unapplied: error text not null
table unapplied: kind text not null
table unapplied: seq bigint not null
view readable_bars:  SELECT i.id AS instrument, b.timeframe, at_time(b.start_us) AS start, (((b.open * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS open, (((b.high * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS high, (((b.low * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS low, (((b.close * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS close, b.volume FROM (bars b JOIN instruments i ON ((i.key = b.instrument)));
view readable_fills:  SELECT f.execution_id, f.client_id, f.strategy, f.version, f.instrument, f.side, f.quantity, (((f.price * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS price, ((f.charges)::numeric / (10000)::numeric) AS charges, at_time(f.time_us) AS "time" FROM (fills f LEFT JOIN instruments i ON ((i.id = f.instrument)));
view readable_orders:  SELECT o.client_id, o.strategy, o.version, o.instrument, o.side, o.kind, o.time_in_force, o.quantity, o.filled, (((o.limit_price * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS limit_price, (((o.stop_price * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS stop_price, ((o.filled_value)::numeric / (10000)::numeric) AS filled_value, o.phase, o.pending, o.reason, at_time(o.created_us) AS created, at_time(o.updated_us) AS updated FROM (orders o LEFT JOIN instruments i ON ((i.id = o.instrument)));
view readable_positions:  SELECT strategy, instrument, quantity, ((cost)::numeric / (10000)::numeric) AS cost, ((realised)::numeric / (10000)::numeric) AS realised, ((charges)::numeric / (10000)::numeric) AS charges, fills, at_time(updated_us) AS updated FROM positions;
view readable_ticks:  SELECT i.id AS instrument, at_time(t.time_us) AS "time", at_time(t.received_us) AS received, (((t.price * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS price, t.quantity, (((t.bid * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS bid, (((t.ask * i.tick_units))::numeric / ((10)::numeric ^ (i.price_digits)::numeric)) AS ask, t.bid_quantity, t.ask_quantity FROM (ticks t JOIN instruments i ON ((i.key = t.instrument)));
