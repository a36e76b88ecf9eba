import { afterEach, describe, expect, test } from 'bun:test'
import net from 'node:net'

import type { Bar } from '#sdk/bar.ts'
import type { ServerMessage } from '#sdk/view.ts'

import * as sample from './sample-desk.ts'
import { type Sample, startSample } from './sample-desk.ts'
import { CLIENTS_MAX } from './sockets.ts'

const running: Sample[] = []
const open: WebSocket[] = []
async function start(): Promise<Sample> {
  const console = await startSample()
  running.push(console)
  return console
}

afterEach(async () => {
  for (const socket of open.splice(0)) socket.close()
  for (const { app } of running.splice(0)) await app.stop()
})

/** A client that keeps everything it is told, and waits for what it is not told yet. */
async function connect({ port }: Sample) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  open.push(socket)
  const told: ServerMessage[] = []
  const waiting = new Set<() => void>()
  socket.addEventListener('message', ({ data }) => {
    told.push(JSON.parse(String(data)))
    for (const wake of waiting) wake()
  })
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener('close', ({ code }) => resolve(code)),
  )
  const until = (isEnough: () => boolean) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        if (!isEnough()) return
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
      wake()
    })
  const of = <T extends ServerMessage['type']>(type: T) =>
    told.filter((message): message is Extract<ServerMessage, { type: T }> => message.type === type)
  await until(() => told.length > 0)
  const say = (value: unknown) =>
    socket.send(typeof value === 'string' ? value : JSON.stringify(value))
  return { socket, told, until, of, closed, say }
}

const chart = { type: 'chart', instrument: 'NSE:INFY', timeframe: '1m' } as const

describe('an open page', () => {
  test('is greeted first', async () => {
    const client = await connect(await start())
    const hello = { type: 'hello', version: '0.1.0', mode: 'paper', now: sample.NOW } as const
    expect(client.told[0]).toEqual(hello)
  })

  test('sees the board again and again, and the desk is asked only while somebody looks', async () => {
    const console = await start()
    const client = await connect(console)
    await client.until(() => client.of('board').length >= 2)
    const board = client.of('board')[0]
    expect(board?.account).toEqual(sample.account)
    expect(board?.strategies.map(({ id }) => id)).toEqual(['opening-range', 'mean-reversion'])
    client.socket.close()
    await client.closed
    // Two turns: whatever was under way when the client left is over.
    await Bun.sleep(500)
    console.desk.asked.length = 0
    await Bun.sleep(600)
    expect(console.desk.asked).toEqual([])
  })

  test('is told of orders and fills, every page and in their order', async () => {
    const console = await start()
    const [one, two] = [await connect(console), await connect(console)]
    for (let number = 0; number < 50; number++) {
      console.app.publish({ type: 'order', order: { ...sample.order, clientId: `O${number}` } })
      console.app.publish({ type: 'fill', fill: { ...sample.fill, executionId: `E${number}` } })
    }
    for (const client of [one, two]) {
      await client.until(() => client.of('fill').length === 50)
      expect(client.of('order').map(({ order }) => order.clientId)).toEqual(numbered('O'))
      expect(client.of('fill').map(({ fill }) => fill.executionId)).toEqual(numbered('E'))
    }
  })

  test('costs one encoding however many there are, and none where there is nobody', async () => {
    const console = await start()
    let encoded = 0
    const order = Object.assign({ ...sample.order }, { toJSON: () => (encoded++, sample.order) })
    console.app.publish({ type: 'order', order })
    expect(encoded).toBe(0)
    const clients = [await connect(console), await connect(console), await connect(console)]
    console.app.publish({ type: 'order', order })
    for (const client of clients) await client.until(() => client.of('order').length === 1)
    expect(encoded).toBe(1)
  })

  test('is closed with 1001 when the desk stops', async () => {
    const console = await start()
    const client = await connect(console)
    await console.app.stop()
    expect(await client.closed).toBe(1001)
  })
})

const MEBIBYTE = 1024 * 1024

const numbered = (letter: string) => Array.from({ length: 50 }, (_, number) => `${letter}${number}`)

