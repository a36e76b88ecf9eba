#!/usr/bin/env bun
/**
 * `desk`, the command line. Results go to standard output, progress and problems to standard error.
 *
 * Exit    0 done, 1 failed, 2 usage or configuration, 3 the desk does not answer, 130 interrupted
 */
import { join, resolve } from 'node:path'

import { Command, CommanderError, Option } from 'commander'
import colors from 'picocolors'

import { version } from '../package.json'
import { backtestCommand } from './backtest.ts'
import { askDesk, listStrategies } from './cli-remote.ts'
import { buildCommand, devCommand, newCommand } from './cli-strategy.ts'
import { upCommand } from './cli-up.ts'
import { loadConfig } from './config.ts'
import { exitCodeOf, sayProblem, UsageError } from './problem.ts'

const root = join(import.meta.dir, '..')

/** The configuration with the flags of this call, or a problem that ends it. */
function configure(flags: Readonly<Record<string, string | number | boolean | undefined>> = {}) {
  const answer = loadConfig({ root, environment: process.env, flags })
  if (!answer.ok) throw new UsageError(answer.refusal.text)
  return answer.value
}

const program = new Command('desk')
  .description('Hotdesk: a trading desk in one process')
  .version(version)
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    example('desk up paper', 'desk new my-idea', 'desk backtest ema-cross --data spy_trade.zip'),
  )

program
  .command('up')
  .description('start trading: on paper, or live with a broker')
  .addArgument(program.createArgument('<mode>', 'paper or live').choices(['paper', 'live']))
  .option('--tape <file...>', 'play recorded files instead of the simulated exchange')
  .option('--speed <times>', 'pace of the tape, times real time', '1')
  .option('--port <number>', 'port of the console')
  .option('--home <folder>', 'where journal, database and accepted bundles are kept')
  .option('--instruments <count>', 'instruments of the simulated exchange, up to 500')
  .option(
    '--ticks <perSecond>',
    'ticks a second of the simulated exchange, all instruments together',
  )
  .option('--json', 'print one JSON object when the desk is ready')
  .addHelpText(
    'after',
    example(
      'desk up paper',
      'desk up paper --instruments 500 --ticks 5000',
      'desk up paper --tape 20131007_trade.zip --speed 60',
    ),
  )
  .action((mode: string, options: Record<string, string | string[] | boolean | undefined>) =>
    upCommand({ root, version, configure, mode, options }),
  )

program
  .command('backtest')
  .description('run a strategy over recorded files, by the same walk that trades')
  .argument('<strategy...>', 'ids of strategies in plugins/, or paths of bundles')
  .requiredOption('--data <file...>', 'recorded files: LEAN zips, Binance captures, CSV')
  .option('--params <json>', 'parameters, as a JSON object')
  .option('--capital <amount>', 'capital in the currency of the instruments')
  .option('--charges <bps>', 'charges per fill, basis points of its value')
  .option('--latency <ms>', 'milliseconds from decision to venue')
  .option('--json', 'print one JSON object')
  .addHelpText(
    'after',
    example(
      'desk backtest ema-cross --data 20131007_trade.zip',
      'desk backtest ema-cross --data day.csv --params \'{"fast":5}\' --json',
    ),
  )
  .action(
    (strategies: string[], options: Record<string, string | string[] | boolean | undefined>) =>
      backtestCommand({ root, configure, strategies, options }),
  )

program
  .command('new')
  .description('make a strategy folder with a test')
  .argument('<id>', 'small letters, digits and dashes')
  .option('--json', 'print one JSON object')
  .addHelpText('after', example('desk new my-idea'))
  .action((id: string, options: { json?: boolean }) =>
    newCommand({ plugins: pluginsFolder(), id, json: options.json === true }),
  )

program
  .command('build')
  .description('build strategies into bundles; a running desk takes them at once')
  .argument('[id...]', 'ids of strategies in plugins/; all of them where none is given')
  .option('--json', 'print one JSON object')
  .addHelpText('after', example('desk build ema-cross', 'desk build'))
  .action((ids: string[], options: { json?: boolean }) =>
    buildCommand({ plugins: pluginsFolder(), ids, json: options.json === true }),
  )

program
  .command('dev')
  .description('build a strategy again whenever it is saved')
  .argument('<id>')
  .addHelpText('after', example('desk dev my-idea'))
  .action((id: string) => devCommand({ plugins: pluginsFolder(), id }))

const portOption = () => new Option('--port <number>', 'port of the running desk')

program
  .command('list')
  .description('show the strategies of the running desk')
  .addOption(portOption())
  .option('--json', 'print one JSON object')
  .addHelpText('after', example('desk list'))
  .action((options: { port?: string; json?: boolean }) =>
    listStrategies({ port: configure({ port: options.port }).port, json: options.json === true }),
  )

for (const [ask, what] of [
  ['enable', 'let a strategy trade'],
  ['disable', 'take a strategy down; its entries are cancelled, its position stays'],
  ['reload', 'start a strategy anew with its state'],
] as const) {
  program
    .command(ask)
    .description(what)
    .argument('<id>')
    .addOption(portOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', example(`desk ${ask} ema-cross`))
    .action((id: string, options: { port?: string; json?: boolean }) =>
      askDesk({
        port: configure({ port: options.port }).port,
        ask,
        id,
        json: options.json === true,
      }),
    )
}

function pluginsFolder(): string {
  return resolve(root, configure().pluginsFolder)
}

function example(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ npx bun ${line}`).join('\n')}`
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else {
    sayProblem(error, colors)
    process.exitCode = exitCodeOf(error)
  }
}
