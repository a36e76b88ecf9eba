/** Positions: one book per strategy and instrument over the netted account. */
import type { Money, Quantity } from './money.ts'

/**
 * The book of one strategy in one instrument, exact.
 * `equity = realised + unrealised - charges`, where `unrealised = value at the mark - cost`.
 */
export interface PositionRow {
  readonly strategy: string
  readonly instrument: string
  /** Signed: above 0 long, below 0 short. */
  readonly quantity: Quantity
  /** What the open quantity cost, signed like it. */
  readonly cost: Money
  readonly realised: Money
  readonly charges: Money
  readonly fills: number
  readonly updatedAt: number
}

/** The strategy name under which the account keeps what belongs to no strategy. */
export const UNATTRIBUTED = 'unattributed'
