/**
 * Metrics: what the process and the desk count, as Prometheus reads it.
 *
 * In       the desk's gauges, asked for at each scrape and at no other time
 * Out      text; every name begins with `hotdesk_`, but for the process's own
 * Asserts  a gauge's name is small letters, digits and `_`
 */
import { Counter, Gauge, Registry } from 'prom-client'

import { assert } from '#sdk/assert.ts'

/** A number, or numbers told apart by one label: `{ label: 'strategy', values: { ema: 3 } }`. */
export type DeskGauge =
  number | { readonly label: string; readonly values: Readonly<Record<string, number>> }

/** The desk's gauges by name, without the `hotdesk_`. */
export type DeskGauges = Readonly<Record<string, DeskGauge>>

/** Why a socket was closed by us. */
export type DropReason = 'slow' | 'bad-frames' | 'flood'

/** What the console counts of itself, and everything as text. */
export interface ConsoleMetrics {
  refused(kind: string): void
  dropped(reason: DropReason): void
  text(): Promise<string>
  readonly contentType: string
}

/** The registry of one console. `clients` counts open sockets. */
export function createMetrics({
  gauges,
  clients,
}: {
  readonly gauges: () => DeskGauges
  readonly clients: () => number
}): ConsoleMetrics {
  const registry = new Registry()
  const registers = [registry]
  const refused = new Counter({
    name: 'hotdesk_console_refused_total',
    help: 'Requests that the console refused, by sort of problem',
    labelNames: ['problem'],
    registers,
  })
  const dropped = new Counter({
    name: 'hotdesk_console_dropped_total',
    help: 'Sockets that the console closed: slow (1013), bad-frames and flood (1008)',
    labelNames: ['reason'],
    registers,
  })
  addProcessGauges(registry)
  const one = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  one('hotdesk_console_clients', 'Open sockets', clients)
  const desk = new Map<string, Gauge>()

  return {
    refused: (problem) => refused.inc({ problem }),
    dropped: (reason) => dropped.inc({ reason }),
    contentType: registry.contentType,
    text() {
      for (const [name, gauge] of Object.entries(gauges()))
        setGauge(name, gauge, { desk, registry })
      return registry.metrics()
    },
  }
}

function setGauge(
  name: string,
  gauge: DeskGauge,
  { desk, registry }: { readonly desk: Map<string, Gauge>; readonly registry: Registry },
): void {
  let shown = desk.get(name)
  if (shown === undefined) {
    assert(
      /^[a-z][a-z0-9_]{0,80}$/.test(name),
      `Gauge "${name}" is not small letters, digits and _`,
    )
    const labelNames = typeof gauge === 'number' ? [] : [gauge.label]
    const help = `Desk: ${name.replaceAll('_', ' ')}`
    shown = new Gauge({ name: `hotdesk_${name}`, help, labelNames, registers: [registry] })
    desk.set(name, shown)
  }
  if (typeof gauge === 'number') {
    shown.set(gauge)
    return
  }
  // What is gone since the last scrape must not stay as it was.
  shown.reset()
  for (const [key, value] of Object.entries(gauge.values)) shown.set({ [gauge.label]: key }, value)
}

/** The names that Prometheus dashboards know. */
function addProcessGauges(registry: Registry): void {
  const startedAt = Math.round(performance.timeOrigin / 1000)
  const all: readonly (readonly [string, string, () => number])[] = [
    ['process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss()],
    ['process_heap_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed],
    ['process_cpu_seconds_total', 'Processor time, user and system', cpuSeconds],
    ['process_start_time_seconds', 'Start of the process, since the epoch', () => startedAt],
  ]
  for (const [name, help, read] of all) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
