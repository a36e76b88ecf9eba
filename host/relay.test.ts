import { describe, expect, test } from 'bun:test'

import { createRelay, type Ears } from './relay.ts'

const heard: string[] = []
const note = (name: string) => () => void heard.push(name)
const ears: Ears = {
  onBar: note('bar'),
  onMarket: note('market'),
  onRecords: note('records'),
  onBundle: note('bundle'),
  onTrouble: note('trouble'),
  onStoreLink: note('store'),
  onError: note('error'),
  onCommand: () => ({ ok: true, text: 'taken' }),
  gauges: () => ({ ticks_total: 1 }),
}

describe('the relay', () => {
  test('drops news while nobody listens, and refuses a command with its reason', () => {
    const relay = createRelay()
    relay.onTrouble('early')
    relay.onRecords([])
    expect(heard).toEqual([])
    expect(relay.gauges()).toEqual({})
    const halt = { ask: 'halt', reason: 'news' } as const
    expect(relay.onCommand(halt)).toMatchObject({ ok: false, code: 'desk/starting' })
  })

  test('hands everything to those who listen, also through a line that was taken before', () => {
    const relay = createRelay()
    const { onTrouble, onBar, onError, onStoreLink, onCommand } = relay
    relay.listen(ears)
    onTrouble('late')
    onBar(0, 0, 0)
    onError('what', 'why')
    onStoreLink(true, '')
    relay.onRecords([])
    expect(heard).toEqual(['trouble', 'bar', 'error', 'store', 'records'])
    expect(onCommand({ ask: 'halt', reason: 'news' })).toEqual({ ok: true, text: 'taken' })
    expect(relay.gauges()).toEqual({ ticks_total: 1 })
  })
})
