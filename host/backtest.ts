/** `desk backtest`: the walk over recorded files, with a progress bar, then a table or one JSON object. */
import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

import Table from 'cli-table3'
import colors from 'picocolors'

import { moneyFromDecimal } from '#sdk/money.ts'

import { buildStrategies, strategyFolders } from './build-all.ts'
import type { Config } from './config.ts'
import { ENDING } from './edge/plugin/bundle-file.ts'
import type { BacktestJob, FromBacktest } from './lab/backtest-worker.ts'
import type { BacktestResult } from './lab/backtest.ts'
import { riskLimits } from './limits.ts'
import { UsageError } from './problem.ts'
import { createProgress, type Progress } from './progress.ts'

interface BacktestCall {
  readonly root: string
  readonly configure: (flags: Readonly<Record<string, string | undefined>>) => Config
  readonly strategies: readonly string[]
  readonly options: Readonly<Record<string, string | string[] | boolean | undefined>>
}

export async function backtestCommand({
  root,
  configure,
  strategies,
  options,
}: BacktestCall): Promise<void> {
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined)
  const config = configure({
    capital: text('capital'),
    'paper.chargesBps': text('charges'),
    'paper.latencyMs': text('latency'),
  })
  const json = options['json'] === true
  const progress = createProgress({ quiet: json })
  const plugins = resolve(root, config.pluginsFolder)
  const data = (Array.isArray(options['data']) ? options['data'] : []).map((path) => resolve(path))
  progress.step('Building strategies')
  const bundles = await bundlesOf(plugins, strategies)
  const params = paramsOf(text('params'))
  const capital = moneyFromDecimal(config.capital)
  const settings = Object.fromEntries(
    bundles.map((file) => {
      const id = basename(file, ENDING)
      return [
        id,
        { ...config.strategies[id], enabled: true, ...(params === undefined ? {} : { params }) },
      ]
    }),
  )
  progress.step(`Reading ${data.map((path) => basename(path)).join(', ')}`)
  const { chargesBps, chargesPerOrder, latencyMs } = config.paper
  const { result, faults } = await runInWorker(
    {
      bundles,
      data,
      settings,
      capital,
      limits: riskLimits(config.capital, config.limits),
      paper: {
        latencyMicros: Math.round(latencyMs * 1000),
        charges: { bps: chargesBps, perOrder: moneyFromDecimal(chargesPerOrder) },
      },
    },
    progress,
  )
  progress.done()
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${tableOf(result)}\n`)
  if (!json)
    for (const fault of faults) process.stderr.write(`${colors.yellow('fault')} ${fault}\n`)
}

/** Paths of the bundles: ids are built from plugins/ where their sources are newer. */
async function bundlesOf(plugins: string, strategies: readonly string[]): Promise<string[]> {
  const { problems } = await buildStrategies(plugins)
  return strategies.map((name) => {
    const problem = problems.find(({ id }) => id === name)
    if (problem !== undefined) throw new UsageError(problem.text)
    const file = name.endsWith('.js') ? resolve(name) : join(plugins, `${name}${ENDING}`)
    if (existsSync(file)) return file
    const known = strategyFolders(plugins).join(', ')
    throw new UsageError(
      `There is no strategy "${name}"${known === '' ? '' : `; there are ${known}`}. Make it with "desk new ${name}"`,
    )
  })
}

function paramsOf(text: string | undefined): object | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Said below, with an example.
  }
  throw new UsageError(
    `--params is not a JSON object: ${text.slice(0, 60)}. Example: --params '{"fast":5}'`,
  )
}

async function runInWorker(
  job: BacktestJob,
  progress: Progress,
): Promise<Extract<FromBacktest, { what: 'result' }>> {
  const worker = new Worker(new URL('./lab/backtest-worker.ts', import.meta.url).href)
  try {
    return await new Promise((resolvePromise, reject) => {
      let began = false
      worker.onmessage = ({ data }: MessageEvent<FromBacktest>) => {
        if (data.what === 'result') return resolvePromise(data)
        if (data.what === 'problem')
          return reject(Object.assign(new Error(data.message), { name: data.name }))
        if (!began) progress.step('Running')
        began = true
        progress.share(data.share ?? 0, `${data.events.toLocaleString('en')} events`)
      }
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(job)
    })
  } finally {
    worker.terminate()
  }
}

function tableOf(result: BacktestResult): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right'],
  })
  const amount = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 4 })
  const count = (value: number) => value.toLocaleString('en')
  const share =
    result.trades === 0 ? 'n/a' : `${((100 * result.wins) / result.trades).toFixed(1)} %`
  table.push(
    ['Strategies', result.strategies.map(({ id, version }) => `${id} ${version}`).join(', ')],
    ['From', result.from],
    ['To', result.to],
    ['Events', count(result.events)],
    ['Bars', count(result.bars)],
    ['Orders', count(result.orders)],
    ['Fills', count(result.fills)],
    ['Refused', count(result.refusals)],
    ['Trades', count(result.trades)],
    ['Winning trades', share],
    ['Gross profit', amount(result.grossProfit)],
    ['Charges', amount(result.charges)],
    [colors.bold('Net profit'), colors.bold(amount(result.netProfit))],
    ['Largest drawdown', amount(result.maxDrawdown)],
    ['Still open', count(result.openPositions)],
    ['Faults', count(result.faults)],
    ['Quarantined ticks', count(result.quarantined)],
    ['Wall time', `${count(result.wallMs)} ms`],
    ['Digest', result.digest.slice(0, 16)],
  )
  return table.toString()
}
