/** The console's state, wired: what the desk says goes to the part that shows it, what the person asks goes out. */
import type { ServerMessage } from '#sdk/view.ts'

import { createRest } from '../wire/rest.ts'
import { createSocket, type Link } from '../wire/socket.ts'
import { type Blotter, createBlotter } from './blotter.svelte.ts'
import { type Chart, createChart } from './chart.svelte.ts'
import { createDesk, type Desk } from './desk.svelte.ts'
import { createSettings, type Settings } from './settings.svelte.ts'
import { createToasts, type Toasts } from './toasts.svelte.ts'

/** Positions have no message of their own; they are asked for at this pace while somebody looks. */
const POSITIONS_MILLIS = 2_000

export interface ConsoleState {
  readonly desk: Desk
  readonly blotter: Blotter
  readonly chart: Chart
  readonly settings: Settings
  readonly toasts: Toasts
  /** Chooses a strategy for the board, the blotter and the chart. */
  select(strategy: string | undefined): void
  selectBy(step: number): void
  start(): void
}

export function createConsole({ origin }: { readonly origin: string }): ConsoleState {
  const rest = createRest({ origin })
  const toasts = createToasts()
  const settings = createSettings()
  const desk = createDesk({ rest, toasts })
  const blotter = createBlotter({ rest, toasts })
  const socket = createSocket({ url: `${origin.replace(/^http/, 'ws')}/ws`, onLink, onMessage })
  const chart = createChart({ rest, settings, toasts, subscribe: socket.send })

  function onLink(link: Link) {
    desk.onLink(link)
    // Whatever was missed while the link was down is read again, whole.
    if (link.state === 'open') void loadAll()
  }

  async function loadAll() {
    await Promise.all([desk.load(), desk.loadInstruments()])
    const instruments = desk.instruments ?? []
    const isKnown = instruments.some(({ id }) => id === settings.instrument)
    const first = desk.strategies?.find(({ instruments: traded }) => traded.length > 0)
      ?.instruments[0]
    if (!isKnown) settings.instrument = first ?? instruments[0]?.id ?? ''
    await Promise.all([chart.load(), blotter.load()])
  }

  function onMessage(message: ServerMessage) {
    switch (message.type) {
      case 'hello':
        return desk.onTime(message.now)
      case 'board':
        return desk.onBoard(message)
      case 'order':
        return blotter.onOrder(message.order)
      case 'fill':
        chart.onFill(message.fill)
        return blotter.onFill(message.fill)
      case 'bar':
        return chart.onBar(message.bar)
      case 'problem':
        return toasts.problem('The desk reports', message.text)
    }
  }

  /** The board's choice holds for the blotter and the chart, which moves to an instrument that the strategy trades. */
  function follow() {
    const chosen = desk.selected
    blotter.show(chosen?.id)
    chart.show(chosen?.id)
    const instrument = chosen?.instruments[0]
    if (instrument !== undefined && !chosen?.instruments.includes(settings.instrument)) {
      chart.choose({ instrument })
    }
  }

  return {
    desk,
    blotter,
    chart,
    settings,
    toasts,
    select(strategy) {
      desk.select(strategy)
      follow()
    },
    selectBy(step) {
      desk.selectBy(step)
      follow()
    },
    start() {
      desk.start()
      socket.start()
      setInterval(() => {
        const isLooked = blotter.tab === 'positions' || blotter.tab === 'strategy'
        if (isLooked && desk.link.state === 'open' && !document.hidden) void blotter.loadPositions()
      }, POSITIONS_MILLIS)
    },
  }
}
