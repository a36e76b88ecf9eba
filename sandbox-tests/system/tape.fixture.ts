/** A small recorded market, written by the test: two instruments with trades and quotes, twice a second. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Place } from './desk-process.fixture.ts'

const STARTS_AT = Date.UTC(2026, 0, 5, 4, 0, 0)
const SYMBOLS = ['ALFA', 'BRAVO']

/** Writes the tape into the place's folder and gives its path. The prices swing, so that averages cross. */
export function writeTape({ folder }: Place, { minutes }: { readonly minutes: number }): string {
  const rows = ['time,symbol,price,quantity,bid,ask,bidQuantity,askQuantity']
  for (let at = 0; at < minutes * 120; at++) {
    const time = new Date(STARTS_AT + at * 500).toISOString()
    for (const [number, symbol] of SYMBOLS.entries()) {
      const swing = Math.sin(at / (140 + 60 * number)) * 2 + Math.sin(at / 17) * 0.2
      const price = 100 * (number + 1) + Math.round(swing * 100) / 100
      const quote = [price - 0.01, price + 0.01].map((value) => value.toFixed(2))
      rows.push([time, symbol, price.toFixed(2), 10 + (at % 7), ...quote, 500, 500].join(','))
    }
  }
  const file = join(folder, 'tape.csv')
  writeFileSync(file, `${rows.join('\n')}\n`)
  return file
}
