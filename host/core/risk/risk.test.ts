import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createInstrument, type InstrumentSpec } from '#sdk/instrument.ts'
import type { Grants } from '#sdk/manifest.ts'
import { money } from '#sdk/money.ts'
import type { RefusalCode } from '#sdk/refusal.ts'

import {
  type Approved,
  type ApprovedChange,
  type ChangeAsk,
  createRisk,
  DEFAULT_LIMITS,
  type Exposure,
  limitsFor,
  type RiskAsk,
  type RiskLimits,
} from './risk.ts'

const SPEC: InstrumentSpec = {
  exchange: 'NSE',
  symbol: 'ACME',
  kind: 'equity',
  currency: 'INR',
  tickSize: '0.05',
  quantityStep: '1',
  lot: 1,
  session: { kind: 'always', minutes: 60 },
}
/** A tick on a step is worth 500; 2,000 ticks are 100.00. */
const ACME = createInstrument(SPEC, 0)
const LOTS = createInstrument({ ...SPEC, symbol: 'LOTS', lot: 25 }, 1)

const GRANTS: Grants = {
  instruments: ['NSE:*'],
  kinds: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
  maxOrderQuantity: 100,
  maxPosition: 250,
  maxOpenOrders: 5,
  maxOrdersPerSecond: 2,
}

const LIMITS: RiskLimits = {
  orderQuantityMax: 90,
  orderValueMax: money(80_000_000),
  priceCollarPercent: 5,
  referenceAgeMax: 60_000_000,
  strategyPositionValueMax: money(200_000_000),
  accountPositionValueMax: money(300_000_000),
  exposureMax: money(1_000_000_000),
  openOrdersMax: 100,
  strategyOrdersPerSecond: 5,
  accountOrdersPerSecond: 3,
  strategyLossMax: money(1_000),
  accountLossMax: money(3_000),
}

const ASK: RiskAsk = {
  strategy: 'one',
  instrument: ACME,
  side: 'BUY',
  kind: 'MARKET',
  timeInForce: 'DAY',
  quantity: 10,
  ref: 1,
  decidedAt: 1,
  now: 1_000_000,
}

const CALM: Exposure = {
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
  reference: 2_000,
  referenceAge: 0,
  mode: 'active',
  gate: 'OPEN',
  halted: false,
  grants: GRANTS,
}

interface Case {
  readonly ask?: Partial<RiskAsk>
  readonly exposure?: Partial<Exposure>
  readonly limits?: Partial<RiskLimits>
}

function answer({ ask = {}, exposure = {}, limits = {} }: Case) {
  const risk = createRisk({ limits: { ...LIMITS, ...limits } })
  return risk.check({ ...ASK, ...ask }, { ...CALM, ...exposure })
}

function codeOf(asked: Case): RefusalCode | 'passes' {
  const given = answer(asked)
  return given.ok ? 'passes' : given.refusal.code
}

const limitOrder = (limit: number): Partial<RiskAsk> => ({ kind: 'LIMIT', limit })

