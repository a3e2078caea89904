// From what staffing is told: how long callers wait before they hang up, the forecast and its error, the settings.
import type { Table } from '../workbook/index.ts'
import { column, percent } from './cells.ts'
import type { Past } from './past.ts'
import { knownPatience } from './patience.ts'
import type { Settings } from './store.ts'

export function patienceTable({ patience }: Past): Table {
  const { curve, meanSeconds } = patience
  const steps = [0, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600]
  return {
    id: 'patience',
    title: 'Paciencia de quienes llaman',
    columns: [
      column('second', 'Espera', 'text'),
      column('share', 'Siguen esperando (visto)', 'ratio'),
      column('model', 'Según el modelo', 'ratio'),
    ],
    rows: meanSeconds
      ? steps.map((second) => [
          second < 60 ? `${second} s` : `${second / 60} min`.replace('.', ','),
          curve.findLast((one) => one.second < second)?.share ?? 1,
          Math.exp(-second / meanSeconds),
        ])
      : [],
  }
}

export function howTable({ forecast, patience, ahtSeconds, history }: Past, settings: Settings): Table {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '—' : value.toFixed(2).replace('.', ',')
  const { error, recipe } = forecast ?? {}
  const known = knownPatience(patience)
  const how =
    recipe === undefined
      ? '—'
      : recipe === 'naive'
        ? 'la semana anterior'
        : ['día y semana', ...(recipe.month ? ['mes'] : []), 'feriados', ...(recipe.trend ? ['tendencia'] : [])].join(
            ', ',
          )
  return {
    id: 'how',
    title: 'Cómo se calculó',
    columns: [column('what', 'Qué', 'text'), column('value', 'Valor', 'text')],
    rows: [
      ['Días de historia', `${history.length}`],
      ['El pronóstico tiene en cuenta', how],
      ['Semanas apartadas para medir el error', error ? `${error.weeks}` : 'todavía no alcanza la historia'],
      [
        'Error por media hora (WAPE); repetir la semana anterior',
        `${percent(error?.wape)}; ${percent(error?.naiveWape)}`,
      ],
      [
        'Error por día (WAPE); repetir la semana anterior',
        `${percent(error?.dayWape)}; ${percent(error?.naiveDayWape)}`,
      ],
      [
        // What even the exact rate would be off by: calls come by chance.
        'Piso de esos errores, por media hora y por día (Poisson)',
        `${percent(error?.floorWape)}; ${percent(error?.floorDayWape)}`,
      ],
      ['MASE; repetir la semana anterior', `${number(error?.mase)}; ${number(error?.naiveMase)}`],
      ['Tiempo medio de operación, cuatro semanas', `${Math.round(ahtSeconds)} s`],
      [
        'Paciencia media',
        patience.meanSeconds
          ? `${Math.round(patience.meanSeconds)} s (${patience.abandoned} cortaron, ${patience.censored} no)`
          : '—',
      ],
      ['Fórmula', known ? 'Erlang A (con paciencia)' : 'Erlang C (pocos cortaron para saber su paciencia)'],
      ['Objetivo', `${percent(settings.target)} en ${settings.targetSeconds} s, sobre ofrecidas`],
      ['Reductores (pausas, capacitación, ausencias)', percent(settings.shrinkage)],
      ['Costo de la hora', settings.costHour > 0 ? `$ ${number(settings.costHour)}` : 'sin cargar'],
    ],
  }
}