describe('a followed chart', () => {
  const bars = (...closes: readonly (readonly [minute: number, close: number])[]): Bar[] =>
    closes.map(([minute, close]) => ({ ...sample.bar, time: sample.NOW + minute * 60e6, close }))

  test('shows the open bar whenever it moved, and the last word on a bar that closed', async () => {
    const console = await start()
    console.desk.bars = bars([0, 1500], [1, 1501])
    const client = await connect(console)
    const closes = () => client.of('bar').map(({ bar }) => bar.close)
    client.say(chart)
    await client.until(() => closes().length === 1)
    console.desk.bars = bars([0, 1500], [1, 1502])
    await client.until(() => closes().length === 2)
    console.desk.bars = bars([0, 1500], [1, 1503], [2, 1504])
    await client.until(() => closes().length === 4)
    // Boards go on: had an unmoved bar been sent again, it would be here by now.
    const seen = client.of('board').length
    await client.until(() => client.of('board').length >= seen + 3)
    expect(closes()).toEqual([1501, 1502, 1503, 1504])
  })

  test('never moves more than 5 times a second, nor the board more than 4', async () => {
    const console = await start()
    const startedAt = performance.now()
    const client = await connect(console)
    client.say(chart)
    let close = 1600
    const market = setInterval(() => (console.desk.bars = bars([0, close++])), 5)
    await client.until(() => client.of('bar').length === 9)
    clearInterval(market)
    // A slow machine makes this longer, never shorter: a least time, not a speed.
    const seconds = (performance.now() - startedAt) / 1000
    expect(seconds).toBeGreaterThan(8 / 5)
    expect(client.of('board').length).toBeLessThanOrEqual(4 * seconds)
  })

  test('is read once for all who follow it', async () => {
    const console = await start()
    const clients = [await connect(console), await connect(console), await connect(console)]
    for (const client of clients) client.say(chart)
    for (const client of clients) await client.until(() => client.of('bar').length === 1)
    console.desk.asked.length = 0
    const [first] = clients
    const seen = first?.of('board').length ?? 0
    await first?.until(() => first.of('board').length >= seen + 3)
    const about = (name: string) => console.desk.asked.filter((ask) => ask.about === name).length
    expect(about('bars')).toBeLessThanOrEqual(about('strategies'))
  })

  test('of an unknown instrument is a problem that names a near one, and the old chart goes on', async () => {
    const console = await start()
    const client = await connect(console)
    client.say(chart)
    await client.until(() => client.of('bar').length === 1)
    client.say({ ...chart, instrument: 'NSE:INFI' })
    await client.until(() => client.of('problem').length === 1)
    expect(client.of('problem')[0]?.text).toBe(
      'Instrument "NSE:INFI" is unknown: did you mean "NSE:INFY"?',
    )
    console.desk.bars = bars([0, 1600])
    await client.until(() => client.of('bar').length === 2)
    expect(client.socket.readyState).toBe(WebSocket.OPEN)
  })
})

describe('a client that does not keep to the rules', () => {
  test('is told what is wrong, and closed with 1008 at the third bad frame', async () => {
    const console = await start()
    const client = await connect(console)
    client.say('{')
    client.say({ ...chart, timeframe: '2m' })
    await client.until(() => client.of('problem').length === 2)
    expect(client.socket.readyState).toBe(WebSocket.OPEN)
    client.say(`{"type":"${'x'.repeat(5000)}"}`)
    expect(await client.closed).toBe(1008)
    const texts = client.of('problem').map(({ text }) => text)
    expect(texts[0]).toBe('Frame is not JSON')
    expect(texts[1]).toContain('"timeframe"')
    expect(texts[2]).toBe('Frame is larger than 4096 bytes')
    expect(await dropped(console, 'bad-frames')).toBe(1)
  })

  test('is closed with 1008 when it floods', async () => {
    const console = await start()
    const client = await connect(console)
    for (let frame = 0; frame < 200; frame++) client.say(chart)
    expect(await client.closed).toBe(1008)
    expect(await dropped(console, 'flood')).toBe(1)
  })

  test('does not take the desk with it when it sends 64 KiB and more', async () => {
    const console = await start()
    const [client, other] = [await connect(console), await connect(console)]
    client.say('x'.repeat(100_000))
    expect(await client.closed).toBe(1009)
    console.app.publish({ type: 'fill', fill: sample.fill })
    await other.until(() => other.of('fill').length === 1)
  })

  test('is closed when it reads too slowly, while the others get everything', async () => {
    const console = await start()
    const reader = await connect(console)
    const slow = await deaf(console)
    const big = { ...sample.order, reason: 'x'.repeat(100_000) }
    let sent = 0
    while ((await dropped(console, 'slow')) === 0 && sent < 400) {
      console.app.publish({ type: 'order', order: big })
      sent++
    }
    expect(await dropped(console, 'slow')).toBe(1)
    const [{ reason, waiting } = {}] = console.desk.warnings as {
      reason?: string
      waiting?: number
    }[]
    expect(reason).toBe('slow')
    expect(waiting).toBeGreaterThan(MEBIBYTE)
    // The message that went over the limit was the last.
    expect(waiting).toBeLessThan(MEBIBYTE + 110_000)
    await reader.until(() => reader.of('order').length === sent)
    expect(await clients(console)).toBe(1)
    // The connection ends for the slow one too; it does not stay half open.
    slow.resume()
    await new Promise((resolve) => slow.once('close', resolve))
  })

  test('finds no room where as many are connected as may be', async () => {
    const console = await start()
    for (let client = 0; client < CLIENTS_MAX; client++) await connect(console)
    const response = await fetch(`${console.url}/ws`)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      503,
      'application/problem+json',
    ])
  })

  test('that is no WebSocket is told so', async () => {
    const { url } = await start()
    expect((await fetch(`${url}/ws`)).status).toBe(426)
  })
})

async function metric({ url }: Sample, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const dropped = (console: Sample, reason: string) =>
  metric(console, `hotdesk_console_dropped_total{reason="${reason}"}`)
const clients = (console: Sample) => metric(console, 'hotdesk_console_clients ')

/** A client that opens the WebSocket and then reads nothing. */
function deaf({ port }: Sample): Promise<net.Socket> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      )
    })
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.pause()
      resolve(socket)
    })
  })
}