/** The last that passes, the first that does not, and why. */
const EDGES: readonly (readonly [string, Case, Case, RefusalCode])[] = [
  [
    'a granted order quantity',
    { ask: { quantity: 100 }, limits: { orderQuantityMax: 1_000, orderValueMax: money(1e12) } },
    { ask: { quantity: 101 }, limits: { orderQuantityMax: 1_000, orderValueMax: money(1e12) } },
    'risk/quantity-max',
  ],
  [
    'a granted position, held and open',
    {
      exposure: { position: 100, openBuys: 140 },
      limits: { strategyPositionValueMax: money(1e12) },
    },
    {
      exposure: { position: 101, openBuys: 140 },
      limits: { strategyPositionValueMax: money(1e12) },
    },
    'risk/position-max',
  ],
  [
    'a granted short position, held and open',
    {
      ask: { side: 'SELL' },
      exposure: { position: -100, openSells: 140 },
      limits: { strategyPositionValueMax: money(1e12) },
    },
    {
      ask: { side: 'SELL' },
      exposure: { position: -100, openSells: 141 },
      limits: { strategyPositionValueMax: money(1e12) },
    },
    'risk/position-max',
  ],
  [
    'granted open orders',
    { exposure: { openOrders: 4 } },
    { exposure: { openOrders: 5 } },
    'risk/not-granted',
  ],
  [
    'the order quantity',
    { ask: { quantity: 90 }, limits: { orderValueMax: money(1e12) } },
    { ask: { quantity: 91 }, limits: { orderValueMax: money(1e12) } },
    'risk/quantity-max',
  ],
  ['the order value', { ask: { quantity: 80 } }, { ask: { quantity: 81 } }, 'risk/order-value-max'],
  [
    'the age of the reference',
    { exposure: { referenceAge: 60_000_000 } },
    { exposure: { referenceAge: 60_000_001 } },
    'risk/stale-market',
  ],
  ['the collar above', { ask: limitOrder(2_100) }, { ask: limitOrder(2_101) }, 'risk/price-collar'],
  ['the collar below', { ask: limitOrder(1_900) }, { ask: limitOrder(1_899) }, 'risk/price-collar'],
  [
    'the collar of a stop-limit order',
    { ask: { kind: 'STOP_LIMIT', stop: 2_050, limit: 2_100 } },
    { ask: { kind: 'STOP_LIMIT', stop: 2_050, limit: 2_101 } },
    'risk/price-collar',
  ],
  [
    'the value of a position of the strategy',
    { exposure: { position: 100, openBuys: 90 } },
    { exposure: { position: 100, openBuys: 91 } },
    'risk/position-max',
  ],
  [
    'the value of a position of the account',
    { exposure: { accountPosition: 200, accountOpenBuys: 90 } },
    { exposure: { accountPosition: 201, accountOpenBuys: 90 } },
    'risk/position-max',
  ],
  [
    'the exposure of the account',
    { exposure: { grossValue: 990_000_000 } },
    { exposure: { grossValue: 990_000_001 } },
    'risk/exposure-max',
  ],
  [
    'the loss of the strategy',
    { exposure: { strategyProfit: money(-1_000) } },
    { exposure: { strategyProfit: money(-1_001) } },
    'risk/daily-loss',
  ],
  [
    'the loss of the account',
    { exposure: { accountProfit: money(-3_000) } },
    { exposure: { accountProfit: money(-3_001) } },
    'risk/daily-loss',
  ],
]

const INVALID: readonly (readonly [string, Partial<RiskAsk>])[] = [
  ['no quantity', { quantity: 0 }],
  ['a negative quantity', { quantity: -1 }],
  ['a broken quantity', { quantity: 1.5 }],
  ['a quantity that is no number', { quantity: Number.NaN }],
  ['a quantity beyond exact numbers', { quantity: Number.MAX_SAFE_INTEGER }],
  ['a quantity off the lot', { instrument: LOTS, quantity: 26 }],
  ['a limit order without a limit', { kind: 'LIMIT' }],
  ['a market order with a limit', { kind: 'MARKET', limit: 2_000 }],
  ['a stop order without a stop', { kind: 'STOP' }],
  ['a stop order with a limit', { kind: 'STOP', stop: 2_000, limit: 2_000 }],
  ['a stop-limit order without a limit', { kind: 'STOP_LIMIT', stop: 2_000 }],
  ['a limit of zero', { kind: 'LIMIT', limit: 0 }],
  ['a limit between two ticks', { kind: 'LIMIT', limit: 2_000.5 }],
  ['a limit that is no number', { kind: 'LIMIT', limit: Number.NaN }],
  ['a number of the host in the hand of a strategy', { ref: -1 }],
]

