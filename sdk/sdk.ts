/**
 * The door of the SDK: everything a strategy's author imports, by name. Bundles get exactly this module as `#sdk`;
 * nothing of it is bundled into them.
 */
import * as typebox from '@sinclair/typebox'

/** Schemas for parameters and state. A plain copy, so that a carrier can freeze it. */
export const Type: typeof typebox.Type = { ...typebox.Type } as typeof typebox.Type
export type { Static, TObject } from '@sinclair/typebox'

export { atr } from './indicator/atr/atr.ts'
export { bollinger } from './indicator/bollinger/bollinger.ts'
export { ema } from './indicator/ema/ema.ts'
export type { Indicator } from './indicator/indicator.ts'
export { macd } from './indicator/macd/macd.ts'
export { rsi } from './indicator/rsi/rsi.ts'
export { sma } from './indicator/sma/sma.ts'
export { vwap } from './indicator/vwap/vwap.ts'
export { defineStrategy } from './strategy.ts'
export type {
  BarSeries,
  Context,
  FillInfo,
  InstrumentInfo,
  Needs,
  OpenOrder,
  OrderRef,
  OrderReportInfo,
  OrderRequest,
  Orders,
  PositionInfo,
  SessionInfo,
  StrategyDefinition,
} from './strategy.ts'
export type { Bar, Timeframe } from './bar.ts'
export type { Tick } from './tick.ts'
export type { OrderKind, Side, TimeInForce } from './order.ts'
export type { RefusalCode } from './refusal.ts'
export type { ReportStatus } from './tape.ts'
