import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AppError } from '../server/http/types.ts'

type Texts = { [name: string]: string | Texts }
const texts = JSON.parse(readFileSync(join(import.meta.dirname, 'locales/es.json'), 'utf8')) as Texts

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
