// Charts as pictures, for PDF and mail. 70-90 ms each: call it in a thread, not where calls are served.
import { createRequire } from 'node:module'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import { Chart, registerables } from 'chart.js'
import type { ChartView } from '../view.ts'
import { chartConfig } from './config.ts'

/** A server may have no fonts at all: these come with the library that writes PDF. */
export const fonts = createRequire(import.meta.url)('pdfmake/fonts/Roboto.js') as {
  Roboto: Record<'normal' | 'bold' | 'italics' | 'bolditalics', string>
}
const colors = ['#0b7285', '#e08a00', '#5f5bc4', '#c23b4a', '#2f8f4e']

let ready = false
function prepare(): void {
  if (ready) return
  ready = true
  GlobalFonts.registerFromPath(fonts.Roboto.normal, 'Roboto')
  GlobalFonts.registerFromPath(fonts.Roboto.bold, 'Roboto')
  Chart.register(...registerables)
  Chart.defaults.font.family = 'Roboto'
  Chart.defaults.color = '#4a5860'
  Chart.defaults.borderColor = '#d5dde1'
}

/** A PNG `width` px wide and as high as on the screen, at twice the density. */
export function chartPicture(view: ChartView, width = 640): Buffer {
  prepare()
  const canvas = createCanvas(width, view.height)
  const config = chartConfig(view, { language: 'es-AR', colors })
  const chart = new Chart<'bar' | 'line', (number | null)[]>(canvas as unknown as HTMLCanvasElement, {
    ...config,
    options: { ...config.options, responsive: false, devicePixelRatio: 2, events: [] },
    plugins: [
      {
        id: 'paper',
        beforeDraw({ ctx, width, height }) {
          ctx.fillStyle = '#ffffff'
          ctx.fillRect(0, 0, width, height)
        },
      },
    ],
  })
  try {
    return canvas.toBuffer('image/png')
  } finally {
    chart.destroy()
  }
}
