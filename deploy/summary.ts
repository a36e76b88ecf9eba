/** Reads the counts at the end of what `bun test` prints. */

/** How many tests held, and how many did not. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** The counts of one run; undefined where the run did not come to its end. */
export function readCounts(output: string): Counts | undefined {
  const last = (word: string) => {
    const lines = [...Bun.stripANSI(output).matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))]
    return Number(lines.at(-1)?.[1] ?? Number.NaN)
  }
  const counts = { passed: last('pass'), failed: last('fail') }
  return Number.isNaN(counts.passed) || Number.isNaN(counts.failed) ? undefined : counts
}

/** The one line that a run ends with. */
export function renderCounts({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`
}
