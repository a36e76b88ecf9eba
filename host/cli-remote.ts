/** The verbs that ask a running desk, over its REST door. */
import Table from 'cli-table3'
import colors from 'picocolors'

import type { StrategyView } from '#sdk/view.ts'

import { AwayError, UsageError } from './problem.ts'

interface Remote {
  readonly port: number
  readonly json: boolean
}

export async function listStrategies({ port, json }: Remote): Promise<void> {
  const strategies = (await call(port, 'GET', '/api/v1/strategies')) as StrategyView[]
  if (json) return print(strategies)
  if (strategies.length === 0) {
    process.stdout.write('No strategies yet. Make one: npx bun desk new my-idea\n')
    return
  }
  const table = new Table({
    head: [
      'strategy',
      'state',
      'version',
      'digest',
      'today',
      'positions',
      'orders',
      'fills',
      'faults',
    ],
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const one of strategies) {
    table.push([
      one.id,
      one.state,
      one.version,
      one.digest.slice(0, 8),
      signed(one.profitToday),
      one.openPositions,
      one.openOrders,
      one.fills,
      one.faults,
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
  for (const { id, state, reason, refused } of strategies) {
    if (state !== 'ACTIVE') process.stdout.write(`${colors.yellow(id)}: ${reason}\n`)
    if (refused !== null)
      process.stdout.write(`${colors.yellow(refused.file)}: ${refused.reason}\n`)
  }
}

export async function askDesk({
  port,
  ask,
  id,
  json,
}: Remote & { readonly ask: 'enable' | 'disable' | 'reload'; readonly id: string }): Promise<void> {
  const answer = (await call(
    port,
    'POST',
    `/api/v1/strategies/${encodeURIComponent(id)}/${ask}`,
  )) as { text?: string }
  if (json) return print(answer)
  process.stdout.write(`${answer.text ?? 'Done'}\n`)
}

function signed(amount: number): string {
  const text = amount.toFixed(2)
  return amount > 0 ? `+${text}` : text
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

async function call(port: number, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const url = `http://127.0.0.1:${port}${path}`
  const headers = { 'content-type': 'application/json', 'x-hotdesk': '1' }
  const response = await fetch(url, {
    method,
    ...(method === 'POST' ? { headers, body: '{}' } : {}),
  }).catch(() => {
    throw new AwayError(
      `No desk answers at http://127.0.0.1:${port}; start one with "desk up paper", or say --port`,
    )
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body
  const { detail, title } = (body ?? {}) as { detail?: string; title?: string }
  throw new UsageError(detail ?? title ?? `The desk answered ${response.status}`)
}
