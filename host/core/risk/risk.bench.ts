/** Time of one answer of the gate: an order that passes every rule, a reduction, a refusal at the last rule. */
import { bench, run } from 'mitata'

import { createInstrument } from '#sdk/instrument.ts'
import { money } from '#sdk/money.ts'

import { createRisk, DEFAULT_LIMITS, type Exposure, type RiskAsk } from './risk.ts'

const instrument = createInstrument(
  {
    exchange: 'NSE',
    symbol: 'ACME',
    kind: 'equity',
    currency: 'INR',
    tickSize: '0.05',
    quantityStep: '1',
    lot: 1,
    session: { kind: 'always', minutes: 60 },
  },
  0,
)

const exposure: Exposure = {
  position: 100,
  openBuys: 0,
  openSells: 0,
  accountPosition: 100,
  accountOpenBuys: 0,
  accountOpenSells: 0,
  openOrders: 2,
  grossValue: 1_000_000,
  strategyProfit: money(0),
  accountProfit: money(0),
  reference: 2_000,
  referenceAge: 0,
  mode: 'active',
  gate: 'OPEN',
  halted: false,
  grants: {
    instruments: Array.from({ length: 500 }, (_, row) =>
      row === 499 ? 'NSE:ACME' : `NSE:S${row}`,
    ),
    kinds: ['LIMIT'],
    maxOrderQuantity: 1_000,
    maxPosition: 1_000,
  },
}

const ask: RiskAsk = {
  strategy: 'one',
  instrument,
  side: 'BUY',
  kind: 'LIMIT',
  limit: 2_000,
  timeInForce: 'DAY',
  quantity: 10,
  ref: 1,
  decidedAt: 1,
  now: 0,
}

const risk = createRisk({
  limits: { ...DEFAULT_LIMITS, strategyOrdersPerSecond: 1e12, accountOrdersPerSecond: 1e12 },
})
const losing = { ...exposure, accountProfit: money(-1e12) }

bench('an entry that passes', () => risk.check(ask, exposure))
bench('a reduction', () => risk.check({ ...ask, side: 'SELL' }, exposure))
bench('an entry refused by the last rule', () => risk.check(ask, losing))

await run()

// 2026-11-22, Xeon at 3.55 GHz, 2 cores, others at work, bun 1.4.5: entry 0.35 us, reduction 0.11 us, refusal 0.26 us. Budget: 2 us.
