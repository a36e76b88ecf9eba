/**
 * Frames of a WebSocket client: bytes in, a message of ours or a sentence that says what is wrong.
 *
 * Refuses  binary frames, more than 4 KiB, what is not JSON, every field and value that ClientMessage has not
 */
import { Value } from '@sinclair/typebox/value'

import { ok, refuse, type Result } from '#sdk/assert.ts'
import type { ClientMessage } from '#sdk/view.ts'

import { invalidRequest } from './problem.ts'
import { ChartMessage } from './request.ts'

/** Largest frame of a client that is read, bytes. */
export const FRAME_BYTES_MAX = 4096

/** Reads one frame. The message is made anew: nothing of the client's object is kept. */
export function decodeClientMessage(frame: string | Uint8Array): Result<ClientMessage, string> {
  if (typeof frame !== 'string') return refuse('Frame is binary; allowed is JSON text')
  // Length first, so that nothing large is ever parsed: a character has 1 byte at least.
  if (frame.length > FRAME_BYTES_MAX || Buffer.byteLength(frame) > FRAME_BYTES_MAX) {
    return refuse(`Frame is larger than ${FRAME_BYTES_MAX} bytes`)
  }
  const value = parse(frame)
  if (value === undefined) return refuse('Frame is not JSON')
  if (!Value.Check(ChartMessage, value)) {
    return refuse(invalidRequest('body', Value.Errors(ChartMessage, value)).message)
  }
  const { instrument, timeframe } = value
  return ok({ type: 'chart', instrument, timeframe })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
