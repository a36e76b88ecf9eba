import { describe, expect, test } from 'bun:test'

import { FAULT_CODES } from '../bundle.ts'
import { SDK_VERSION } from '../manifest.ts'
import { STRATEGY_STATES } from '../record.ts'
import { REFUSAL_CODES } from '../refusal.ts'
import { REPORT_STATUS } from '../tape.ts'

const spec = await Bun.file(new URL('../SPEC.md', import.meta.url)).text()
const changelog = await Bun.file(new URL('../CHANGELOG.md', import.meta.url)).text()
/** The codes that open the rows of a table, in its order. */
const rows = [...spec.matchAll(/^\| `([a-z]+(?:\/[a-z-]+)?)` +\|/gm)].map(([, code]) => code)

describe('the contract between host and bundle', () => {
  test('lists every refusal code, in the order of the list', () => {
    const isRefusal = /^(none|risk|order|venue)|^plugin\/draining/
    expect(rows.filter((code = '') => isRefusal.test(code))).toEqual([...REFUSAL_CODES])
  })

  test('lists every fault code, in the order of the list', () => {
    const isFault = (code = '') => code.startsWith('plugin/') && code !== 'plugin/draining'
    expect(rows.filter(isFault)).toEqual([...FAULT_CODES])
  })

  test('names every report of an order, in the order of the list', () => {
    expect(spec).toContain(`Reports: ${REPORT_STATUS.map((status) => `\`${status}\``).join(', ')}.`)
  })

  test('names no state of a strategy that there is not', () => {
    const named = [...spec.matchAll(/`([A-Z]{4,})`/g)].map(([, word = '']) => word)
    const states: readonly string[] = STRATEGY_STATES
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((word) => !states.includes(word))).toEqual([])
  })

  test('is of this version, and the changelog knows it', () => {
    expect(spec).toContain(`SDK ${SDK_VERSION}.`)
    expect(changelog).toContain(`## ${SDK_VERSION},`)
  })

  test('counts its rules without a hole', () => {
    for (const chapter of spec.split(/^## /m).slice(1)) {
      const numbers = [...chapter.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number))
      expect(numbers.slice(1)).toEqual(numbers.slice(1).map((_, at) => at + 1))
    }
  })
})
