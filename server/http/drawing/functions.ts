// The functions of our templates, the same on the server and in the browser.
import type Handlebars from 'handlebars'
import type { Translate } from './translate.ts'

/** What a drawing knows beside its model; templates see it as `@language`, `@form` ... */
export type DrawingContext = {
  language: string
  timeZone: string
  translate: Translate
  /** A form that was refused and is drawn again. */
  form?: { values: Record<string, unknown>; errors: Record<string, string>; message: string }
  [name: string]: unknown
}

type Options = Handlebars.HelperOptions & { data: DrawingContext }
type Engine = Pick<typeof Handlebars, 'SafeString' | 'escapeExpression'>

const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>()
const locale = (language: string) => (language === 'en-US' ? 'en-US' : 'es-AR')

function dateFormat(context: DrawingContext, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${context.language} ${context.timeZone} ${kind}`
  let format = formats.get(key) as Intl.DateTimeFormat | undefined
  if (!format) {
    format = new Intl.DateTimeFormat(locale(context.language), {
      ...options,
      timeZone: context.timeZone,
      hourCycle: 'h23',
    })
    formats.set(key, format)
  }
  return format
}

function numberFormat(language: string, digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`
  let format = formats.get(key) as Intl.NumberFormat | undefined
  if (!format) {
    format = new Intl.NumberFormat(locale(language), { minimumFractionDigits: digits, maximumFractionDigits: digits })
    formats.set(key, format)
  }
  return format
}

const instant = (value: unknown): number | undefined => {
  if (value === null || value === undefined || value === '') return undefined
  const ms =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'string' && /\D/.test(value)
        ? Date.parse(value)
        : Number(value)
  return Number.isFinite(ms) ? ms : undefined
}

/** Milliseconds as `m:ss`, or `h:mm:ss` from an hour on; nothing as `—`. */
export function durationText(ms: unknown): string {
  if (ms === null || ms === undefined || !Number.isFinite(Number(ms))) return '—'
  const seconds = Math.max(0, Math.floor(Number(ms) / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

const isTrue = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value))
const operands = (args: unknown[]) => args.slice(0, -1)

/**
 * t, eq, ne, gt, lt, not, and, or, includes, concat, json, date, time, datetime, duration, clock, countdown, number,
 * percent, entered, fault. `now` is given so that tests can fix it.
 */
export function templateFunctions(
  engine: Engine,
  now: () => number = Date.now,
): Record<string, Handlebars.HelperDelegate> {
  const ticking = (attribute: string, at: unknown, options: Options, text: (ms: number) => string) => {
    const ms = instant(at)
    if (ms === undefined) return '—'
    const extra = Object.entries(options.hash)
      .map(([name, value]) => ` data-${name.replace(/[^a-z-]/g, '')}="${engine.escapeExpression(String(value))}"`)
      .join('')
    const iso = Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : ''
    return new engine.SafeString(
      `<time datetime="${iso}" data-${attribute}="${ms}"${extra}>${engine.escapeExpression(text(ms))}</time>`,
    )
  }
  return {
    t(key: unknown, options: Options) {
      return options.data.translate(String(key), options.hash)
    },
    eq: (a: unknown, b: unknown) => a === b,
    ne: (a: unknown, b: unknown) => a !== b,
    gt: (a: unknown, b: unknown) => Number(a) > Number(b),
    lt: (a: unknown, b: unknown) => Number(a) < Number(b),
    not: (a: unknown) => !isTrue(a),
    and: (...args: unknown[]) => operands(args).every(isTrue),
    or: (...args: unknown[]) => operands(args).find(isTrue) ?? operands(args).at(-1),
    includes: (list: unknown, item: unknown) => Array.isArray(list) && list.includes(item),
    concat: (...args: unknown[]) => operands(args).join(''),
    json: (value: unknown) => JSON.stringify(value ?? null),
    date(at: unknown, options: Options) {
      const ms = instant(at)
      return ms === undefined
        ? '—'
        : dateFormat(options.data, 'date', { day: '2-digit', month: '2-digit', year: 'numeric' }).format(ms)
    },
    /** With `seconds=true` to the second. */
    time(at: unknown, options: Options) {
      const ms = instant(at)
      if (ms === undefined) return '—'
      const minute = { hour: '2-digit', minute: '2-digit' } as const
      return options.hash.seconds
        ? dateFormat(options.data, 'second', { ...minute, second: '2-digit' }).format(ms)
        : dateFormat(options.data, 'time', minute).format(ms)
    },
    datetime(at: unknown, options: Options) {
      const ms = instant(at)
      if (ms === undefined) return '—'
      return dateFormat(options.data, 'datetime', {
        day: '2-digit',
        month: '2-digit',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
      })
        .format(ms)
        .replace(', ', ' ')
    },
    duration: (ms: unknown) => durationText(ms),
    clock(at: unknown, options: Options) {
      return ticking('since', at, options, (ms) => durationText(now() - ms))
    },
    countdown(at: unknown, options: Options) {
      return ticking('until', at, options, (ms) => durationText(ms - now()))
    },
    number(value: unknown, options: Options) {
      if (value === null || value === undefined || !Number.isFinite(Number(value))) return '—'
      return numberFormat(options.data.language, Number(options.hash.digits ?? 0)).format(Number(value))
    },
    percent(ratio: unknown, options: Options) {
      if (ratio === null || ratio === undefined || !Number.isFinite(Number(ratio))) return '—'
      return `${numberFormat(options.data.language, Number(options.hash.digits ?? 0)).format(Number(ratio) * 100)} %`
    },
    /** What was typed in a form that is drawn again, else the value given. */
    entered(name: unknown, value: unknown, options: Options) {
      const form = options.data.form
      return form ? (form.values[String(name)] ?? '') : (value ?? '')
    },
    /** Whether that choice was made in a form that is drawn again, else the value given. */
    chosen(name: unknown, value: unknown, options: Options) {
      const form = options.data.form
      return form
        ? form.values[String(name)] !== undefined && String(form.values[String(name)]) !== 'false'
        : isTrue(value)
    },
    /** What is wrong with that field; nothing when it is right. */
    fault(name: unknown, options: Options) {
      return options.data.form?.errors[String(name)] ?? ''
    },
    /** Compares as text: numbers of the model with values of a form. */
    same: (a: unknown, b: unknown) => String(a ?? '') === String(b ?? ''),
  }
}
