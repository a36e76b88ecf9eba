/** Steps of something slow, on standard error: one line a step with its time, the running one rewritten on a terminal. */
import colors from 'picocolors'

export interface Progress {
  /** Ends the step before and begins this one. */
  step(name: string): void
  /** Ends the last step. */
  done(): void
  /** A share of the running step, for a bar. */
  share(share: number, note: string): void
}

const BAR = 24
const REDRAW_MILLIS = 100

export function createProgress({
  stream = process.stderr,
  quiet = false,
}: { readonly stream?: NodeJS.WriteStream; readonly quiet?: boolean } = {}): Progress {
  const live = stream.isTTY === true && !quiet
  let name = ''
  let startedAt = 0
  let drawnAt = 0
  const line = (text: string) => stream.write(live ? `\r\x1b[2K${text}` : text)

  function done(): void {
    if (name === '' || quiet) return
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    line(`${colors.green('✓')} ${name} ${colors.dim(`${seconds} s`)}\n`)
    name = ''
  }

  return {
    done,
    step(next) {
      done()
      name = next
      startedAt = performance.now()
      if (live) line(`${colors.dim('…')} ${next}`)
    },
    share(share, note) {
      if (!live || performance.now() - drawnAt < REDRAW_MILLIS) return
      drawnAt = performance.now()
      const full = Math.round(Math.min(1, Math.max(0, share)) * BAR)
      line(
        `${colors.dim('…')} ${name} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(share * 100)} % ${colors.dim(note)}`,
      )
    },
  }
}
