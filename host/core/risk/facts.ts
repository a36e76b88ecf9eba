/** What the rules read and how they say no. */
import type { Refusal, RefusalCode } from '#sdk/refusal.ts'

import type { ChangeAsk, Exposure, RiskAsk } from './ask.ts'
import type { RiskLimits } from './limits.ts'

/** One ask with everything a rule may read. */
export interface Facts {
  readonly ask: RiskAsk
  /** The order as it stands, where the ask is for new terms. */
  readonly replaces: Replaced | undefined
  readonly exposure: Exposure
  readonly limits: RiskLimits
  /** Steps by which the open orders of this side grow: all of a new order, the growth of a changed one. */
  readonly added: number
  /** The dearest price the order could be done at, as far as one can know. */
  readonly price: number
  /** True where it can only bring the strategy's own position nearer to zero, or lessens an order. */
  readonly reduces: boolean
  readonly strategyHasToken: boolean
  readonly accountHasToken: boolean
}

/** What new terms would take the place of. */
export type Replaced = ChangeAsk['replaces']

/** Undefined lets it pass. */
export type Rule = (facts: Facts) => Refusal | undefined

/** A refusal with its numbers. */
export function no(code: RefusalCode, value: number, limit: number, text: string): Refusal {
  return { code, value, limit, text }
}
