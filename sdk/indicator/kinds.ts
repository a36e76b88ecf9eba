/** Every indicator that the host can compute, by name. A new one is added here and nowhere else in the host. */
import { atrKind } from './atr/atr.ts'
import { bollingerKind } from './bollinger/bollinger.ts'
import { emaKind } from './ema/ema.ts'
import type { IndicatorKind } from './indicator.ts'
import { macdKind } from './macd/macd.ts'
import { rsiKind } from './rsi/rsi.ts'
import { smaKind } from './sma/sma.ts'
import { vwapKind } from './vwap/vwap.ts'

/** All kinds, in alphabetical order. */
export const INDICATOR_KINDS: readonly IndicatorKind[] = Object.freeze([
  atrKind,
  bollingerKind,
  emaKind,
  macdKind,
  rsiKind,
  smaKind,
  vwapKind,
])

/** The kind of that name; undefined where there is none. */
export function findIndicator(name: string): IndicatorKind | undefined {
  return INDICATOR_KINDS.find((kind) => kind.name === name)
}
