import { describe, expect, test } from 'bun:test'

import { readCounts, renderCounts } from './summary.ts'

describe('the summary of a run', () => {
  test('has the counts that bun test ends with', () => {
    const output =
      '(pass) a\n(fail) b\n\n 12 pass\n 3 skip\n 1 fail\n 40 expect() calls\nRan 16 tests\n'
    expect(readCounts(output)).toEqual({ passed: 12, failed: 1 })
  })

  test('is not taken in by a test that prints counts of its own', () => {
    const output = ' 1 pass\n 9 fail\n(pass) prints a summary\n\n 12 pass\n 0 fail\n'
    expect(readCounts(output)).toEqual({ passed: 12, failed: 0 })
  })

  test('is read through the colours of a terminal', () => {
    expect(readCounts('\u001b[32m 2 pass\u001b[0m\n\u001b[0m 0 fail\u001b[0m\n')).toEqual({
      passed: 2,
      failed: 0,
    })
  })

  test('has no counts where the run broke off', () => {
    expect(readCounts('(pass) a\nSegmentation fault\n')).toBeUndefined()
  })

  test('is one line', () => {
    expect(renderCounts({ passed: 12, failed: 1 })).toBe('12 passed, 1 failed')
  })
})
