/** The words and the tone of every state that a strategy or an order can be in. */
import type { OrderPhase } from '#sdk/order.ts'
import type { StrategyState } from '#sdk/record.ts'

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet'

export interface StateText {
  readonly text: string
  readonly tone: Tone
}

export const STRATEGY_TEXT: Readonly<Record<StrategyState, StateText>> = {
  SEEN: { text: 'Seen', tone: 'busy' },
  REJECTED: { text: 'Rejected', tone: 'bad' },
  PENDING_APPROVAL: { text: 'Needs approval', tone: 'warn' },
  READY: { text: 'Ready', tone: 'busy' },
  STARTING: { text: 'Starting', tone: 'busy' },
  WARMING: { text: 'Warming', tone: 'busy' },
  ACTIVE: { text: 'Active', tone: 'good' },
  SHADOW: { text: 'Shadow', tone: 'busy' },
  DRAINING: { text: 'Draining', tone: 'warn' },
  STOPPED: { text: 'Stopped', tone: 'quiet' },
  DISABLED: { text: 'Disabled', tone: 'quiet' },
  FAULTED: { text: 'Faulted', tone: 'bad' },
  BACKOFF: { text: 'Backing off', tone: 'warn' },
  QUARANTINED: { text: 'Quarantined', tone: 'bad' },
  UNLOAD_FAILED: { text: 'Unload failed', tone: 'bad' },
}

export const PHASE_TEXT: Readonly<Record<OrderPhase, StateText>> = {
  SUBMITTING: { text: 'Submitting', tone: 'busy' },
  UNKNOWN: { text: 'Unknown', tone: 'bad' },
  WORKING: { text: 'Working', tone: 'busy' },
  TRIGGERED: { text: 'Triggered', tone: 'busy' },
  FILLED: { text: 'Filled', tone: 'good' },
  CANCELLED: { text: 'Cancelled', tone: 'quiet' },
  REJECTED: { text: 'Rejected', tone: 'bad' },
  EXPIRED: { text: 'Expired', tone: 'quiet' },
  NEVER_SENT: { text: 'Never sent', tone: 'warn' },
  ABSENT_PROVEN: { text: 'Absent', tone: 'warn' },
}

export const GATE_TEXT: Readonly<Record<'OPEN' | 'REDUCE' | 'CLOSED', StateText>> = {
  OPEN: { text: 'Open', tone: 'good' },
  REDUCE: { text: 'Reduce only', tone: 'warn' },
  CLOSED: { text: 'Closed', tone: 'bad' },
}
