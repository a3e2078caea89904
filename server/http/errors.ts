import { randomUUID } from 'node:crypto'
import type { FastifyError, FastifyRequest } from 'fastify'
import type { Database } from '../database/index.ts'
import type { Translate } from './drawing/translate.ts'
import { AppError } from './types.ts'

export type ErrorAnswer = {
  status: number
  code: string
  message: string
  fields?: Record<string, string>
  /** For the log, when it is our fault: also shown, so that a person can name it. */
  id?: string
}

type Fault = { keyword: string; instancePath: string; params: Record<string, unknown> }

/** What fastify itself refuses -> our codes. */
const known: Record<string, [string, number]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['request.too_large', 413],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['request.media_type', 415],
  FST_ERR_CTP_INVALID_JSON_BODY: ['request.malformed', 400],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['request.malformed', 400],
  FST_REQ_FILE_TOO_LARGE: ['request.too_large', 413],
  FST_FILES_LIMIT: ['request.too_large', 413],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['request.media_type', 406],
  FST_ERR_BAD_URL: ['request.malformed', 400],
}

/** Turns whatever was thrown into what is said; only here are errors made into answers. */
export function answerOf(error: unknown, t: Translate, db: Pick<Database, 'dialect'>): ErrorAnswer {
  const text = (code: string, values: Record<string, unknown> = {}) => {
    const key = `errors.${code}`
    const found = t(key, values)
    return found === key ? t('errors.unknown', { code }) : found
  }
  if (error instanceof AppError) {
    const fields =
      error.fields &&
      Object.fromEntries(
        Object.entries(error.fields).map(([field, key]) => {
          const found = t(`errors.${key}`, error.values)
          return [field, found === `errors.${key}` ? t(key, error.values) : found]
        }),
      )
    return {
      status: error.status,
      code: error.code,
      message: text(error.code, error.values),
      ...(fields && { fields }),
    }
  }
  const thrown = (error ?? {}) as FastifyError & { validation?: Fault[]; validationContext?: string }
  if (thrown.validation) {
    return {
      status: 400,
      code: 'request.invalid',
      message: text('request.invalid'),
      fields: fieldsOf(thrown.validation, t),
    }
  }
  const code = known[thrown.code]
  if (code) return { status: code[1], code: code[0], message: text(code[0]) }
  if (db.dialect.isUnavailable(error)) {
    return { status: 503, code: 'database.unavailable', message: text('database.unavailable'), id: randomUUID() }
  }
  const status = thrown.statusCode ?? 500
  if (status >= 400 && status < 500) return { status, code: 'request.malformed', message: text('request.malformed') }
  const id = randomUUID()
  return { status: 500, code: 'internal', message: text('internal', { id: id.slice(0, 8) }), id }
}

function fieldsOf(faults: Fault[], t: Translate): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { keyword, instancePath, params } of faults) {
    const path = instancePath.slice(1).replaceAll('/', '.')
    const missing = params.missingProperty ?? params.additionalProperty
    const field = typeof missing === 'string' ? (path ? `${path}.${missing}` : missing) : path || 'request'
    const key = `errors.validation.${keyword}`
    const found = t(key, params)
    fields[field] ??= found === key ? t('errors.validation.other') : found
  }
  return fields
}

/** Whether the answer should be a page. */
export function wantsPage(request: FastifyRequest): boolean {
  return !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html')
}
