/**
 * The gate: decides whether one ask may become an order, and reserves the tokens it uses, in one step.
 *
 * In       RiskAsk or ChangeAsk, Exposure (filled by the pipeline from order, position and market), RiskLimits
 * Out      Approved or ApprovedChange, or the first Refusal met, in the order of rules.ts
 * Units    prices in ticks, quantities in steps, Money in 1e-4 of the currency, times in microseconds
 * Refuses  order/invalid, risk/gate-closed, risk/strategy-inactive, risk/not-granted, risk/halted, risk/quantity-max,
 *          risk/order-value-max, risk/no-reference-price, risk/stale-market, risk/price-collar, risk/position-max,
 *          risk/exposure-max, risk/orders-per-second, risk/daily-loss
 * Touches  nothing: no clock, no socket, no log. Same asks in the same order, same answers
 * Source   trading-safety, section 6
 */
import { ok, refuse, type Result } from '#sdk/assert.ts'
import type { Refusal } from '#sdk/refusal.ts'

import type { ChangeAsk, Exposure, RiskAsk } from './ask.ts'
import type { Facts, Replaced } from './facts.ts'
import { strategyRate } from './limit-rules.ts'
import type { RiskLimits } from './limits.ts'
import { firstRefusal } from './rules.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

export type { ChangeAsk, Exposure, Gate, RiskAsk, StrategyMode } from './ask.ts'
export {
  createGrossExposure,
  type GrossExposure,
  type InstrumentExposure,
  worstSteps,
} from './gross-exposure.ts'
export { DEFAULT_LIMITS, limitsFor, type RiskLimits } from './limits.ts'

/** These classes stay in this file: nothing else can make one, not even by spreading, nor take one for the other. */
class Passed {
  private readonly passed = true
  readonly ask: RiskAsk
  /** True where it passed as a reduction, excused from the limits. */
  readonly reduces: boolean

  constructor(ask: RiskAsk, reduces: boolean) {
    this.ask = ask
    this.reduces = reduces
  }
}

class PassedChange {
  private readonly passed = true
  readonly ask: ChangeAsk
  readonly reduces: boolean

  constructor(ask: ChangeAsk, reduces: boolean) {
    this.ask = ask
    this.reduces = reduces
  }
}

/** A new order that passed the gate. Made only here; `order/` submits nothing else. */
export type Approved = Passed
/** New terms that passed the gate. Made only here; `order/` modifies by nothing else. */
export type ApprovedChange = PassedChange

export interface Risk {
  readonly limits: RiskLimits
  /** Answers for a new order. What it approves must be submitted before the next ask is checked. */
  check(ask: RiskAsk, exposure: Exposure): Result<Approved, Refusal>
  /** Answers for new terms: until the venue has answered, the larger of old and new is counted. */
  checkChange(ask: ChangeAsk, exposure: Exposure): Result<ApprovedChange, Refusal>
}

/** Makes the gate of one account. */
export function createRisk({ limits }: { readonly limits: RiskLimits }): Risk {
  const account = createTokenBucket()
  const strategies = new Map<string, TokenBucket>()

  const bucketOf = (strategy: string): TokenBucket => {
    const known = strategies.get(strategy)
    if (known) return known
    const bucket = createTokenBucket()
    strategies.set(strategy, bucket)
    return bucket
  }

  const judge = (
    ask: RiskAsk,
    { exposure, replaces }: { readonly exposure: Exposure; readonly replaces?: Replaced },
  ): Result<boolean, Refusal> => {
    const bucket = bucketOf(ask.strategy)
    const added = replaces ? Math.max(0, ask.quantity - replaces.quantity) : ask.quantity
    const facts: Facts = {
      ask,
      replaces,
      exposure,
      limits,
      added,
      price: dearest(ask, exposure.reference),
      reduces: onlyReduces(ask, exposure, added) || onlyLessens(ask, replaces),
      strategyHasToken: bucket.has(strategyRate(exposure.grants, limits), ask.now),
      accountHasToken: account.has(limits.accountOrdersPerSecond, ask.now),
    }
    const refusal = firstRefusal(facts)
    if (refusal) return refuse(refusal)
    bucket.take()
    account.take()
    return ok(facts.reduces)
  }

  return {
    limits,
    check(ask, exposure) {
      const answer = judge(ask, { exposure })
      return answer.ok ? ok(new Passed(ask, answer.value)) : answer
    },
    checkChange(ask, exposure) {
      const answer = judge(ask, { exposure, replaces: ask.replaces })
      return answer.ok ? ok(new PassedChange(ask, answer.value)) : answer
    },
  }
}

/** A limit may be better than the market and a stop worse: the dearest of what is known bounds the value. */
function dearest({ limit, stop }: RiskAsk, reference: number): number {
  const known = Math.max(limit ?? 0, stop ?? 0)
  return reference > known || known === 0 ? reference : known
}

/**
 * The exit cap: with its own open orders of that side, all of them filled, the position comes nearer to zero and never
 * passes it.
 */
function onlyReduces({ side }: RiskAsk, exposure: Exposure, added: number): boolean {
  const held = side === 'SELL' ? exposure.position : -exposure.position
  const leaving = side === 'SELL' ? exposure.openSells : exposure.openBuys
  return held > 0 && leaving + added <= held
}

/** Fewer steps at unchanged prices: less risk, whatever the order is for. */
function onlyLessens({ quantity, limit, stop }: RiskAsk, replaces: Replaced | undefined): boolean {
  if (!replaces) return false
  return quantity <= replaces.quantity && limit === replaces.limit && stop === replaces.stop
}
