import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'

import { codeOf, until } from './bundle.fixture.ts'
import { createWorkerStage, type WorkerStage } from './worker-stage.fixture.ts'

setDefaultTimeout(60_000)

/** Each is evaluated in a handler. It must throw, be undefined, or do nothing to anyone. */
const FORBIDDEN: readonly string[] = [
  'fetch("http://127.0.0.1:1")',
  'process.env',
  'process',
  'Bun.file("/etc/passwd")',
  'Bun',
  'require("node:fs")',
  'require("bun:ffi")',
  'Date.now()',
  'new Date().getTime()',
  'Math.random()',
  'performance.now()',
  'setTimeout(() => {}, 0)',
  'setInterval(() => {}, 0)',
  'queueMicrotask(() => {})',
  'new SharedArrayBuffer(8)',
  'Atomics.wait(new Int32Array(8), 0, 0)',
  'new WebAssembly.Module(new Uint8Array(8))',
  'new Worker("x")',
  'postMessage("x")',
  'self.postMessage("x")',
  'new XMLHttpRequest()',
  'new WebSocket("ws://127.0.0.1:1")',
  'globalThis.process',
  'globalThis.constructor.constructor("return process")()',
  'Function("return this")().process',
  'Function("return process")()',
  '(function () { return this })().process',
  '(0, eval)("this").process',
  '(async () => {}).constructor("return process")()',
  '(function* () {}).constructor("return process")().next().value',
  '(async function* () {}).constructor("return process")().next().value.x',
  '[].constructor.constructor("return process")()',
  'context.constructor.constructor("return process")()',
  'context.orders.constructor.constructor("return process")()',
  'context.log.constructor("return process")()',
  'require.constructor("return process")()',
  'require("#sdk").Type.constructor.constructor("return process")()',
  'new Error("x").stack.constructor.constructor("return process")()',
  'Error.prepareStackTrace = (_, sites) => sites; new Error("x").stack[0].getThis().process',
  'module.constructor._load("node:fs")',
  'Object.prototype.polluted = 1',
  'Array.prototype.push = () => 1',
  'Promise.prototype.then = () => 1',
  'Map.prototype.get = () => 1',
  'Object.defineProperty(Object.prototype, "polluted", { value: 1 })',
  '({}).__proto__.polluted = 1',
  'globalThis.polluted = 1',
  'require("#sdk").ema = 1',
  'Float64Array.prototype.fill = () => 1',
  'arguments.callee.caller.arguments[0].process',
]

describe('a bundle in its compartment', () => {
  let stage: WorkerStage
  const answers = new Map<string, string>()

  beforeAll(async () => {
    stage = createWorkerStage()
    const tries = FORBIDDEN.map(
      (text) => `[${JSON.stringify(text)}, function (context) { return (${wrap(text)}) }]`,
    )
    const code = codeOf(
      `onTick(context) {
        const [name, attempt] = TRIES[context.state.count++]
        let answer
        try { const value = attempt(context); answer = value === undefined || Number.isNaN(value) ? 'undefined' : 'got ' + typeof value }
        catch (error) { answer = 'threw' }
        context.log(name + ' -> ' + answer)
      },`,
      `const TRIES = [${tries.join(',\n')}]`,
    )
    await stage.run(1, code)
    for (let i = 0; i < FORBIDDEN.length; i++) stage.writer.write(1, 0, 0, 0, i * 1e6, 1000)
    stage.carriers.touchAll()
    stage.carriers.wake()
    await until(
      () => stage.logs.length === FORBIDDEN.length,
      `all answers, got ${stage.logs.length}`,
    )
    for (const line of stage.logs) {
      const [name = '', answer = ''] = line.slice('sample: '.length).split(' -> ')
      answers.set(name, answer)
    }
  })
  afterAll(() => stage.stop())

  for (const text of FORBIDDEN) {
    test(`gets nothing from ${text}`, () => {
      expect(answers.get(text)).toMatch(/^(threw|undefined)$/)
    })
  }

  for (const text of ['eval("process")', 'import("node:fs")', 'import ("#sdk")', '0 <!-- 1']) {
    test(`is not evaluated at all with ${text} in it`, async () => {
      const other = createWorkerStage()
      try {
        await expect(other.run(1, codeOf(`onTick() { ${text} },`))).rejects.toThrow('rejected')
      } finally {
        await other.stop()
      }
    })
  }

  test('changes nothing for the host and for a second bundle', async () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    await stage.run(
      2,
      codeOf(
        'onTick({ log }) { const got = []; got.push(1); log(String([got.length, new Map([[1, 2]]).get(1), {}.polluted, globalThis.polluted])) },',
      ),
      'second',
    )
    stage.tick()
    await until(() => stage.logs.some((line) => line.startsWith('second')), 'the second bundle')
    expect(stage.logs.at(-1)).toBe('second: 1,2,,')
  })

  test('has the language: arithmetic, arrays, maps, typed arrays, promises that wait', async () => {
    const body =
      'onTick({ log }) { log([Math.sqrt(16), [3, 1].sort()[0], new Float64Array(2).length, JSON.stringify({ a: 1 }), typeof Promise.resolve().then, new RegExp("a").test("a")].join()) },'
    await stage.run(3, codeOf(body), 'third')
    stage.tick()
    await until(() => stage.logs.some((line) => line.startsWith('third')), 'the third bundle')
    expect(stage.logs.at(-1)).toBe('third: 4,1,2,{"a":1},function,true')
  })
})

/** Statements become the body of a function; expressions stay as they are. */
function wrap(text: string): string {
  const parts = text.split('; ')
  const last = parts.pop() ?? ''
  return parts.length === 0 ? last : `(() => { ${parts.join('; ')}; return ${last} })()`
}