describe('The gate', () => {
  test('passes an ordinary order', () => {
    expect(codeOf({})).toBe('passes')
    expect(codeOf({ ask: { quantity: 80 } })).toBe('passes')
  })

  test.each(EDGES.map((edge) => [...edge] as const))(
    'holds %s to the last unit',
    (_name, inside, outside, code) => {
      expect(codeOf(inside)).toBe('passes')
      expect(codeOf(outside)).toBe(code)
    },
  )

  test.each(INVALID.map((row) => [...row] as const))(
    'takes %s for no order at all',
    (_name, ask) => {
      expect(codeOf({ ask })).toBe('order/invalid')
      // Not even to get out.
      expect(codeOf({ ask: { side: 'SELL', ...ask }, exposure: { position: 100 } })).toBe(
        'order/invalid',
      )
    },
  )

  test('says the numbers of the rule that refused', () => {
    const given = answer({ ask: limitOrder(2_200) })
    expect(given).toMatchObject({
      ok: false,
      refusal: { code: 'risk/price-collar', value: 10, limit: 5 },
    })
  })

  test('lets nothing out while the gate is closed, reductions neither', () => {
    expect(codeOf({ exposure: { gate: 'CLOSED' } })).toBe('risk/gate-closed')
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { gate: 'CLOSED', position: 10 } })).toBe(
      'risk/gate-closed',
    )
  })

  test('lets only reductions out while the gate is half open', () => {
    expect(codeOf({ exposure: { gate: 'REDUCE' } })).toBe('risk/gate-closed')
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { gate: 'REDUCE', position: 10 } })).toBe(
      'passes',
    )
  })

  test('hears a strategy only while it is active, and one that ends only to reduce', () => {
    expect(codeOf({ exposure: { mode: 'none' } })).toBe('risk/strategy-inactive')
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { mode: 'none', position: 10 } })).toBe(
      'risk/strategy-inactive',
    )
    expect(codeOf({ exposure: { mode: 'reduce-only' } })).toBe('risk/strategy-inactive')
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { mode: 'reduce-only', position: 10 } })).toBe(
      'passes',
    )
  })

  test('flattens for the host whatever the strategy was granted', () => {
    const out: Case = {
      ask: { side: 'SELL', host: true, ref: -1 },
      exposure: { mode: 'none', grants: undefined, position: 10, halted: true },
    }
    expect(codeOf(out)).toBe('passes')
  })

  test.each([
    ['instrument', { instruments: ['NYSE:*'] }],
    ['kind', { kinds: ['LIMIT'] }],
    ['side', { sides: ['SELL'] }],
    ['time in force', { timesInForce: ['IOC'] }],
  ] as const)('refuses an %s that was not granted', (_name, narrower) => {
    const grants = { ...GRANTS, ...narrower } as unknown as Grants
    expect(codeOf({ exposure: { grants } })).toBe('risk/not-granted')
  })

  test('refuses everything to a strategy that was granted nothing', () => {
    expect(codeOf({ exposure: { grants: undefined } })).toBe('risk/not-granted')
  })

  test('stops entries while halted', () => {
    expect(codeOf({ exposure: { halted: true } })).toBe('risk/halted')
  })

  test('asks for a price first, so a market order without one is not called too dear', () => {
    expect(codeOf({ exposure: { reference: Number.NaN } })).toBe('risk/no-reference-price')
    expect(codeOf({ ask: limitOrder(2_000), exposure: { reference: Number.NaN } })).toBe(
      'risk/no-reference-price',
    )
    expect(codeOf({ exposure: { reference: 0 } })).toBe('risk/no-reference-price')
  })

  test('values an order at the middle of a quote between two ticks', () => {
    expect(codeOf({ ask: { quantity: 80 }, exposure: { reference: 1_999.5 } })).toBe('passes')
    expect(codeOf({ ask: { quantity: 80 }, exposure: { reference: 2_000.5 } })).toBe(
      'risk/order-value-max',
    )
  })

  test('values an order below the market at the market, and one above it at its own price', () => {
    expect(codeOf({ ask: { ...limitOrder(1_950), quantity: 80 } })).toBe('passes')
    expect(codeOf({ ask: { ...limitOrder(1_950), quantity: 81 } })).toBe('risk/order-value-max')
    expect(codeOf({ ask: { ...limitOrder(2_001), quantity: 80 } })).toBe('risk/order-value-max')
  })

  test('denies where any limit is missing or is no number', () => {
    for (const name of Object.keys(LIMITS)) {
      const ask = limitOrder(2_000)
      expect([name, codeOf({ ask, limits: { [name]: Number.NaN } })]).not.toContain('passes')
      expect([
        name,
        codeOf({ ask, limits: { [name]: undefined } as Partial<RiskLimits> }),
      ]).not.toContain('passes')
    }
  })

  test('denies where any number of the exposure is missing', () => {
    const numbers = Object.entries(CALM).flatMap(([name, value]) =>
      typeof value === 'number' ? [name] : [],
    )
    for (const name of numbers.filter((name) => !name.endsWith('Sells'))) {
      expect([name, codeOf({ exposure: { [name]: Number.NaN } })]).not.toContain('passes')
    }
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { openSells: Number.NaN } })).not.toBe(
      'passes',
    )
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { accountOpenSells: Number.NaN } })).not.toBe(
      'passes',
    )
  })

  test('never throws, whatever a strategy asks', () => {
    const wild = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger())
    const price = fc.oneof(wild, fc.constant(undefined))
    fc.assert(
      fc.property(wild, price, price, wild, (quantity, limit, stop, reference) => {
        for (const kind of ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'] as const) {
          answer({ ask: { kind, quantity, limit, stop }, exposure: { reference } })
        }
      }),
    )
  })
})

