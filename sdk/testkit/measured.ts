/**
 * Measured: holds the numbers in a strategy's README to what a run gives. A change of the strategy, or of how orders fill,
 * is then a difference to read.
 *
 * In       a definition with its defaults, its README, two recorded days of SPY
 * Out      one test a day of bun:test, skipped with a sentence where the days are not there
 */
import { describe, expect, test } from 'bun:test'

import { recordedTape, runStrategy, type StrategyRun } from '#host/lab/testkit.ts'

import type { AnyStrategy } from '../strategy.ts'

const DAYS = ['2013-10-07', '2013-10-08'] as const

/** Registers the tests. The README has a row for each day: trades, wins, gross, charges, net, worst fall. */
export function measured(definition: AnyStrategy, { folder }: { readonly folder: string }): void {
  describe(`the README of ${definition.id}`, () => {
    test.each([...DAYS])(
      'says what %s gave',
      async (day) => {
        const name = `lean/equity/usa/tick/spy/${day.replaceAll('-', '')}_trade.zip`
        const tape = await recordedTape(name)
        if (tape === undefined) {
          console.log(`Skipped: there is no ../shared/data/${name}`)
          return
        }
        const run = runStrategy(definition, { tape })
        expect(run.result).toMatchObject({ faults: 0, openPositions: 0 })
        const lines = (await Bun.file(`${folder}/README.md`).text()).split('\n')
        const said = lines.find((line) => line.startsWith(`| ${day} `)) ?? ''
        expect(said.replaceAll(/ +/g, ' ')).toBe(row(day, run))
      },
      60_000,
    )
  })
}

function row(day: string, { result }: StrategyRun): string {
  const { trades, wins, grossProfit, charges, netProfit, maxDrawdown } = result
  const money = [grossProfit, charges, netProfit, maxDrawdown].map((value) => value.toFixed(2))
  return `| ${[day, trades, wins, ...money].join(' | ')} |`
}
