/** The log: one JSON line a record on standard output or a file, made by pino in this process (no transports). */
import pino, { type Logger } from 'pino'

import type { LogLevel } from './config-schema.ts'

/** What rooms at the edge write to. */
export type Log = Logger

export function createLog({
  level,
  file,
}: {
  readonly level: LogLevel
  readonly file?: string
}): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return file === undefined
    ? pino(options)
    : pino(options, pino.destination({ dest: file, mkdir: true, sync: false }))
}
