-- The same rows for people: decimals of the currency and times with a zone. The tables keep the exact integers.
-- Rows    as the tables
-- Lock    none: views
-- Repair  drop and create again
create function at_time(us bigint) returns timestamptz language sql stable parallel safe
  return timestamptz 'epoch' + us * interval '1 microsecond';

create view readable_orders as
  select client_id, strategy, version, o.instrument, side, kind, time_in_force, quantity, filled,
    limit_price * i.tick_units / 10::numeric ^ i.price_digits as limit_price,
    stop_price * i.tick_units / 10::numeric ^ i.price_digits as stop_price,
    filled_value / 10000::numeric as filled_value,
    phase, pending, reason, at_time(created_us) as created, at_time(updated_us) as updated
  from orders o left join instruments i on i.id = o.instrument;

create view readable_fills as
  select execution_id, client_id, strategy, version, f.instrument, side, quantity,
    price * i.tick_units / 10::numeric ^ i.price_digits as price,
    charges / 10000::numeric as charges, at_time(time_us) as time
  from fills f left join instruments i on i.id = f.instrument;

create view readable_positions as
  select strategy, instrument, quantity, cost / 10000::numeric as cost, realised / 10000::numeric as realised,
    charges / 10000::numeric as charges, fills, at_time(updated_us) as updated
  from positions;

create view readable_bars as
  select i.id as instrument, timeframe, at_time(start_us) as start,
    open * i.tick_units / 10::numeric ^ i.price_digits as open,
    high * i.tick_units / 10::numeric ^ i.price_digits as high,
    low * i.tick_units / 10::numeric ^ i.price_digits as low,
    close * i.tick_units / 10::numeric ^ i.price_digits as close,
    volume
  from bars b join instruments i on i.key = b.instrument;

create view readable_ticks as
  select i.id as instrument, at_time(time_us) as time, at_time(received_us) as received,
    price * i.tick_units / 10::numeric ^ i.price_digits as price, quantity,
    bid * i.tick_units / 10::numeric ^ i.price_digits as bid,
    ask * i.tick_units / 10::numeric ^ i.price_digits as ask, bid_quantity, ask_quantity
  from ticks t join instruments i on i.key = t.instrument;
