/**
 * Every way the host says no to an intent. The position in this list is the code on the tape; append, never reorder.
 * `value` is what was asked, `limit` what would have been allowed.
 */
import { assert } from './assert.ts'

export const REFUSAL_CODES = [
  'none',
  'risk/halted',
  'risk/strategy-inactive',
  'risk/not-granted',
  'risk/quantity-max',
  'risk/order-value-max',
  'risk/price-collar',
  'risk/no-reference-price',
  'risk/position-max',
  'risk/exposure-max',
  'risk/orders-per-second',
  'risk/daily-loss',
  'risk/gate-closed',
  'order/invalid',
  'order/unknown-ref',
  'order/not-open',
  'order/pending',
  'order/ref-reused',
  'order/nothing-to-do',
  'venue/rejected',
  'plugin/draining',
  'risk/stale-market',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

export interface Refusal {
  readonly code: RefusalCode
  /** What was asked, in the unit of the rule. */
  readonly value: number
  /** What is allowed, in the unit of the rule. */
  readonly limit: number
  readonly text: string
}

export function refusalIndex(code: RefusalCode): number {
  const index = REFUSAL_CODES.indexOf(code)
  assert(index >= 0, `Refusal code "${code}" is not in the list`)
  return index
}
