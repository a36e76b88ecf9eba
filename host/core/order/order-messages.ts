/**
 * What the room of orders is told and what it answers.
 *
 * Units    quantities in steps, prices in ticks, times in microseconds
 */
import type { Price, Quantity } from '#sdk/money.ts'
import type { Fill, OrderReport, OrderRow, VenueOrder } from '#sdk/order.ts'
import type { ReportStatus } from '#sdk/tape.ts'

import type { Ignored, OrderFlag } from './order-life.ts'

/** The bundle in whose name an order goes out, and when. */
export interface OrderStamp {
  readonly version: string
  readonly digest: string
  readonly now: number
}

/** A new order: journal the row, then send. */
export interface Submitted {
  readonly row: OrderRow
  readonly send: VenueOrder
}

/** A cancel: journal the row, then cancel by `clientId`. */
export interface CancelRequest {
  readonly row: OrderRow
  readonly clientId: string
}

/** New terms, whole: journal the row, then modify. */
export interface ModifyRequest {
  readonly row: OrderRow
  readonly clientId: string
  readonly terms: { readonly quantity: Quantity; readonly limit?: Price; readonly stop?: Price }
}

/** What a report did. Only `applied` changed something: journal its row, with its fill where there is one. */
export type Outcome =
  | {
      readonly kind: 'applied'
      readonly row: OrderRow
      /** What the strategy is told. */
      readonly status: ReportStatus
      readonly fill?: Fill
      readonly flags: readonly OrderFlag[]
    }
  | { readonly kind: 'ignored'; readonly row: OrderRow; readonly why: Ignored }
  /** Not in the table: kept aside, the order is as it was. */
  | { readonly kind: 'illegal'; readonly row: OrderRow; readonly text: string }
  | { readonly kind: 'unknown-order'; readonly clientId: string }

/** An end that the venue never said, and why we believe it. */
export interface UnsaidEnd {
  readonly phase: 'NEVER_SENT' | 'ABSENT_PROVEN'
  readonly reason: string
  readonly now: number
}

/** The highest and the lowest number that a strategy and the host for it have ever used. */
export interface LastRefs {
  readonly highest: number
  readonly lowest: number
}

/** What was written down before a restart: open orders, as many ended ones as are there, and their fills. */
export interface OrderMemory {
  /** Oldest first. */
  readonly rows: readonly OrderRow[]
  /** All fills of these rows. */
  readonly fills: readonly Pick<Fill, 'executionId' | 'clientId' | 'quantity' | 'price'>[]
  readonly lastRefs: Readonly<Record<string, LastRefs>>
  readonly now: number
}

export interface Restored {
  /** Rows that a restart changed; they can be made again, so journaling them is not needed. */
  readonly changed: readonly OrderRow[]
  /** Not kept: rows in instruments that the desk does not have, ended rows whose fills are not all there. */
  readonly unplaced: readonly OrderRow[]
}

/** Reports that changed nothing, by sort. */
export interface OrderCounts {
  readonly duplicates: number
  readonly ignored: number
  readonly illegal: number
  readonly unknown: number
}

/** A report that is a fill. */
export type FillReport = Extract<OrderReport, { readonly status: 'fill' }>
