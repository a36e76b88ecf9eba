/** Runs one bundle over a tape in a thread of its own, because evaluating a bundle locks the built-ins of its thread. */
import type { Bundle } from '#sdk/bundle.ts'

import { type BundleRun, runOne, type RunOptions } from './testkit.ts'

/** What the worker is sent. */
export interface ToTestkitWorker {
  readonly bundle: Bundle
  readonly options: RunOptions
}

/** What it answers, once. */
export type FromTestkitWorker =
  { readonly ok: true; readonly run: BundleRun } | { readonly ok: false; readonly message: string }

declare const self: {
  onmessage: ((event: { data: ToTestkitWorker }) => void) | null
  postMessage(message: FromTestkitWorker): void
}

self.onmessage = ({ data: { bundle, options } }) => {
  try {
    const { orders, faults, result } = runOne({ bundle }, options)
    self.postMessage({ ok: true, run: { orders, faults, digest: result.digest } })
  } catch (error) {
    self.postMessage({ ok: false, message: String(error) })
  }
}
