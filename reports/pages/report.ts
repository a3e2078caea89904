// Draws the charts of a report's page from the figures that the server put beside them.
import './export.ts'
import { Chart, registerables } from 'chart.js'
import { chartConfig } from '../chart/config.ts'
import type { Seal } from '../health/seal.ts'
import type { ChartView } from '../view.ts'

const language = document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR'
const number = new Intl.NumberFormat(language)
const look = getComputedStyle(document.documentElement)
const color = (name: string) => look.getPropertyValue(`--${name}`).trim()

/** Teal, amber, violet, red, green: told apart also without colour sight, in light and dark. */
const colors = [1, 2, 3, 4, 5].map((index) => color(`chart-${index}`))

Chart.register(...registerables)
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily
Chart.defaults.color = color('ink-soft')
Chart.defaults.borderColor = color('line')

const holder = document.getElementById('report-charts')
for (const view of JSON.parse(holder?.dataset.charts ?? '[]') as ChartView[]) {
  const canvas = holder?.querySelector<HTMLCanvasElement>(`canvas[data-chart="${CSS.escape(view.id)}"]`)
  if (canvas) new Chart<'bar' | 'line', (number | null)[]>(canvas, chartConfig(view, { language, colors }))
}

// The seal costs a count over the period: it comes behind the figures.
const seal = document.getElementById('report-health')
if (seal) {
  const text = seal.querySelector('#report-health-text') as HTMLElement
  const sign = seal.querySelector('#report-health-sign') as HTMLElement
  const signs = { good: ['✓', 'badge-good'], warning: ['!', 'badge-warn'], bad: ['✗', 'badge-bad'] } as const
  const ask = async (): Promise<Seal> => {
    const answer = await fetch(`${seal.dataset.address}&wait=no`)
    if (!answer.ok) throw new Error(String(answer.status))
    const found = (await answer.json()) as Seal
    if (!found.pending) return found
    text.textContent = found.text
    return ask()
  }
  ask()
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
