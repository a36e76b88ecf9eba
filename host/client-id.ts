/**
 * Client order ids: the host's own, the same for the same order at every attempt, never the same for two.
 * 80 bits of an HMAC as 16 characters of A-Z and 2-7, which fits the shortest tag field of a broker.
 */
import { createHmac } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function createClientId({
  hostKey,
  account,
}: {
  readonly hostKey: string
  readonly account: string
}): (strategy: string, ref: number) => string {
  return (strategy, ref) => {
    const bytes = createHmac('sha256', hostKey).update(`${account}|${strategy}|${ref}`).digest()
    let id = ''
    let bits = 0
    let held = 0
    for (let at = 0; id.length < 16;) {
      if (held < 5) {
        bits = ((bits << 8) | (bytes[at++] ?? 0)) & 0xfff
        held += 8
      }
      held -= 5
      id += ALPHABET[(bits >> held) & 31]
    }
    return id
  }
}
