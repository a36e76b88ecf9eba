/**
 * The bars of the charts that clients follow.
 *
 * In       the audience, once a turn
 * Out      to each client the bars of its chart that moved since it was told last: the open one, and the close of the one before
 *          it. With 4 turns a second and bars of a second or more that is at most 5 messages a second
 */
import type { DeskViews, ServerMessage } from '#sdk/view.ts'

import type { Audience, Chart } from './audience.ts'

interface Message {
  readonly time: number
  readonly text: string
}

/** Tells everyone of the bars that moved. Each chart is read and encoded once, however many follow it. */
export function sendBars(audience: Audience, views: DeskViews): void {
  const read = new Map<string, readonly Message[]>()
  for (const socket of audience.sockets) {
    const { chart } = socket.data
    if (chart === undefined) continue
    const key = `${chart.instrument} ${chart.timeframe}`
    const bars = read.get(key) ?? lastBars(views, chart)
    read.set(key, bars)
    for (const { time, text } of newTo(chart, bars)) {
      chart.sentTime = time
      chart.sentText = text
      audience.send(socket, text)
    }
  }
}

function newTo({ sentTime, sentText }: Chart, bars: readonly Message[]): readonly Message[] {
  // A client that follows since now has seen nothing: the open bar is its first.
  if (sentText === '') return bars.slice(-1)
  return bars.filter(({ time, text }) => time >= sentTime && text !== sentText)
}

function lastBars(views: DeskViews, { instrument, timeframe }: Chart): readonly Message[] {
  return (views.bars(instrument, timeframe, 2) ?? []).map((bar) => ({
    time: bar.time,
    text: JSON.stringify({ type: 'bar', bar } satisfies ServerMessage),
  }))
}
