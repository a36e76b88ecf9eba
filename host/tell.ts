/** What became of a strategy's orders, written onto the tape for that strategy alone. */
import type { Fill, OrderRow } from '#sdk/order.ts'
import { type Refusal, refusalIndex } from '#sdk/refusal.ts'
import { RECORD, REPORT_STATUS, type ReportStatus } from '#sdk/tape.ts'

import type { Core } from './core.ts'

/** An order moved. The host's own orders (numbers below 0) are told too: their fills move the strategy's position. */
export function tellOrder(
  core: Core,
  {
    row,
    status,
    now,
    fill,
  }: {
    readonly row: OrderRow
    readonly status: ReportStatus
    readonly now: number
    readonly fill?: Fill
  },
): void {
  const life = core.strategies.get(row.strategy)
  const instrument = core.byId.get(row.instrument)
  if (life === undefined || instrument === undefined) return
  const sign = row.side === 'BUY' ? 1 : -1
  const code = REPORT_STATUS.indexOf(status)
  const reason = status === 'rejected' ? refusalIndex('venue/rejected') : 0
  const quantity = fill === undefined ? 0 : sign * fill.quantity
  core.tape.write(
    RECORD.report,
    life.slot,
    code,
    instrument.index,
    now,
    row.ref,
    quantity,
    fill?.price ?? 0,
    row.filled,
    sign * row.quantity,
    reason,
    Number.NaN,
  )
}

/** An intent was refused. */
export function tellDenied(
  core: Core,
  {
    strategy,
    ref,
    instrument,
    refusal,
    now,
  }: {
    readonly strategy: string
    readonly ref: number
    readonly instrument: number
    readonly refusal: Refusal
    readonly now: number
  },
): void {
  const life = core.strategies.get(strategy)
  if (life === undefined) return
  const code = REPORT_STATUS.indexOf('denied')
  core.tape.write(
    RECORD.report,
    life.slot,
    code,
    instrument,
    now,
    ref,
    0,
    0,
    0,
    0,
    refusalIndex(refusal.code),
    refusal.limit,
  )
}