describe('A reduction', () => {
  const against: Partial<Exposure> = {
    halted: true,
    gate: 'REDUCE',
    mode: 'reduce-only',
    openOrders: 1_000,
    grossValue: Number.NaN,
    strategyProfit: money(-1e12),
    accountProfit: money(-1e12),
    reference: Number.NaN,
    referenceAge: Infinity,
    accountPosition: -1_000_000,
    grants: { ...GRANTS, instruments: ['NYSE:*'], sides: ['BUY'], maxOrderQuantity: 1 },
  }

  test('passes every limit, a halt, a loss and a half open gate', () => {
    const ask: Partial<RiskAsk> = { side: 'SELL', quantity: 1_000 }
    expect(codeOf({ ask, exposure: { ...against, position: 1_000 } })).toBe('passes')
    expect(codeOf({ ask, exposure: { ...against, position: 999 } })).not.toBe('passes')
  })

  test('is what stays within the position with the exits that are already open', () => {
    const ask: Partial<RiskAsk> = { side: 'SELL', quantity: 40 }
    expect(codeOf({ ask, exposure: { position: 100, openSells: 60, halted: true } })).toBe('passes')
    expect(codeOf({ ask, exposure: { position: 100, openSells: 61, halted: true } })).toBe(
      'risk/halted',
    )
    expect(
      codeOf({ ask: { quantity: 40 }, exposure: { position: -100, openBuys: 60, halted: true } }),
    ).toBe('passes')
    expect(
      codeOf({ ask: { quantity: 40 }, exposure: { position: -100, openBuys: 61, halted: true } }),
    ).toBe('risk/halted')
  })

  test('is sent in a form that was granted', () => {
    const grants: Grants = { ...GRANTS, kinds: ['LIMIT'] }
    expect(codeOf({ ask: { side: 'SELL' }, exposure: { position: 10, grants } })).toBe(
      'risk/not-granted',
    )
  })

  test('is not held up by the rate, and never lets the position flip', () => {
    const steps = fc.integer({ min: -200, max: 200 })
    const asks = fc.array(
      fc.tuple(fc.constantFrom('BUY', 'SELL'), fc.integer({ min: 1, max: 150 })),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(steps, asks, (position, wanted) => {
        const risk = createRisk({ limits: LIMITS })
        let [openBuys, openSells] = [0, 0]
        for (const [side, quantity] of wanted) {
          const exposure = { ...CALM, halted: true, position, openBuys, openSells }
          if (!risk.check({ ...ASK, side, quantity }, exposure).ok) {
            const held = side === 'SELL' ? position : -position
            const leaving = side === 'SELL' ? openSells : openBuys
            expect(leaving + quantity > held).toBe(true)
          } else if (side === 'SELL') openSells += quantity
          else openBuys += quantity
        }
        expect(Math.max(position, 0) >= openSells).toBe(true)
        expect(Math.max(-position, 0) >= openBuys).toBe(true)
      }),
    )
  })
})

