/** `desk up`: brings a desk up, says where it is, and takes it down on a signal. */
import { resolve } from 'node:path'

import colors from 'picocolors'

import type { Config } from './config.ts'
import { startLive } from './live.ts'
import { createLog } from './log.ts'
import { type Running, startPaper } from './paper.ts'
import { UsageError } from './problem.ts'
import { createProgress } from './progress.ts'
import { stopOnBugs } from './stop-on-bugs.ts'

interface UpCall {
  readonly root: string
  readonly version: string
  readonly configure: (flags: Readonly<Record<string, string | undefined>>) => Config
  readonly mode: string
  readonly options: Readonly<Record<string, string | string[] | boolean | undefined>>
}

/** A stop that takes longer is given up. */
const STOP_MILLIS = 9_500
/** npm passes a Ctrl-C on that the terminal has already sent: within this time it is the same one. */
const SAME_SIGNAL_MILLIS = 500

export async function upCommand({
  root,
  version,
  configure,
  mode,
  options,
}: UpCall): Promise<void> {
  if (mode === 'live') startLive()
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined)
  const config = configure({
    port: text('port'),
    home: text('home'),
    'sim.instruments': text('instruments'),
    'sim.ticksPerSecond': text('ticks') ?? ticksFor(text('instruments')),
  })
  const tapes = Array.isArray(options['tape']) ? options['tape'] : []
  const speed = Number(text('speed'))
  if (!(speed > 0 && speed <= 100_000))
    throw new UsageError(
      `The speed "${text('speed') ?? ''}" is not a number above 0, at most 100000`,
    )
  const json = options['json'] === true
  const file = resolve(root, config.home, 'desk.log')
  const log = createLog(
    process.stdout.isTTY || json ? { level: config.logLevel, file } : { level: config.logLevel },
  )
  stopOnBugs(log)
  const progress = createProgress({ quiet: json })
  const startedAt = performance.now()
  const starting = startPaper({ root, version, config, log, progress, tapes, speed })
  const stopped = onSignals(starting)
  const running = await starting
  if (json)
    process.stdout.write(
      `${JSON.stringify({ url: running.url, mode: 'paper', instruments: running.instruments, feed: running.feedName })}\n`,
    )
  else
    welcome(running, {
      seconds: (performance.now() - startedAt) / 1000,
      log: process.stdout.isTTY ? file : undefined,
    })
  void running.host.ended.then(() =>
    process.stderr.write('The tape is at its end; the desk stays up until Ctrl-C\n'),
  )
  await stopped
}

/** Ten events a second for each instrument, where only the number of instruments was said. */
function ticksFor(instruments: string | undefined): string | undefined {
  return instruments === undefined ? undefined : String(Number(instruments) * 10)
}

function welcome(
  { url, instruments, feedName }: Running,
  { seconds, log }: { readonly seconds: number; readonly log: string | undefined },
): void {
  const lines = [
    '',
    `${colors.bold('Hotdesk')} trades on ${colors.bold('PAPER')}: ${instruments} instrument${instruments === 1 ? '' : 's'}, ${feedName}. Ready in ${seconds.toFixed(1)} s.`,
    '',
    `  Console   ${colors.cyan(url)}`,
    `  REST      ${colors.cyan(`${url}/docs`)}`,
    ...(log === undefined ? [] : [`  Log       ${log}`]),
    '',
    '  Try next, in another terminal:',
    `    ${colors.cyan('npx bun desk list')}                 the strategies and what they earn`,
    `    ${colors.cyan('npx bun desk new my-idea')}          a strategy of your own, with a test`,
    `    ${colors.cyan('npx bun desk build ema-cross')}      after an edit: the running desk takes it at once`,
    '',
    `  ${colors.dim('Ctrl-C stops: entries are cancelled, states and books are kept.')}`,
    '',
  ]
  process.stderr.write(lines.join('\n'))
}

/**
 * Stops on the first signal, leaves at once on a second. A desk that is still on its way up is let up first: half of it
 * could leave its database behind.
 */
function onSignals(starting: Promise<Running>): Promise<void> {
  let first = 0
  let up = false
  void starting.then(
    () => {
      up = true
    },
    () => undefined,
  )
  return new Promise((resolve) => {
    const stop = (signal: string) => {
      const now = performance.now()
      if (first !== 0) {
        if (now - first > SAME_SIGNAL_MILLIS) process.exit(130)
        return
      }
      first = now
      process.stderr.write(`\n${signal}: stopping; once more leaves at once\n`)
      setTimeout(() => {
        process.stderr.write('desk: it did not stop in time\n')
        process.exit(1)
      }, STOP_MILLIS).unref()
      const code = up ? 0 : 130
      void starting
        .then((desk) => desk.stop())
        .then(
          () => {
            process.stderr.write('Stopped\n')
            resolve()
            process.exit(code)
          },
          (error: unknown) => {
            process.stderr.write(`desk: ${String(error)}\n`)
            process.exit(1)
          },
        )
    }
    process.on('SIGINT', () => stop('SIGINT'))
    process.on('SIGTERM', () => stop('SIGTERM'))
  })
}
