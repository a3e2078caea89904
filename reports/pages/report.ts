// Draws the charts of a report's page from the figures that the server put beside them.
import { Chart, registerables } from 'chart.js'

type ChartView = {
  id: string
  title: string
  kind: 'column' | 'stacked' | 'line' | 'bar'
  valueKind: 'count' | 'ratio' | 'duration' | 'decimal' | 'text'
  labels: string[]
  series: { title: string; values: (number | null)[] }[]
}

const colors = ['#0f4c5c', '#e08e45', '#9a3b3b', '#6ba292', '#7a6c9d', '#b7b7b7']
const number = new Intl.NumberFormat('es-AR')
const percent = new Intl.NumberFormat('es-AR', { style: 'percent', maximumFractionDigits: 1 })

function shown(value: number, kind: ChartView['valueKind']): string {
  if (kind === 'ratio') return percent.format(value)
  if (kind !== 'duration') return number.format(value)
  const minutes = Math.round(value / 60_000)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
}

Chart.register(...registerables)
const holder = document.getElementById('report-charts')
for (const view of JSON.parse(holder?.dataset.charts ?? '[]') as ChartView[]) {
  const canvas = holder?.querySelector<HTMLCanvasElement>(`canvas[data-chart="${CSS.escape(view.id)}"]`)
  if (!canvas) continue
  const line = view.kind === 'line'
  const flat = view.kind === 'bar'
  const values = {
    beginAtZero: true,
    stacked: view.kind === 'stacked',
    ...(view.valueKind === 'ratio' ? { max: 1 } : {}),
  }
  const ticks = { callback: (value: number | string) => shown(Number(value), view.valueKind) }
  new Chart(canvas, {
    type: line ? 'line' : 'bar',
    data: {
      labels: view.labels,
      datasets: view.series.map((series, index) => ({
        label: series.title,
        data: series.values,
        backgroundColor: colors[index % colors.length],
        borderColor: colors[index % colors.length],
        borderWidth: line ? 2 : 0,
        pointRadius: line ? 2 : 0,
        spanGaps: false,
      })),
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      indexAxis: flat ? 'y' : 'x',
      plugins: {
        legend: { display: view.series.length > 1, position: 'bottom' },
        tooltip: {
          callbacks: {
            label: (item) =>
              `${item.dataset.label}: ${shown(Number((flat ? item.parsed.x : item.parsed.y) ?? 0), view.valueKind)}`,
          },
        },
      },
      scales: flat
        ? { x: { ...values, ticks }, y: { grid: { display: false } } }
        : { x: { stacked: values.stacked, grid: { display: false } }, y: { ...values, ticks } },
    },
  })
}
