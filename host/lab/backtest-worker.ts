/** Runs one backtest in a thread of its own, because the bundles' compartments lock it down. */
import { readFileSync } from 'node:fs'

import type { Bundle } from '#sdk/bundle.ts'

import { openTapes } from '../edge/feed/tape/tape.ts'
import { readBundle } from '../edge/plugin/bundle-file.ts'
import {
  BacktestError,
  type BacktestOptions,
  type BacktestResult,
  runBacktest,
} from './backtest.ts'

/** What is to be run: files by path, everything else plain. */
export interface BacktestJob extends Pick<
  BacktestOptions,
  'settings' | 'capital' | 'limits' | 'paper'
> {
  readonly bundles: readonly string[]
  readonly data: readonly string[]
}

export type FromBacktest =
  | { readonly what: 'progress'; readonly share: number | undefined; readonly events: number }
  | { readonly what: 'result'; readonly result: BacktestResult; readonly faults: readonly string[] }
  | { readonly what: 'problem'; readonly name: string; readonly message: string }

declare const self: {
  onmessage: ((event: { data: BacktestJob }) => void) | null
  postMessage(message: FromBacktest): void
}

self.onmessage = ({ data }) => void run(data)

async function run({ bundles, data, ...options }: BacktestJob): Promise<void> {
  try {
    const source = await openTapes(data)
    const { result, faults } = runBacktest({
      ...options,
      source,
      strategies: bundles.map((file) => ({ bundle: read(file) })),
      onProgress: (progress) => self.postMessage({ what: 'progress', ...progress }),
    })
    self.postMessage({ what: 'result', result, faults })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    self.postMessage({ what: 'problem', name, message })
  }
}

function read(file: string): Bundle {
  const answer = readBundle(file, readFileSync(file))
  if (!answer.ok) throw new BacktestError(answer.refusal.reason)
  return answer.value
}
