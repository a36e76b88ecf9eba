import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'

import type { JournalRecord } from '#sdk/record.ts'

import { JournalError } from './journal-error.ts'
import { openJournal } from './journal.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(folder, 'journal.sqlite')

const halt = (reason: string): JournalRecord => ({
  kind: 'halt',
  at: 1,
  halted: true,
  reason,
  by: 'operator',
})

const state = (strategy: string, tapeSeq: number): JournalRecord => ({
  kind: 'state',
  at: 1,
  strategy,
  version: '1.0.0',
  digest: 'd',
  snapshot: { tapeSeq, stateVersion: 1, states: { '*': { high: tapeSeq } }, nextRef: 1 },
})

function errorOf(action: () => unknown): JournalError {
  try {
    action()
  } catch (error) {
    if (error instanceof JournalError) return error
    throw error
  }
  throw new Error('It did not refuse')
}

describe('Journal', () => {
  test('gives back what was written, in sequence, after a restart', () => {
    const journal = openJournal({ folder })
    expect(journal.lastSeq).toBe(0)
    expect(journal.append([halt('a'), halt('b')])).toBe(2)
    expect(journal.append([])).toBe(2)
    journal.close()

    const again = openJournal({ folder })
    expect(again.lastSeq).toBe(2)
    expect(again.append([halt('c')])).toBe(3)
    expect(again.read(1, 10)).toEqual([
      { ...halt('b'), seq: 2 },
      { ...halt('c'), seq: 3 },
    ])
    expect(again.read(0, 1)).toEqual([{ ...halt('a'), seq: 1 }])
    again.close()
  })

  test('keeps its names for ever, and another journal has others', () => {
    const first = openJournal({ folder })
    const { journalId, hostKey } = first
    first.close()
    const again = openJournal({ folder })
    expect([again.journalId, again.hostKey]).toEqual([journalId, hostKey])
    expect(hostKey).toMatch(/^[0-9a-f]{64}$/)
    again.close()
    const other = openJournal({ folder: join(folder, 'other') })
    expect(other.journalId).not.toBe(journalId)
    expect(other.hostKey).not.toBe(hostKey)
    other.close()
  })

  test('keeps only the newest state of each strategy, in its place in the sequence', () => {
    const journal = openJournal({ folder })
    journal.append([state('sma', 1), halt('a'), state('rsi', 2), state('sma', 3), halt('b')])
    expect(journal.read(0, 10).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual([
      '2 halt',
      '3 state',
      '4 state',
      '5 halt',
    ])
    journal.append([state('sma', 9)])
    journal.close()
    const again = openJournal({ folder })
    expect(again.read(4, 10)).toEqual([
      { ...halt('b'), seq: 5 },
      { ...state('sma', 9), seq: 6 },
    ])
    again.close()
  })

  test('always gives back every record that stands for itself, however it was split into batches', () => {
    const record = fc.oneof(
      fc.record({
        kind: fc.constant('halt' as const),
        at: fc.maxSafeNat(),
        halted: fc.boolean(),
        reason: fc.string({ unit: 'binary' }),
        by: fc.string(),
      }),
      fc.record({
        kind: fc.constant('day' as const),
        at: fc.maxSafeNat(),
        date: fc.string(),
        profits: fc.dictionary(fc.string(), fc.maxSafeInteger(), { noNullPrototype: true }),
      }),
    )
    let run = 0
    fc.assert(
      fc.property(
        fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (batches, page) => {
          const journal = openJournal({ folder: join(folder, String(run++)) })
          for (const batch of batches) journal.append(batch)
          const read = []
          for (let after = 0; after < journal.lastSeq; after = read.length)
            read.push(...journal.read(after, page))
          journal.close()
          const written = batches.flat().map((one, index) => ({ ...one, seq: index + 1 }))
          expect(JSON.stringify(read)).toBe(JSON.stringify(written))
        },
      ),
      { numRuns: 30 },
    )
  })

  test("is one host's alone: a second is told which journal and which process", () => {
    const journal = openJournal({ folder })
    const { code, message } = errorOf(() => openJournal({ folder }))
    expect(code).toBe('journal/locked')
    expect(message).toBe(
      `Another host has the journal "${file()}" open (process ${process.pid}): stop it first`,
    )
    journal.append([halt('still ours')])
    journal.close()
    openJournal({ folder }).close()
  })

  test('refuses a file that is not SQLite', () => {
    writeFileSync(file(), 'not a journal at all'.repeat(100))
    const { code, message } = errorOf(() => openJournal({ folder }))
    expect(code).toBe('journal/foreign')
    expect(message).toContain(`"${file()}" is not an SQLite file: move it away`)
  })

  test('refuses the SQLite file of another program', () => {
    const foreign = new Database(file())
    foreign.run('CREATE TABLE cookies (name TEXT)')
    foreign.close()
    expect(errorOf(() => openJournal({ folder }))).toMatchObject({
      code: 'journal/foreign',
      message: `Journal "${file()}" is not a journal: move it away`,
    })
  })

  test('refuses a file with a damaged page', () => {
    const journal = openJournal({ folder })
    for (let batch = 0; batch < 50; batch++)
      journal.append(Array.from({ length: 20 }, () => halt('x'.repeat(200))))
    journal.close()
    const bytes = readFileSync(file())
    bytes.fill(0xaa, 4096 * 3, 4096 * 4)
    writeFileSync(file(), bytes)
    const { code, message } = errorOf(() => openJournal({ folder }).read(0, 10_000))
    expect(code).toBe('journal/damaged')
    expect(message).toContain('restore')
  })

  test('refuses a record of which one letter has changed', () => {
    const journal = openJournal({ folder })
    journal.append([halt('buy 100'), halt('fine')])
    journal.close()
    const bytes = readFileSync(file())
    bytes.write('900', bytes.indexOf('buy 100') + 4)
    writeFileSync(file(), bytes)
    const again = openJournal({ folder })
    expect(errorOf(() => again.read(0, 10)).message).toContain('Record 1 of')
    expect(again.read(1, 10)).toEqual([{ ...halt('fine'), seq: 2 }])
    again.close()
  })

  test('loses nothing that was acknowledged and tears no batch when the host is killed', async () => {
    for (let round = 0; round < 4; round++) {
      const place = join(folder, String(round))
      const child = Bun.spawn(
        [process.execPath, join(import.meta.dir, 'append-forever.fixture.ts'), place],
        { stdout: 'pipe' },
      )
      let printed = ''
      for await (const part of child.stdout) {
        printed += new TextDecoder().decode(part)
        if (printed.length > 40 + round * 400) child.kill('SIGKILL')
      }
      await child.exited
      const acknowledged = Number(printed.slice(0, printed.lastIndexOf('\n')).split('\n').at(-1))

      const journal = openJournal({ folder: place })
      const records = journal.read(0, 1_000_000)
      journal.close()
      expect(records.length).toBeGreaterThanOrEqual(acknowledged)
      expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1))
      const expected: string[] = []
      for (let batch = 1; expected.length < records.length; batch++) {
        expected.push(...new Array<string>(1 + (batch % 5)).fill(`${batch}/${1 + (batch % 5)}`))
      }
      expect(
        records.map((record) => (record.kind === 'halt' ? record.reason : record.kind)),
      ).toEqual(expected)
    }
  })

  test('refuses a second host in another process, and opens once that one is killed', async () => {
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, 'append-forever.fixture.ts'), folder],
      { stdout: 'pipe' },
    )
    await child.stdout.getReader().read()
    expect(errorOf(() => openJournal({ folder })).message).toContain(`(process ${child.pid})`)
    child.kill('SIGKILL')
    await child.exited
    const journal = openJournal({ folder })
    expect(journal.lastSeq).toBeGreaterThan(0)
    journal.close()
  })
})
