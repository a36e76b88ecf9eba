import { describe, expect, test } from 'bun:test'

import { createMarketEvent } from '#sdk/tick.ts'

import { createClock } from '../clock/clock.ts'
import { type FeedSink, type MarketSource, SourceError } from './feed.ts'
import { BATCH_MAX, createPacedFeed, type Pace } from './paced.ts'
import { createSimSource } from './sim/sim.ts'

/** A source of trades at the given times; `breaksAt` throws before that one. */
const sourceOf = (times: readonly number[], breaksAt = -1): MarketSource & { closed: boolean } => {
  let at = 0
  return {
    closed: false,
    instruments: createSimSource({ startsAt: 0, instruments: 1 }).instruments,
    startsAt: times[0] ?? 0,
    next(event) {
      if (at === breaksAt) throw new SourceError(`Cannot read "a.csv": row ${at}: it is broken`)
      const time = times[at++]
      if (time === undefined) return false
      Object.assign(event, createMarketEvent(), { instrument: 0, time, price: 100, quantity: at })
      return true
    },
    progress: () => at / times.length,
    close() {
      this.closed = true
    },
  }
}

/** A clock that a test moves; it says how often it was read. */
const createHandClock = (start: number): Pace & { time: number; readings: number } => ({
  time: start,
  readings: 0,
  now() {
    this.readings++
    return this.time
  },
  // Hand time stands still while a timer runs: what is not due sleeps for as long as it is far.
  millisUntil(at) {
    return Math.max(0, (at - this.time) / 1000)
  },
})

/** A sink that writes down what it is told, as words. */
const createNotebook = () => {
  const notes: string[] = []
  const received: number[] = []
  let close = () => {}
  const done = new Promise<void>((resolve) => {
    close = resolve
  })
  const sink: FeedSink = {
    market(event) {
      notes.push(`event ${event.time}`)
      received.push(event.receivedAt)
    },
    flushed: () => void notes.push('flushed'),
    link(working, reason) {
      notes.push(`link ${working}: ${reason}`)
      if (!working) close()
    },
    ended() {
      notes.push('ended')
      close()
    },
  }
  return { notes, received, sink, done }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a paced feed', () => {
  test('gives what is due in one batch, stamped with the time it was given', async () => {
    const book = createNotebook()
    const feed = createPacedFeed({
      name: 'a',
      source: sourceOf([10, 20, 30]),
      clock: createHandClock(50),
    })
    await feed.start(book.sink)
    await book.done
    expect(book.notes).toEqual([
      'link true: Playing a',
      'event 10',
      'event 20',
      'event 30',
      'flushed',
      'ended',
    ])
    expect(book.received).toEqual([50, 50, 50])
    expect(feed).toMatchObject({ given: 3, latenessMax: 40 })
    await feed.stop()
  })

  test('never gives an event before its time', async () => {
    const book = createNotebook()
    const clock = createHandClock(0)
    const feed = createPacedFeed({ name: 'a', source: sourceOf([0, 1000, 1_000_000]), clock })
    await feed.start(book.sink)
    await turns(5)
    expect(book.notes.filter((note) => note.startsWith('event'))).toEqual(['event 0'])
    clock.time = 1000
    while (book.notes.length < 5) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(book.notes.slice(1)).toEqual(['event 0', 'flushed', 'event 1000', 'flushed'])
    await feed.stop()
  })

  test('sleeps where nothing is due', async () => {
    const clock = createHandClock(0)
    const feed = createPacedFeed({ name: 'a', source: sourceOf([3600e6]), clock })
    await feed.start(createNotebook().sink)
    await turns(100)
    expect(clock.readings).toBe(0)
    await feed.stop()
  })

  test('lets others run between two full batches', async () => {
    const book = createNotebook()
    const times = Array.from({ length: BATCH_MAX * 3 }, (_, at) => at)
    const feed = createPacedFeed({
      name: 'a',
      source: sourceOf(times),
      clock: createHandClock(1e9),
    })
    let immediates = 0
    const again = () => {
      immediates++
      if (!book.notes.includes('ended')) setImmediate(again)
    }
    await feed.start(book.sink)
    setImmediate(again)
    await book.done
    expect(immediates).toBeGreaterThanOrEqual(2)
    expect(book.notes.filter((note) => note === 'flushed')).toHaveLength(3)
    expect(book.received).toHaveLength(BATCH_MAX * 3)
    await feed.stop()
  })

  test('gives nothing after it is stopped, even by its own event', async () => {
    const book = createNotebook()
    const source = sourceOf([1, 2, 3])
    const feed = createPacedFeed({ name: 'a', source, clock: createHandClock(50) })
    await feed.start({
      ...book.sink,
      market(event) {
        book.sink.market(event)
        void feed.stop()
      },
    })
    await turns(20)
    expect(book.notes).toEqual(['link true: Playing a', 'event 1', 'flushed'])
    expect(source.closed).toBe(true)
  })

  test('stops before it was started', async () => {
    const source = sourceOf([1])
    await createPacedFeed({ name: 'a', source, clock: createHandClock(0) }).stop()
    expect(source.closed).toBe(true)
  })

  test('reports a broken source once, and gives what came before', async () => {
    const book = createNotebook()
    const feed = createPacedFeed({
      name: 'a',
      source: sourceOf([1, 2, 3], 2),
      clock: createHandClock(50),
    })
    await feed.start(book.sink)
    await book.done
    await turns(5)
    expect(book.notes).toEqual([
      'link true: Playing a',
      'event 1',
      'event 2',
      'link false: Cannot read "a.csv": row 2: it is broken',
      'flushed',
    ])
    await feed.stop()
  })

  test('ends at once where the source is empty', async () => {
    const book = createNotebook()
    const feed = createPacedFeed({ name: 'a', source: sourceOf([]), clock: createHandClock(0) })
    await feed.start(book.sink)
    await book.done
    expect(book.notes).toEqual(['link true: Playing a', 'ended'])
    await feed.stop()
  })

  test('takes times that go back as they come', async () => {
    const book = createNotebook()
    const feed = createPacedFeed({
      name: 'a',
      source: sourceOf([10, 8, 12]),
      clock: createHandClock(50),
    })
    await feed.start(book.sink)
    await book.done
    expect(book.notes.slice(1, 4)).toEqual(['event 10', 'event 8', 'event 12'])
    await feed.stop()
  })

  test('plays a market by a running clock, each event at or after its time', async () => {
    const startsAt = 1_763_800_000_000_000
    const clock = createClock({ origin: startsAt, speed: 1000 })
    clock.start(() => {})
    const feed = createPacedFeed({ name: 'sim', source: createSimSource({ startsAt }), clock })
    const early: number[] = []
    let batches = 0
    await new Promise<void>((resolve, reject) => {
      const market: FeedSink['market'] = ({ time, receivedAt }) => {
        if (time > receivedAt || receivedAt > clock.now()) early.push(time)
        if (feed.given >= 10_000) resolve()
      }
      const flushed = () => void batches++
      const ended = () => reject(new Error('A market that never ends has ended'))
      feed.start({ market, flushed, ended, link() {} }).catch(reject)
    })
    await feed.stop()
    clock.stop()
    expect(early).toEqual([])
    expect(batches).toBeGreaterThan(1)
  })
})
