/**
 * The desk's live words over one WebSocket that comes back by itself.
 *
 * In       the desk's messages
 * Out      each message once, in order; every change of the link
 * Touches  the WebSocket at /ws, timers
 *
 * A link that says nothing for `SILENCE_MILLIS` is taken for dead: a half-open connection looks alive for minutes.
 */
import type { ClientMessage, ServerMessage } from '#sdk/view.ts'

import { backOffMillis } from './back-off.ts'

/** The desk speaks at least once a second; this is far past any pause of its. */
const SILENCE_MILLIS = 8_000

/** Where the link stands. Times are those of the browser, in milliseconds since the epoch. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  | { readonly state: 'waiting'; readonly since: number; readonly nextAt: number }

export interface SocketOptions {
  readonly url: string
  readonly onLink: (link: Link) => void
  readonly onMessage: (message: ServerMessage) => void
}

export interface Socket {
  start(): void
  stop(): void
  /** Says the message now or, where the link is down, not at all: what is subscribed is said again on `open`. */
  send(message: ClientMessage): void
}

export function createSocket({ url, onLink, onMessage }: SocketOptions): Socket {
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let downSince: number | undefined

  function start() {
    const opening = new WebSocket(url)
    socket = opening
    // The first attempt is "connecting"; later ones leave "disconnected since" on the screen until they succeed.
    if (downSince === undefined) onLink({ state: 'connecting' })
    listen()
    opening.addEventListener('open', () => {
      failures = 0
      downSince = undefined
      onLink({ state: 'open' })
      listen()
    })
    opening.addEventListener('message', (event: MessageEvent<unknown>) => {
      listen()
      const message = decodeMessage(event.data)
      if (message !== undefined) onMessage(message)
    })
    opening.addEventListener('close', () => {
      if (socket === opening) wait()
    })
  }

  function listen() {
    clearTimeout(silence)
    silence = setTimeout(() => {
      socket?.close()
      wait()
    }, SILENCE_MILLIS)
  }

  function wait() {
    socket = undefined
    clearTimeout(silence)
    downSince ??= Date.now()
    const pause = backOffMillis(failures, Math.random())
    failures += 1
    onLink({ state: 'waiting', since: downSince, nextAt: Date.now() + pause })
    timer = setTimeout(start, pause)
  }

  return {
    start,
    stop() {
      const closing = socket
      socket = undefined
      clearTimeout(timer)
      clearTimeout(silence)
      closing?.close()
    },
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
    },
  }
}

/** One frame as a message, or undefined where it is none. */
export function decodeMessage(frame: unknown): ServerMessage | undefined {
  if (typeof frame !== 'string') return undefined
  try {
    const message: unknown = JSON.parse(frame)
    if (typeof message !== 'object' || message === null || !('type' in message)) return undefined
    return message as ServerMessage
  } catch {
    return undefined
  }
}
