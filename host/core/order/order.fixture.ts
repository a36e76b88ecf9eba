/** Orders for tests: made by the real gate, with limits that refuse nothing. */
import { createInstrument, type Instrument } from '#sdk/instrument.ts'
import { money } from '#sdk/money.ts'
import type { OrderReport } from '#sdk/order.ts'

import {
  type Approved,
  type ApprovedChange,
  type ChangeAsk,
  createRisk,
  type Exposure,
  type RiskAsk,
} from '../risk/risk.ts'
import { createOrders, type Orders } from './order.ts'

const session = { kind: 'always', minutes: 60 } as const

/** Three instruments; a tick on a step of the last is worth a tenth of 1e-4. */
export const INSTRUMENTS: readonly Instrument[] = [
  { symbol: 'ACME', tickSize: '0.05', quantityStep: '1' },
  { symbol: 'BOLT', tickSize: '0.01', quantityStep: '1' },
  { symbol: 'COIN', tickSize: '0.01', quantityStep: '0.001' },
].map((spec, index) =>
  createInstrument(
    { exchange: 'SIM', kind: 'equity', currency: 'USD', lot: 1, session, ...spec },
    index,
  ),
)

/** The instrument of a row of the desk. */
export function instrumentAt(index: number): Instrument {
  const instrument = INSTRUMENTS[index]
  if (!instrument) throw new Error(`There is no instrument ${index}`)
  return instrument
}

const FREE: Exposure = {
  position: 0,
  openBuys: 0,
  openSells: 0,
  accountPosition: 0,
  accountOpenBuys: 0,
  accountOpenSells: 0,
  openOrders: 0,
  grossValue: 0,
  strategyProfit: money(0),
  accountProfit: money(0),
  reference: 1_000,
  referenceAge: 0,
  mode: 'active',
  gate: 'OPEN',
  halted: false,
  grants: {
    instruments: ['*'],
    kinds: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
    maxOrderQuantity: 1e9,
    maxPosition: 1e9,
  },
}

const RISK = createRisk({
  limits: {
    orderQuantityMax: Infinity,
    orderValueMax: money(9e15),
    priceCollarPercent: Infinity,
    referenceAgeMax: Infinity,
    strategyPositionValueMax: money(9e15),
    accountPositionValueMax: money(9e15),
    exposureMax: money(9e15),
    openOrdersMax: Infinity,
    strategyOrdersPerSecond: 1e9,
    accountOrdersPerSecond: 1e9,
    strategyLossMax: money(9e15),
    accountLossMax: money(9e15),
  },
})

const ASK: RiskAsk = {
  strategy: 'one',
  instrument: instrumentAt(0),
  side: 'BUY',
  kind: 'LIMIT',
  limit: 1_000,
  timeInForce: 'DAY',
  quantity: 100,
  ref: 1,
  decidedAt: 7,
  now: 1_000,
}

/** An approved order: 100 of ACME to buy at 1,000, number 1 of strategy "one", unless said otherwise. */
export function approved(asked: Partial<RiskAsk> = {}): Approved {
  const answer = RISK.check({ ...ASK, ...asked }, FREE)
  if (!answer.ok) throw new Error(answer.refusal.text)
  return answer.value
}

/** Approved new terms for order 1 of strategy "one". */
export function approvedChange(asked: Partial<ChangeAsk>): ApprovedChange {
  const base = {
    ...ASK,
    ref: 1_000,
    target: 1,
    replaces: { quantity: 100, filled: 0, limit: 1_000 },
  }
  const answer = RISK.checkChange({ ...base, ...asked }, FREE)
  if (!answer.ok) throw new Error(answer.refusal.text)
  return answer.value
}

export const STAMP = { version: '1.0.0', digest: 'abc', now: 1_000 } as const

/** A room with ids that can be read: "one.1". */
export function ordersFor(options: { readonly endedMax?: number } = {}): Orders {
  return createOrders({
    clientId: (strategy, ref) => `${strategy}.${ref}`,
    instruments: INSTRUMENTS,
    ...options,
  })
}

/** What a report says, without the id of the order and the time. */
type Said<R> = R extends OrderReport ? Omit<R, 'clientId' | 'time'> : never

/** A report on order 1 of strategy "one". */
export function report(said: Said<OrderReport>, clientId = 'one.1'): OrderReport {
  return { clientId, time: 2_000, ...said } as OrderReport
}
