/**
 * The load of the latency bench, a process of its own: sends the simulated exchange's ticks over a loopback socket, each at
 * its intended time or as soon after as it can. It never waits for the receiver (open loop).
 *
 * Frame   8 doubles, little endian: instrument, intended time, price, quantity, bid, ask, bid size, ask size
 */
import { createConnection } from 'node:net'

import { createMarketEvent } from '#sdk/tick.ts'

import { createSimSource } from '../edge/feed/sim/sim.ts'

export const FRAME_BYTES = 64

const [port = 0, instruments = 500, ticksPerSecond = 10_000, seconds = 10] = process.argv
  .slice(2)
  .map(Number)

const wall = () => (performance.timeOrigin + performance.now()) * 1000
const sleeper = new Int32Array(new SharedArrayBuffer(4))

if (import.meta.main) await load()

async function load(): Promise<void> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve) => socket.once('connect', resolve))
  const startsAt = Math.ceil(wall() + 200_000)
  const source = createSimSource({ instruments, ticksPerSecond, seed: 7, startsAt })
  const event = createMarketEvent()
  const endsAt = startsAt + seconds * 1e6
  source.next(event)
  while (event.time < endsAt) {
    const frames: number[] = []
    for (const now = wall(); event.time <= now && event.time < endsAt; source.next(event)) {
      frames.push(
        event.instrument,
        event.time,
        event.price,
        event.quantity,
        event.bid,
        event.ask,
        event.bidQuantity,
        event.askQuantity,
      )
    }
    if (frames.length > 0) socket.write(new Uint8Array(Float64Array.from(frames).buffer))
    const rest = (event.time - wall()) / 1000
    if (rest > 0) Atomics.wait(sleeper, 0, 0, rest)
    // The socket is flushed by the event loop.
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end()
}
