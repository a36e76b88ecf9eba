/**
 * Trades in a loop until it is killed: a process of its own for kill.test.ts.
 *
 * In       the folder of the ledger, and the number of the round, as arguments
 * Out      one line for each report that was given out, written at once
 */
import { writeSync } from 'node:fs'

import { createPaperBroker } from './paper.ts'
import { listed, NOON, order, quote, trade } from './stage.fixture.ts'

const STANDARD_OUTPUT = 1
const [folder = '', round = '0'] = process.argv.slice(2)
const start = Number(round) * 3_600_000
let at = start

const broker = createPaperBroker({
  instruments: listed(1, { session: { kind: 'always', minutes: 1440 } }),
  now: () => NOON + at,
  folder,
})
await broker.start({
  report: (report) => writeSync(STANDARD_OUTPUT, `${JSON.stringify(report)}\n`),
  link: () => {},
})

for (let turn = 0; ; turn++) {
  const clientId = `R${round}T${turn}`
  const side = turn % 3 === 0 ? 'SELL' : 'BUY'
  broker.submit(order({ clientId, side, kind: 'LIMIT', limit: 100 }))
  if (turn % 5 === 0) broker.cancel(`R${round}T${turn - 2}`)
  at += 2_000
  broker.market(quote(at - 500, 99, 101))
  broker.market(trade(at - 400, 98 + (turn % 5), 7))
  broker.time(NOON + at)
}
