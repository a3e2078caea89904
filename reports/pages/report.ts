// Draws the charts of a report's page from the figures that the server put beside them.
import './export.ts'
import { Chart, type ChartDataset, registerables } from 'chart.js'
import type { Seal } from '../health/seal.ts'
import type { ChartView } from '../view.ts'

const language = document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR'
const number = new Intl.NumberFormat(language)
const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
const look = getComputedStyle(document.documentElement)
const color = (name: string) => look.getPropertyValue(`--${name}`).trim()

/** Teal, amber, violet, red, green: told apart also without colour sight, in light and dark. */
const colors = [1, 2, 3, 4, 5].map((index) => color(`chart-${index}`))

const two = (value: number) => String(value).padStart(2, '0')
function shown(value: number, kind: ChartView['valueKind']): string {
  if (kind === 'ratio') return percent.format(value)
  if (kind !== 'duration') return number.format(value)
  const seconds = Math.round(value / 1_000)
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** Axes of time go by minutes and hours that people count in, not by powers of ten of milliseconds. */
const steps = [1, 5, 15, 30, 60, 120, 300, 600, 1_440, 3_000, 6_000].map((minutes) => minutes * 60_000)
function durationStep(view: ChartView): number | undefined {
  const lengths = view.labels.map((_, at) => {
    const values = view.series.map((series) => series.values[at] ?? 0)
    return view.kind === 'stacked' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
  })
  const most = Math.max(...lengths)
  return steps.find((step) => most / step <= 6)
}

Chart.register(...registerables)
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily
Chart.defaults.color = color('ink-soft')
Chart.defaults.borderColor = color('line')

const holder = document.getElementById('report-charts')
for (const view of JSON.parse(holder?.dataset.charts ?? '[]') as ChartView[]) {
  const canvas = holder?.querySelector<HTMLCanvasElement>(`canvas[data-chart="${CSS.escape(view.id)}"]`)
  if (!canvas) continue
  const line = view.kind === 'line'
  const { flat } = view
  const values = {
    beginAtZero: true,
    stacked: view.kind === 'stacked',
    ...(view.valueKind === 'ratio' ? { max: 1 } : {}),
    border: { display: false },
    ticks: {
      callback: (value: number | string) =>
        view.valueKind === 'duration'
          ? shown(Number(value), 'duration').replace(/:00$/, '')
          : shown(Number(value), view.valueKind),
      maxTicksLimit: 7,
      ...(view.valueKind === 'count' ? { precision: 0 } : {}),
      ...(view.valueKind === 'duration' ? { stepSize: durationStep(view) } : {}),
    },
  }
  const names = {
    stacked: values.stacked,
    grid: { display: false },
    ticks: flat ? { autoSkip: false } : { maxRotation: 0, autoSkipPadding: 14 },
  }
  const datasets = view.series.map((series, index) => ({
    label: series.title,
    data: series.values,
    backgroundColor: colors[index % colors.length],
    borderColor: colors[index % colors.length],
    ...(line
      ? // A point at 100 % stands on the edge of the drawing and must be whole.
        { borderWidth: 2, pointRadius: 3, clip: 8, spanGaps: false, tension: 0 }
      : { borderWidth: 0, borderRadius: 2, maxBarThickness: 34 }),
  }))
  new Chart<'bar' | 'line', (number | null)[]>(canvas, {
    type: line ? 'line' : 'bar',
    data: { labels: view.labels, datasets: datasets as ChartDataset<'bar' | 'line', (number | null)[]>[] },
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
            label: (item) =>
              `${item.dataset.label}: ${shown(Number((flat ? item.parsed.x : item.parsed.y) ?? 0), view.valueKind)}`,
          },
        },
      },
      scales: flat ? { x: values, y: names } : { x: names, y: values },
    },
  })
}

// The seal costs a count over the period: it comes behind the figures.
const seal = document.getElementById('report-health')
if (seal) {
  const text = seal.querySelector('#report-health-text') as HTMLElement
  const sign = seal.querySelector('#report-health-sign') as HTMLElement
  const signs = { good: ['✓', 'badge-good'], warning: ['!', 'badge-warn'], bad: ['✗', 'badge-bad'] } as const
  fetch(seal.dataset.address ?? '')
    .then((answer) => (answer.ok ? (answer.json() as Promise<Seal>) : Promise.reject(new Error(String(answer.status)))))
    .then((found) => {
      text.textContent = found.text
      sign.textContent = signs[found.state][0]
      sign.classList.add(signs[found.state][1])
      seal.querySelector('ul')?.replaceChildren(
        ...found.checks.map((check) => {
          const item = document.createElement('li')
          const words =
            check.wrong > 0
              ? `${number.format(check.wrong)} ${seal.dataset.wrong} ${seal.dataset.of}`
              : `${seal.dataset.agree}`
          item.textContent = `${check.wrong > 0 ? '✗' : '✓'} ${check.label}: ${words} ${number.format(check.compared)} `
          if (check.wrong > 0 && check.href) {
            const link = document.createElement('a')
            link.href = check.href
            link.textContent = seal.dataset.see ?? ''
            item.append(link)
          }
          return item
        }),
      )
    })
    .catch(() => {
      text.textContent = seal.dataset.failed ?? ''
    })
}
