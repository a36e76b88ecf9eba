/** Problems as a person reads them on the command line: one line, what was wrong and what to do. A bug shows its stack. */
import type { Colors } from 'picocolors/types'

/** The call or the configuration is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The desk that was asked does not answer. */
export class AwayError extends Error {
  override readonly name = 'AwayError'
}

/** Errors whose message is the whole story. Compared by name: a class may exist twice across a worker. */
const KNOWN: Readonly<Record<string, number>> = {
  UsageError: 2,
  SourceError: 2,
  BuildError: 2,
  BacktestError: 2,
  ConsoleError: 2,
  ConsoleBuildError: 1,
  JournalError: 2,
  StoreError: 2,
  LedgerError: 2,
  LiveError: 2,
  TemplateError: 2,
  AwayError: 3,
}

export function exitCodeOf(error: unknown): number {
  return error instanceof Error ? (KNOWN[error.name] ?? 1) : 1
}

export function sayProblem(error: unknown, colors: Colors): void {
  const known = error instanceof Error && error.name in KNOWN
  const text =
    error instanceof Error
      ? known
        ? error.message
        : (error.stack ?? error.message)
      : String(error)
  process.stderr.write(`${colors.red('desk:')} ${text}\n`)
}
