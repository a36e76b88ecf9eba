/**
 * Positions, ours against the broker's, per instrument: our net plus the fills we missed must be what the broker holds.
 *
 * Units    signed steps
 * Source   trading-safety, table 5.4: P2-P6
 */
import { type Quantity, quantity } from '#sdk/money.ts'
import type { BrokerExecution, BrokerSnapshot } from '#sdk/order.ts'

/** Steps that the broker holds beyond what our books explain; below 0 where it holds fewer. */
export interface PositionDifference {
  readonly instrument: string
  readonly quantity: Quantity
}

/** Every instrument that differs, in the order of their ids. */
export function comparePositions({
  snapshot,
  net,
  missed,
}: {
  readonly snapshot: BrokerSnapshot
  readonly net: ReadonlyMap<string, number>
  readonly missed: readonly BrokerExecution[]
}): PositionDifference[] {
  const rest = new Map<string, number>()
  const add = (instrument: string, steps: number) =>
    rest.set(instrument, (rest.get(instrument) ?? 0) + steps)
  for (const { instrument, quantity: steps } of snapshot.positions) add(instrument, steps)
  for (const [instrument, steps] of net) add(instrument, -steps)
  for (const { instrument, side, quantity: steps } of missed)
    add(instrument, side === 'BUY' ? -steps : steps)
  return [...rest]
    .filter(([, steps]) => steps !== 0)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([instrument, steps]) => ({ instrument, quantity: quantity(steps) }))
}
