/**
 * The audience: who is connected, and what happens to one who cannot keep up.
 *
 * In       messages of the host, sockets that come and go
 * Out      frames; each message is encoded once, however many listen
 * Policy   nothing is left out for one client alone: a client that has more than 1 MiB waiting, or that a frame could not
 *          be queued for, is closed (1013, counted) and reads everything again when it returns
 */
import type { ServerWebSocket } from 'bun'

import type { Timeframe } from '#sdk/bar.ts'
import type { ServerMessage } from '#sdk/view.ts'

import type { DropReason } from './metrics.ts'
import type { ConsoleLog } from './routes.ts'

/** Bytes that may wait for one client. */
export const WAITING_BYTES_MAX = 1024 * 1024

/** The chart that a client follows. */
export interface Chart {
  readonly instrument: string
  readonly timeframe: Timeframe
  /** The last bar that was sent: its time, and the message as it went. */
  sentTime: number
  sentText: string
}

/** What the console remembers of one client. */
export interface Client {
  badFrames: number
  framesThisTurn: number
  chart: Chart | undefined
}

export type Socket = ServerWebSocket<Client>

/** Who is connected. */
export interface Audience {
  readonly sockets: ReadonlySet<Socket>
  add(socket: Socket): void
  remove(socket: Socket): void
  /** One frame to one client, or its end. */
  send(socket: Socket, text: string): void
  /** One message to all. */
  publish(message: ServerMessage): void
  drop(socket: Socket, reason: DropReason): void
}

const CLOSINGS = {
  slow: [1013, 'Too slow: connect and read again'],
  flood: [1008, 'Too many frames'],
  'bad-frames': [1008, 'Too many bad frames'],
} as const satisfies Readonly<Record<DropReason, readonly [number, string]>>

/** Nobody yet. */
export function createAudience({
  log,
  dropped,
}: {
  readonly log: ConsoleLog
  readonly dropped: (reason: DropReason) => void
}): Audience {
  const sockets = new Set<Socket>()

  const drop = (socket: Socket, reason: DropReason) => {
    if (!sockets.delete(socket)) return
    dropped(reason)
    log.warn({ reason, waiting: socket.getBufferedAmount() }, 'Closed a console client')
    const [code, words] = CLOSINGS[reason]
    socket.close(code, words)
  }
  const send = (socket: Socket, text: string) => {
    const sent = socket.send(text)
    if (sent === 0 || socket.getBufferedAmount() > WAITING_BYTES_MAX) drop(socket, 'slow')
  }

  return {
    sockets,
    add: (socket) => void sockets.add(socket),
    remove: (socket) => void sockets.delete(socket),
    send,
    publish(message) {
      if (sockets.size === 0) return
      const text = JSON.stringify(message)
      for (const socket of sockets) send(socket, text)
    },
    drop,
  }
}
