/**
 * Candles, volume and arrows in one panel, drawn by lightweight-charts.
 *
 * In       bars and marks as the state holds them; how prices and times are to be read
 * Out      a drawing that follows them, and the bar under the cross-hair
 * Units    the library counts time in seconds; it knows no zones, so its words for times are made here
 */
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type SeriesMarker,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'

import type { Bar } from '#sdk/bar.ts'

import type { FillMark } from '../state/candles.ts'
import type { Zone } from '../state/settings.svelte.ts'
import { markWords } from './mark-words.ts'
import { dayText, minuteText, momentText, monthText, timeText } from './time-text.ts'

/** How the chart speaks; read anew at every word, so that a change shows at once. */
export interface ChartWords {
  readonly zone: Zone
  /** Smallest move of a price. */
  readonly tickSize: number
  readonly price: (value: number) => string
}

export interface CandleChart {
  /** Draws `bars`; `isNew` for another instrument or timeframe, which is shown from its end. */
  draw(bars: readonly Bar[], isNew: boolean): void
  mark(marks: readonly FillMark[]): void
  speak(words: ChartWords): void
  /** Takes the colours of the page again. */
  paint(): void
  remove(): void
}

const BARS_SHOWN = 140
/** A chart of few bars shows them as narrow as this many would be. */
const BARS_SHOWN_MIN = 70
/** Empty bars at the right, for the words of the last arrow. */
const BARS_FREE = 8

export interface CandleChartOptions {
  readonly element: HTMLElement
  /** The bar under the cross-hair, undefined where it is on none. */
  readonly onHover: (time: number | undefined) => void
}

export function createCandleChart({ element, onHover }: CandleChartOptions): CandleChart {
  let words: ChartWords = { zone: 'utc', tickSize: 0.01, price: String }
  let colours = coloursOf(element)
  let drawn: readonly Bar[] = []
  let marked: readonly FillMark[] = []

  const chart = createPanel(element, () => words)
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false })
  const volume = addVolume(chart)
  const arrows = createArrows(chart, candles)
  chart.subscribeCrosshairMove(({ time }) => onHover(time === undefined ? undefined : micros(time)))

  function drawAll(bars: readonly Bar[]) {
    candles.setData(bars.map(candleOf))
    volume.setData(bars.map((bar) => volumeOf(bar, colours)))
  }

  function draw(bars: readonly Bar[], isNew: boolean) {
    const last = bars.at(-1)
    if (!isNew && last !== undefined && differInLastOnly(drawn, bars)) {
      candles.update(candleOf(last))
      volume.update(volumeOf(last, colours))
    } else {
      drawAll(bars)
    }
    drawn = bars
    arrows.on(bars)
    if (isNew) showEnd(chart, bars.length)
  }

  function paint() {
    colours = coloursOf(element)
    const { up, down } = colours
    chart.applyOptions(chartColours(colours))
    candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down })
    drawAll(drawn)
    arrows.set(marked, colours)
  }

  paint()
  return {
    draw,
    mark(marks) {
      marked = marks
      arrows.set(marks, colours)
    },
    speak(next) {
      words = next
      const { tickSize: minMove, price: formatter } = next
      candles.applyOptions({ priceFormat: { type: 'custom', minMove, formatter } })
      // Setting an option is what makes the library ask for its words of times again.
      chart.applyOptions({ timeScale: { secondsVisible: true } })
    },
    paint,
    remove() {
      arrows.remove()
      chart.remove()
    },
  }
}

function createPanel(element: HTMLElement, words: () => ChartWords): IChartApi {
  return createChart(element, {
    autoSize: true,
    layout: { attributionLogo: true, fontSize: 11 },
    localization: { timeFormatter: (time: Time) => momentText(micros(time), words().zone) },
    timeScale: {
      rightOffset: BARS_FREE,
      secondsVisible: true,
      timeVisible: true,
      tickMarkFormatter: (time: Time, type: TickMarkType) =>
        tickText(micros(time), type, words().zone),
    },
    rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.24 }, minimumWidth: 64 },
  })
}

function addVolume(chart: IChartApi): ISeriesApi<'Histogram'> {
  const volume = chart.addSeries(HistogramSeries, {
    priceFormat: { type: 'volume' },
    priceScaleId: 'volume',
    lastValueVisible: false,
    priceLineVisible: false,
  })
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } })
  return volume
}

