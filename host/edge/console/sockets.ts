/**
 * The console's sockets: what every open page is told without asking.
 *
 * In       messages of the host to publish, frames of clients, the desk's views on a timer
 * Out      hello on open; the board 4 times a second; orders and fills as they come; bars of the chart that a client follows
 * Units    a turn of the timer is 250 ms; it runs only while a client is connected
 * Refuses  a frame that is not a ClientMessage: answered with a problem, the third closes the socket (1008);
 *          more than 20 frames in a turn (1008)
 * Policy   nothing is left out for one client alone: a client that has more than 1 MiB waiting is closed (1013, counted),
 *          and reads everything again when it returns. A message is encoded once, however many clients there are
 */
import type { ServerWebSocket, WebSocketHandler } from 'bun'

import type { Timeframe } from '#sdk/bar.ts'
import type { DeskViews, ServerMessage } from '#sdk/view.ts'

import { decodeClientMessage } from './client-message.ts'
import type { DropReason } from './metrics.ts'
import { nearText } from './near-matches.ts'
import type { ConsoleLog } from './routes.ts'

/** Open sockets at most. */
export const CLIENTS_MAX = 32
const TURN_MILLIS = 250
const WAITING_BYTES_MAX = 1024 * 1024
const BAD_FRAMES_MAX = 3
const FRAMES_PER_TURN_MAX = 20

/** What the console remembers of one client. */
export interface Client {
  badFrames: number
  framesThisTurn: number
  chart: Chart | undefined
}

interface Chart {
  readonly instrument: string
  readonly timeframe: Timeframe
  /** The last bar that was sent: its time, and the message as it went. */
  sentTime: number
  sentText: string
}

type Socket = ServerWebSocket<Client>

/** The sockets of one console. */
export interface Sockets {
  readonly handler: WebSocketHandler<Client>
  readonly count: number
  publish(message: ServerMessage): void
  /** Closes every socket (1001) and stops the timer. */
  stop(): void
}

/** What the sockets are made of. */
export interface SocketsParts {
  readonly views: DeskViews
  readonly version: string
  readonly log: ConsoleLog
  readonly dropped: (reason: DropReason) => void
}

/** What is known of a client that has just come. */
export function createClient(): Client {
  return { badFrames: 0, framesThisTurn: 0, chart: undefined }
}

/** The sockets, without any client. */
export function createSockets({ views, version, log, dropped }: SocketsParts): Sockets {
  const sockets = new Set<Socket>()
  let timer: ReturnType<typeof setInterval> | undefined

  const drop = (socket: Socket, reason: DropReason) => {
    if (!sockets.delete(socket)) return
    dropped(reason)
    log.warn({ reason, waiting: socket.getBufferedAmount() }, 'Closed a console client')
    if (reason === 'slow') socket.close(1013, 'Too slow: connect and read again')
    else socket.close(1008, reason === 'flood' ? 'Too many frames' : 'Too many bad frames')
  }
  const send = (socket: Socket, text: string) => {
    const sent = socket.send(text)
    if (sent === 0 || socket.getBufferedAmount() > WAITING_BYTES_MAX) drop(socket, 'slow')
  }
  const publish = (message: ServerMessage) => {
    if (sockets.size === 0) return
    const text = JSON.stringify(message)
    for (const socket of sockets) send(socket, text)
  }
  const turn = () => {
    for (const { data } of sockets) data.framesThisTurn = 0
    try {
      publish({
        type: 'board',
        now: views.health().now,
        strategies: views.strategies(),
        account: views.account(),
      })
      sendBars({ sockets, views, send })
    } catch (error) {
      log.error({ error }, 'Cannot tell the console’s clients how the desk is')
    }
  }
  const take = (socket: Socket, frame: string | Uint8Array) => {
    if (!sockets.has(socket)) return
    if (++socket.data.framesThisTurn > FRAMES_PER_TURN_MAX) return drop(socket, 'flood')
    const message = decodeClientMessage(frame)
    if (message.ok) return follow(socket, message.value)
    send(socket, problem(message.refusal))
    if (++socket.data.badFrames >= BAD_FRAMES_MAX) drop(socket, 'bad-frames')
  }
  const follow = (
    socket: Socket,
    { instrument, timeframe }: Pick<Chart, 'instrument' | 'timeframe'>,
  ) => {
    if (views.bars(instrument, timeframe, 1) !== undefined) {
      socket.data.chart = { instrument, timeframe, sentTime: Number.NaN, sentText: '' }
      return
    }
    const known = views.instruments().map(({ id }) => id)
    send(socket, problem(`Instrument "${instrument}" is unknown: ${nearText(instrument, known)}`))
  }

  return {
    publish,
    get count() {
      return sockets.size
    },
    stop() {
      clearInterval(timer)
      timer = undefined
      for (const socket of sockets) socket.close(1001, 'The desk stops')
      sockets.clear()
    },
    handler: {
      maxPayloadLength: 64 * 1024,
      backpressureLimit: 4 * WAITING_BYTES_MAX,
      idleTimeout: 60,
      perMessageDeflate: false,
      open(socket) {
        sockets.add(socket)
        const { mode, now } = views.health()
        send(socket, JSON.stringify({ type: 'hello', version, mode, now } satisfies ServerMessage))
        timer ??= setInterval(turn, TURN_MILLIS)
      },
      message: take,
      close(socket) {
        sockets.delete(socket)
        if (sockets.size > 0) return
        clearInterval(timer)
        timer = undefined
      },
      error(error, socket) {
        log.error({ error }, 'A console socket failed')
        socket.close(1011, 'The console failed')
      },
    },
  }
}

/** Tells each client of the bars of its chart that moved. Each chart is read and encoded once. */
function sendBars({
  sockets,
  views,
  send,
}: {
  readonly sockets: ReadonlySet<Socket>
  readonly views: DeskViews
  readonly send: (socket: Socket, text: string) => void
}): void {
  const read = new Map<string, readonly { readonly time: number; readonly text: string }[]>()
  for (const socket of sockets) {
    const { chart } = socket.data
    if (chart === undefined) continue
    const key = `${chart.instrument} ${chart.timeframe}`
    const bars = read.get(key) ?? lastBars(views, chart)
    read.set(key, bars)
    // A client that follows since now gets the open bar; later also the close of the one before it.
    const fresh = Number.isNaN(chart.sentTime) ? bars.slice(-1) : bars
    for (const { time, text } of fresh) {
      if (time < chart.sentTime || text === chart.sentText) continue
      chart.sentTime = time
      chart.sentText = text
      send(socket, text)
    }
  }
}

function lastBars(views: DeskViews, { instrument, timeframe }: Chart) {
  return (views.bars(instrument, timeframe, 2) ?? []).map((bar) => ({
    time: bar.time,
    text: JSON.stringify({ type: 'bar', bar } satisfies ServerMessage),
  }))
}

function problem(text: string): string {
  return JSON.stringify({ type: 'problem', text } satisfies ServerMessage)
}
