// How a chart of a report looks, the same on the screen, in the PDF and in the mail.
import type { ChartConfiguration, ChartDataset } from 'chart.js'
import type { ChartView } from '../view.ts'
import { timeStep } from './steps.ts'

type Data = (number | null)[]
export type ReportChart = ChartConfiguration<'bar' | 'line', Data>

const two = (value: number) => String(value).padStart(2, '0')

function durationStep(view: ChartView): number | undefined {
  const lengths = view.labels.map((_, at) => {
    const values = view.series.map((series) => series.values[at] ?? 0)
    return view.kind === 'stacked' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
  })
  const most = Math.max(...lengths)
  return timeStep(most)
}

/**
 * A name for the side of a chart in at most two lines of `most` letters, broken between words: whole if it can be. What of it does not
 * fit is in the table below and when one points at its bar.
 */
export function foldName(name: string, most: number): string | string[] {
  if (name.length <= most) return name
  const at = name.lastIndexOf(' ', most)
  const [first, rest] = at > 0 ? [name.slice(0, at), name.slice(at + 1)] : [name.slice(0, most), name.slice(most)]
  return [first, rest.length <= most ? rest : `${rest.slice(0, most - 1).trimEnd()}…`]
}

/** More columns than these beside each other are a hatching: their outline is drawn instead. */
const mostColumns = 100
/** More points than these hide their line. */
const mostPoints = 60

/** `colors`: one a series, told apart also without colour sight. */
export function chartConfig(
  view: ChartView,
  { language, colors }: { language: string; colors: string[] },
): ReportChart {
  const number = new Intl.NumberFormat(language)
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const shown = (value: number): string => {
    if (view.valueKind === 'ratio') return `${tenths.format(value * 100)} %`
    if (view.valueKind !== 'duration') return number.format(value)
    const seconds = Math.round(value / 1_000)
    return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  }
  const { flat, labels } = view
  const outline = view.kind === 'column' && labels.length > mostColumns
  const line = view.kind === 'line' || outline
  const step = view.valueKind === 'duration' ? durationStep(view) : undefined
  const wholeMinutes = (step ?? 0) % 60_000 === 0
  const values = {
    beginAtZero: true,
    stacked: view.kind === 'stacked',
    ...(view.valueKind === 'ratio' ? { max: 1 } : {}),
    border: { display: false },
    ticks: {
      callback: (value: number | string) =>
        view.valueKind === 'duration' && wholeMinutes ? shown(Number(value)).replace(/:00$/, '') : shown(Number(value)),
      maxTicksLimit: 7,
      maxRotation: 0,
      autoSkipPadding: 10,
      ...(view.valueKind === 'count' ? { precision: 0 } : {}),
      ...(step === undefined ? {} : { stepSize: step }),
    },
  }
  const names = {
    stacked: values.stacked,
    grid: { display: false },
    ticks: flat
      ? {
          autoSkip: false,
          // Two lines stand in a bar's height.
          font: { size: 11, lineHeight: 1.05 },
          callback(this: { chart: { width: number } }, place: number | string) {
            // The drawing gives names half of its width at most, and cuts what is longer at its beginning.
            return foldName(labels[Number(place)] ?? '', Math.floor((this.chart.width / 2 - 20) / 6.6))
          },
        }
      : { maxRotation: 0, autoSkipPadding: 14 },
  }
  const pointRadius = (values: Data) => (at: { dataIndex: number }) => {
    const alone = values[at.dataIndex - 1] == null && values[at.dataIndex + 1] == null
    return labels.length <= mostPoints || alone ? 3 : 0
  }
  const datasets = view.series.map((series, index) => ({
    label: series.title,
    data: series.values,
    backgroundColor: colors[index % colors.length],
    borderColor: colors[index % colors.length],
    ...(line
      ? // A point at 100 % stands on the edge of the drawing and must be whole.
        {
          borderWidth: 2,
          pointRadius: outline ? 0 : pointRadius(series.values),
          clip: 8,
          spanGaps: false,
          tension: 0,
          ...(outline ? { stepped: 'middle' as const } : {}),
        }
      : { borderWidth: 0, borderRadius: 2, maxBarThickness: 34 }),
  }))
  return {
    type: line ? 'line' : 'bar',
    data: { labels, datasets: datasets as ChartDataset<'bar' | 'line', Data>[] },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      indexAxis: flat ? 'y' : 'x',
      layout: { padding: { top: 6, right: 6 } },
      interaction: { mode: 'index', axis: flat ? 'y' : 'x', intersect: false },
      plugins: {
        legend: {
          display: view.series.length > 1,
          position: 'bottom',
          labels: { boxWidth: 12, boxHeight: 12, padding: 12 },
        },
        tooltip: {
          callbacks: {
            // No value is not nought.
            label: (item) => {
              const value = flat ? item.parsed.x : item.parsed.y
              return `${item.dataset.label}: ${value === null || Number.isNaN(value) ? '—' : shown(value)}`
            },
          },
        },
      },
      scales: flat ? { x: values, y: names } : { x: names, y: values },
    },
  }
}