/** The arrows, with as many words as the width allows; told anew whenever the chart is moved or sized. */
function createArrows(chart: IChartApi, candles: ISeriesApi<'Candlestick'>) {
  const markers = createSeriesMarkers<Time>(candles, [])
  let bars: ReadonlyMap<number, Bar> = new Map()
  let marks: readonly FillMark[] = []
  let colours: Colours | undefined
  let said = ''

  function say() {
    if (colours === undefined) return
    const scale = chart.timeScale()
    const placed = marks.map((mark) => {
      const bar = bars.get(mark.time)
      const x = scale.timeToCoordinate(seconds(mark.time))
      const price = mark.side === 'BUY' ? bar?.low : bar?.high
      return { ...mark, x, y: price === undefined ? null : candles.priceToCoordinate(price) }
    })
    const words = markWords(placed, scale.width())
    const saying = JSON.stringify([marks, words, colours])
    if (saying === said) return
    said = saying
    const ground = colours
    markers.setMarkers(marks.map((mark, at) => arrowOf(mark, words[at] ?? '', ground)))
  }

  // Where things stand is known after the next drawing, not before.
  let frame = 0
  function saySoon() {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(() => (frame = requestAnimationFrame(say)))
  }

  chart.timeScale().subscribeVisibleLogicalRangeChange(saySoon)
  chart.timeScale().subscribeSizeChange(saySoon)
  return {
    on(nextBars: readonly Bar[]) {
      bars = new Map(nextBars.map((bar) => [bar.time, bar]))
      saySoon()
    },
    remove: () => cancelAnimationFrame(frame),
    set(nextMarks: readonly FillMark[], nextColours: Colours) {
      marks = nextMarks
      colours = nextColours
      say()
      saySoon()
    },
  }
}

function showEnd(chart: IChartApi, count: number) {
  const to = count + BARS_FREE
  const shown = Math.min(BARS_SHOWN, Math.max(BARS_SHOWN_MIN, to))
  chart.timeScale().setVisibleLogicalRange({ from: to - shown, to })
  chart.priceScale('right').applyOptions({ autoScale: true })
}

interface Colours {
  readonly up: string
  readonly down: string
  readonly volumeUp: string
  readonly volumeDown: string
  readonly text: string
  readonly line: string
  readonly grid: string
  readonly ground: string
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    up: read('--candle-up'),
    down: read('--candle-down'),
    volumeUp: read('--volume-up'),
    volumeDown: read('--volume-down'),
    text: read('--text-quiet'),
    line: read('--line-strong'),
    grid: read('--grid'),
    ground: read('--panel'),
  }
}

function chartColours({ text, line, grid, ground }: Colours) {
  return {
    layout: { background: { color: ground }, textColor: text },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    crosshair: {
      vertLine: { color: text, labelBackgroundColor: line },
      horzLine: { color: text, labelBackgroundColor: line },
    },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
  }
}

function seconds(time: number): UTCTimestamp {
  return Math.floor(time / 1e6) as UTCTimestamp
}

function micros(time: Time): number {
  return Number(time) * 1e6
}

function candleOf({ time, open, high, low, close }: Bar) {
  return { time: seconds(time), open, high, low, close }
}

function volumeOf({ time, open, close, volume }: Bar, { volumeUp, volumeDown }: Colours) {
  return { time: seconds(time), value: volume, color: close < open ? volumeDown : volumeUp }
}

function arrowOf(
  { time, side }: FillMark,
  text: string,
  { up, down }: Colours,
): SeriesMarker<Time> {
  const place = { time: seconds(time), ...(text === '' ? {} : { text }) }
  return side === 'BUY'
    ? { ...place, position: 'belowBar', shape: 'arrowUp', color: up }
    : { ...place, position: 'aboveBar', shape: 'arrowDown', color: down }
}

/** The moving bar is by far the most frequent change: only then is a whole drawing not needed. */
function differInLastOnly(before: readonly Bar[], after: readonly Bar[]): boolean {
  if (before.length !== after.length) return false
  return (
    before.every((bar, at) => bar === after[at] || at === before.length - 1) &&
    before.at(-1)?.time === after.at(-1)?.time
  )
}

function tickText(time: number, type: TickMarkType, zone: Zone): string {
  switch (type) {
    case TickMarkType.Year:
    case TickMarkType.Month:
      return monthText(time, zone)
    case TickMarkType.DayOfMonth:
      // The library's days begin at midnight UTC; elsewhere that is a time like others.
      return minuteText(time, zone) === '00:00' ? dayText(time, zone) : minuteText(time, zone)
    case TickMarkType.Time:
      return minuteText(time, zone)
    case TickMarkType.TimeWithSeconds:
      return timeText(time, zone)
  }
}
