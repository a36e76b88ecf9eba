/**
 * Indicators: computes what strategies declared, once for all of them.
 *
 * In       declared needs; closed bars, as they close
 * Out      one column for each different (name, parameters, timeframe), with a kernel for each instrument that asks for it
 * Units    prices go in as decimals of the currency, volume in steps
 * Refuses  an unknown name, bad parameters, more than `COLUMNS_MAX` columns; as text
 * Touches  shared memory, one writer
 *
 * A kernel that is asked for while bars are already there is fed the bars still kept, so that a strategy that comes at
 * noon has its average at noon. Its first bar then is the oldest kept one.
 */
import { assert, ok, refuse, type Result } from '#sdk/assert.ts'
import { type Timeframe, timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'
import { type BarColumn, BARS_KEPT, IndicatorColumn } from '#sdk/column.ts'
import type { IndicatorKind, Kernel } from '#sdk/indicator/indicator.ts'
import { findIndicator } from '#sdk/indicator/kinds.ts'
import { type Instrument, priceToDecimal } from '#sdk/instrument.ts'
import type { IndicatorNeed } from '#sdk/manifest.ts'

/** Each column takes about 2 KB an instrument and output. */
export const COLUMNS_MAX = 128

/** One column with its kernels; what carriers are told is `memory`, `outputs` and `on`. */
export interface SharedIndicator {
  readonly key: string
  readonly kind: IndicatorKind
  readonly params: Readonly<Record<string, number>>
  readonly on: Timeframe
  readonly memory: SharedArrayBuffer
  readonly outputs: readonly string[]
}

interface Running {
  readonly of: SharedIndicator
  readonly column: IndicatorColumn
  readonly kernel: Kernel
  /** Start of the session that the last bar belonged to. */
  session: number
}

export interface IndicatorsOptions {
  readonly instruments: readonly Instrument[]
  /** Closed bars, in the order of `TIMEFRAMES`. */
  readonly columns: readonly BarColumn[]
  readonly count: (instrument: number, timeframe: number) => number
  /** A number that is the same for all moments of one session. */
  readonly sessionOf: (instrument: number, time: number) => number
}

export class Indicators {
  readonly #options: IndicatorsOptions
  readonly #shared = new Map<string, SharedIndicator>()
  /** By instrument and timeframe; undefined where nobody asked. */
  readonly #running: (Running[] | undefined)[]
  readonly #out = new Float64Array(16)

  constructor(options: IndicatorsOptions) {
    this.#options = options
    this.#running = new Array(options.instruments.length * TIMEFRAMES.length)
  }

  /** Looks at one need and promises nothing: the key it would have, or why it cannot be computed. */
  check({ name, params, on }: IndicatorNeed): Result<string, string> {
    const kind = findIndicator(name)
    if (kind === undefined) return refuse(`Indicator "${name}" is unknown`)
    if (!TIMEFRAMES.includes(on))
      return refuse(`Indicator "${name}" is asked for on "${on}", which is not built`)
    try {
      kind.warmUp(params)
    } catch (error) {
      if (error instanceof RangeError) return refuse(`Indicator ${error.message}`)
      throw error
    }
    return ok(keyOf({ name, params, on }))
  }

  /** How many columns there would be with these keys as well. */
  countWith(keys: ReadonlySet<string>): number {
    return new Set([...this.#shared.keys(), ...keys]).size
  }

  /** Computes a checked need for the instruments from now on; the same column for the same need. */
  add(need: IndicatorNeed, instruments: readonly number[]): SharedIndicator {
    const shared = this.#share(need)
    const timeframe = timeframeIndex(shared.on)
    for (const instrument of instruments) {
      const at = instrument * TIMEFRAMES.length + timeframe
      const running = (this.#running[at] ??= [])
      if (running.some((one) => one.of === shared)) continue
      running.push(this.#start(shared, instrument))
    }
    return shared
  }

  /** Forgets every column that is not one of these, and every kernel that is not named with it. */
  retain(living: ReadonlyMap<string, ReadonlySet<number>>): void {
    for (const key of this.#shared.keys()) {
      if (!living.has(key)) this.#shared.delete(key)
    }
    for (const [at, running] of this.#running.entries()) {
      const instrument = Math.floor(at / TIMEFRAMES.length)
      const left = running?.filter(({ of }) => living.get(of.key)?.has(instrument) === true) ?? []
      this.#running[at] = left.length === 0 ? undefined : left
    }
  }

  /** Takes the bar that just closed, whose numbers stand in its column. */
  update(instrument: number, timeframe: number, number: number): void {
    const running = this.#running[instrument * TIMEFRAMES.length + timeframe]
    if (running === undefined) return
    for (let at = 0; at < running.length; at++)
      this.#feed(running[at] as Running, instrument, number)
  }

  #share(need: IndicatorNeed): SharedIndicator {
    const key = keyOf(need)
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const kind = findIndicator(need.name)
    assert(kind !== undefined, `Indicator "${need.name}" was not checked`)
    const memory = IndicatorColumn.memory(this.#options.instruments.length, kind.outputs.length)
    const { outputs } = kind
    const shared = { key, kind, params: { ...need.params }, on: need.on, memory, outputs }
    this.#shared.set(key, shared)
    return shared
  }

  #start(of: SharedIndicator, instrument: number): Running {
    const running: Running = {
      of,
      column: new IndicatorColumn(of.memory, of.outputs.length),
      kernel: of.kind.kernel(of.params),
      session: Number.NaN,
    }
    const count = this.#options.count(instrument, timeframeIndex(of.on))
    for (let number = Math.max(0, count - BARS_KEPT); number < count; number++) {
      this.#feed(running, instrument, number)
    }
    return running
  }

  #feed(running: Running, instrument: number, number: number): void {
    const { instruments, columns, sessionOf } = this.#options
    const bars = columns[timeframeIndex(running.of.on)] as BarColumn
    const terms = instruments[instrument] as Instrument
    const session = sessionOf(instrument, bars.read(instrument, number, 0))
    const out = this.#out
    running.kernel.update(
      priceToDecimal(terms, bars.read(instrument, number, 2)),
      priceToDecimal(terms, bars.read(instrument, number, 3)),
      priceToDecimal(terms, bars.read(instrument, number, 4)),
      bars.read(instrument, number, 5),
      session !== running.session,
      out,
    )
    running.session = session
    for (let output = 0; output < running.column.outputs; output++) {
      running.column.write(instrument, number, output, out[output] as number)
    }
  }
}

/** The same text for the same computation, whatever order the parameters were written in. */
function keyOf({ name, params, on }: IndicatorNeed): string {
  const parts = Object.keys(params)
    .toSorted()
    .map((parameter) => `${parameter}=${params[parameter]}`)
  return `${name}(${parts.join(',')}) on ${on}`
}
