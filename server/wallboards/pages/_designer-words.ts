// What the designer says.
import { t } from '../../http/browser/index.ts'

const { lang, dataset } = document.documentElement

export const language = lang
export const timeZone = dataset.timeZone ?? 'America/Argentina/Buenos_Aires'
const moments = new Intl.DateTimeFormat(lang === 'en-US' ? 'en-US' : 'es-AR', {
  ...{ dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23', timeZone },
})

/** A text of the designer. */
export const say = (key: string, values: Record<string, unknown> = {}): string =>
  t(`wallboards.designer.${key}`, values)
/** Day and time in the agency's zone. */
export const moment = (at: number): string => moments.format(at)
