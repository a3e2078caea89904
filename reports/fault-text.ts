import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AppError } from '../server/http/types.ts'

type Texts = { [name: string]: string | Texts }
const read = (language: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `locales/${language}.json`), 'utf8')) as Texts
const texts = read('es')

function textAt(key: string, values: AppError['values']): string | undefined {
  const found = key
    .split('.')
    .reduce<string | Texts | undefined>((at, name) => (typeof at === 'object' ? at[name] : at), texts)
  return typeof found === 'string'
    ? found.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => String(values[name] ?? whole))
    : undefined
}

/** What a report refuses, in Spanish with what each field has wrong: for mails and histories, which have no page to say it. */
export function faultText({ code, values, fields }: Pick<AppError, 'code' | 'values' | 'fields'>): string {
  const wrong = Object.values(fields ?? {}).flatMap((key) => textAt(key.replace(/^reports\./, ''), values) ?? [])
  return [textAt(`errors.${code}`, values) ?? code, ...wrong].join(' ')
}

/** What else keeps a report from being sent. */
const sending: [es: string | RegExp, en: string][] = [
  ['quien lo programó ya no está activo', 'whoever scheduled it is not active any more'],
  [
    'quien lo programó ya no es administrador de la plataforma',
    'whoever scheduled it is no administrator of the platform any more',
  ],
  [
    'no hay a quién enviarlo: ninguno de los destinatarios es administrador de la plataforma',
    'there is nobody to send it to: none of the recipients is an administrator of the platform',
  ],
  [
    'no hay a quién enviarlo: nadie de los grupos elegidos tiene correo',
    'there is nobody to send it to: nobody of the chosen groups has an address',
  ],
  ['no son administradores de la plataforma: ', 'no administrators of the platform: '],
  ['no hay servidor de correo configurado (SMTP_URL)', 'no mail server is configured (SMTP_URL)'],
  ['el servidor de correo no aceptó: ', 'the mail server did not take: '],
  ['el servidor de correo no terminó de contestar', 'the mail server did not finish answering'],
  ['el servidor de correo no contestó si lo tomó (', 'the mail server did not say whether it took it ('],
  ['el servidor de correo no contesta (', 'the mail server does not answer ('],
  ['el servidor se detuvo antes de enviarlo', 'the server stopped before it was sent'],
  ['el servidor se detuvo en medio del envío', 'the server stopped in the middle of sending it'],
  ['no se sabe si salió', 'it is not known whether it left'],
  ['el informe tardó demasiado: achicá el período', 'the report took too long: choose a shorter period'],
  ['el informe no se pudo preparar', 'the report could not be made'],
  ['la planilla fue eliminada: programá el envío de otra', 'the workbook was deleted: schedule another one'],
  [
    /son más de (\d+) filas: descargalo desde la pantalla o achicá el período/,
    'it has more than $1 rows: download it from the screen or choose a shorter period',
  ],
  [/el informe (\S+) ya no existe/, 'there is no report $1 any more'],
  ['el envío programado se borró antes de que saliera', 'the schedule was deleted before it left'],
]
const values = /\{\{(\w+)\}\}/g

/** The locales' own texts as patterns, beside the same in English. */
function localised(es: Texts, en: Texts): [RegExp, string][] {
  return Object.entries(es).flatMap(([name, text]): [RegExp, string][] => {
    const other = en[name]
    if (typeof text === 'object') return typeof other === 'object' ? localised(text, other) : []
    if (typeof other !== 'string') return []
    const names = [...text.matchAll(values)].map(([, value]) => value as string)
    const pattern = text
      .split(values)
      .map((part, at) => (at % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : '(\\S+)'))
    return [[new RegExp(pattern.join('')), other.replace(values, (_whole, value) => `$${names.indexOf(value) + 1}`)]]
  })
}
let inEnglish: [string | RegExp, string][] | undefined

/** Why a sending failed, as its history has it, in English; what the mail server itself said stays. */
export function englishFault(text: string): string {
  if (!inEnglish) {
    const en = read('en-US')
    const of = (name: string) => localised(texts[name] as Texts, en[name] as Texts)
    inEnglish = [...of('errors'), ...of('invalid'), ...sending]
  }
  return inEnglish.reduce((told, [es, en]) => told.replace(es, en), text)
}
