/**
 * The console's sockets: what every open page is told without asking, and what it may say.
 *
 * In       messages of the host to publish, frames of clients, the desk's views on a timer
 * Out      hello on open; the board 4 times a second; orders and fills as they come; bars of the chart that a client follows
 * Units    a turn of the timer is 250 ms; it runs only while a client is connected
 * Refuses  a frame that is not a ClientMessage: answered with a problem, the third closes the socket (1008);
 *          more than 20 frames in a turn (1008); more than 64 KiB in a frame (1009)
 */
import type { WebSocketHandler } from 'bun'

import type { ClientMessage, DeskViews, ServerMessage } from '#sdk/view.ts'

import { type Client, createAudience, type Socket, WAITING_BYTES_MAX } from './audience.ts'
import { sendBars } from './chart-bars.ts'
import { decodeClientMessage } from './client-message.ts'
import type { DropReason } from './metrics.ts'
import { nearText } from './near-matches.ts'
import type { ConsoleLog } from './routes.ts'

/** Open sockets at most. */
export const CLIENTS_MAX = 32
const TURN_MILLIS = 250
const BAD_FRAMES_MAX = 3
const FRAMES_PER_TURN_MAX = 20

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
  const audience = createAudience({ log, dropped })
  const { sockets, send, publish, drop } = audience
  const timer = createTimer(() => {
    for (const { data } of sockets) data.framesThisTurn = 0
    try {
      publish(board(views))
      sendBars(audience, views)
    } catch (error) {
      log.error({ error }, 'Cannot tell the console’s clients how the desk is')
    }
  })
  const take = (socket: Socket, frame: string | Uint8Array) => {
    if (!sockets.has(socket)) return
    if (++socket.data.framesThisTurn > FRAMES_PER_TURN_MAX) return drop(socket, 'flood')
    const message = decodeClientMessage(frame)
    const problem = message.ok
      ? follow(socket.data, { views, asked: message.value })
      : message.refusal
    if (problem !== undefined) send(socket, encode({ type: 'problem', text: problem }))
    if (!message.ok && ++socket.data.badFrames >= BAD_FRAMES_MAX) drop(socket, 'bad-frames')
  }
  const open = (socket: Socket) => {
    audience.add(socket)
    const { mode, now } = views.health()
    send(socket, encode({ type: 'hello', version, mode, now }))
    timer.start()
  }
  const close = (socket: Socket) => {
    audience.remove(socket)
    if (sockets.size === 0) timer.stop()
  }

  return {
    publish,
    get count() {
      return sockets.size
    },
    stop() {
      timer.stop()
      for (const socket of sockets) socket.close(1001, 'The desk stops')
    },
    handler: { ...LIMITS, open, message: take, close, error: closeOnError(log) },
  }
}

const LIMITS = {
  maxPayloadLength: 64 * 1024,
  backpressureLimit: 4 * WAITING_BYTES_MAX,
  idleTimeout: 60,
  perMessageDeflate: false,
} as const

function closeOnError(log: ConsoleLog) {
  return (error: Error, socket: Socket) => {
    log.error({ error }, 'A console socket failed')
    socket.close(1011, 'The console failed')
  }
}

/** Remembers the chart that a client asks for, or says why not: then the chart before goes on. */
function follow(
  client: Client,
  { views, asked }: { readonly views: DeskViews; readonly asked: ClientMessage },
): string | undefined {
  const { instrument, timeframe } = asked
  if (views.bars(instrument, timeframe, 1) === undefined) {
    const known = views.instruments().map(({ id }) => id)
    return `Instrument "${instrument}" is unknown: ${nearText(instrument, known)}`
  }
  client.chart = { instrument, timeframe, sentTime: 0, sentText: '' }
  return undefined
}

function board(views: DeskViews): ServerMessage {
  const { now } = views.health()
  return { type: 'board', now, strategies: views.strategies(), account: views.account() }
}

function encode(message: ServerMessage): string {
  return JSON.stringify(message)
}

function createTimer(turn: () => void) {
  let timer: ReturnType<typeof setInterval> | undefined
  return {
    start() {
      timer ??= setInterval(turn, TURN_MILLIS)
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}