describe('The rate', () => {
  test('is one second of tokens for a strategy, refilled evenly', () => {
    const risk = createRisk({ limits: LIMITS })
    const at = (now: number) => risk.check({ ...ASK, now }, CALM)
    expect([at(0).ok, at(0).ok]).toEqual([true, true])
    expect(at(499_999)).toMatchObject({ refusal: { code: 'risk/orders-per-second' } })
    expect(at(500_000).ok).toBe(true)
    expect(at(500_001).ok).toBe(false)
  })

  test('holds all strategies together', () => {
    const risk = createRisk({ limits: LIMITS })
    const answers = ['one', 'two', 'three', 'four'].map(
      (strategy) => risk.check({ ...ASK, strategy }, CALM).ok,
    )
    expect(answers).toEqual([true, true, true, false])
  })

  test('is not owed for reductions that passed without a token', () => {
    const risk = createRisk({ limits: LIMITS })
    const out: RiskAsk = { ...ASK, side: 'SELL' }
    for (let again = 0; again < 10; again++)
      expect(risk.check(out, { ...CALM, position: 10 }).ok).toBe(true)
    expect(risk.check(ASK, CALM).ok).toBe(false)
    expect(risk.check({ ...ASK, now: ASK.now + 500_000 }, CALM).ok).toBe(true)
  })

  test('is not used up by what is refused', () => {
    const risk = createRisk({ limits: LIMITS })
    for (let again = 0; again < 10; again++) risk.check(ASK, { ...CALM, halted: true })
    expect(risk.check(ASK, CALM).ok).toBe(true)
  })

  test('never passes more than its second and its refill, in any pattern of time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100_000, max: 400_000 }), { maxLength: 60 }),
        (gaps) => {
          const risk = createRisk({ limits: LIMITS })
          let [now, latest, passed] = [0, 0, 0]
          for (const gap of gaps) {
            now += gap
            latest = Math.max(latest, now)
            if (risk.check({ ...ASK, now }, CALM).ok) passed++
          }
          const earliest = Math.min(0, gaps[0] ?? 0)
          return passed <= 2 + ((latest - earliest) / 1e6) * 2 + 1e-6
        },
      ),
    )
  })
})

describe('New terms', () => {
  const CHANGE: ChangeAsk = {
    ...ASK,
    kind: 'LIMIT',
    limit: 2_000,
    quantity: 50,
    target: 1,
    replaces: { quantity: 50, filled: 10, limit: 2_000 },
  }
  const codeOfChange = (change: Partial<ChangeAsk>, exposure: Partial<Exposure> = {}) => {
    const given = createRisk({ limits: LIMITS }).checkChange(
      { ...CHANGE, ...change },
      { ...CALM, ...exposure },
    )
    return given.ok ? 'passes' : given.refusal.code
  }

  test('count by what they add, so the larger of old and new is what is bounded', () => {
    const full: Partial<Exposure> = { position: 120, openBuys: 70 }
    expect(codeOfChange({ quantity: 60 }, full)).toBe('passes')
    expect(codeOfChange({ quantity: 61 }, full)).toBe('risk/position-max')
    expect(codeOfChange({ quantity: 40, limit: 1_999 }, { ...full, openBuys: 80 })).toBe('passes')
  })

  test('of fewer steps at the same prices are never refused for size', () => {
    expect(codeOfChange({ quantity: 40 }, { halted: true, position: 1_000 })).toBe('passes')
    expect(codeOfChange({ quantity: 40, limit: 2_001 }, { halted: true })).toBe('risk/halted')
  })

  test('cannot ask for less than is filled', () => {
    expect(codeOfChange({ quantity: 11 })).toBe('passes')
    expect(codeOfChange({ quantity: 10 })).toBe('order/invalid')
  })

  test('are not one more open order', () => {
    expect(codeOfChange({ quantity: 51 }, { openOrders: 5 })).toBe('passes')
  })

  test('checked as a new order count in full', () => {
    const risk = createRisk({ limits: LIMITS })
    expect(risk.check(CHANGE, { ...CALM, position: 160 }).ok).toBe(false)
  })
})

describe('An approval', () => {
  test('cannot be forged, spread or taken for the other sort', () => {
    const approved = (given: Approved) => given
    const made = createRisk({ limits: LIMITS }).check(ASK, CALM)
    if (!made.ok) throw new Error('An ordinary order was refused')
    // @ts-expect-error an ask that nobody checked
    approved({ ask: ASK, reduces: false })
    // @ts-expect-error an approval with another quantity written into it
    approved({ ...made.value, ask: { ...ASK, quantity: 1_000_000 } })
    // @ts-expect-error new terms are no new order
    approved({} as ApprovedChange)
    expect(approved(made.value).ask).toBe(ASK)
  })
})

describe('The limits', () => {
  test('of the default are shares of a capital of one million', () => {
    expect(DEFAULT_LIMITS).toEqual(limitsFor(money(10_000_000_000)))
    expect(DEFAULT_LIMITS.orderValueMax).toBe(money(1_000_000_000))
    expect(DEFAULT_LIMITS.accountLossMax).toBe(money(300_000_000))
  })
})
