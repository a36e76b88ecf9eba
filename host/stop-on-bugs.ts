/**
 * A bug stops the process, at once and whole: nobody knows what the books are worth after it, and start and recovery are
 * one path. Said aloud, because Bun 1.4.5 only prints what nobody caught while the main module still awaits something.
 */
import type { Log } from './log.ts'

/** Ends the process with code 1 at the first error that nobody caught; the log and standard error say which. */
export function stopOnBugs(log: Pick<Log, 'fatal'>): void {
  const stop = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log.fatal({ error: text }, 'A bug: the desk stops; start it again, it goes on from its journal')
    process.stderr.write(
      `desk: a bug, the desk stops; start it again, it goes on from its journal\n${text}\n`,
    )
    process.exit(1)
  }
  process.on('uncaughtException', stop)
  process.on('unhandledRejection', stop)
}
