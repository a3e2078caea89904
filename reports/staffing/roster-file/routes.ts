import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { AppError } from '../../../server/http/types.ts'
import { type ReportRoutesOptions, reportRoles } from '../../access.ts'
import { WorkbookRefused } from '../../own-workbook/refused.ts'
import { sendFile } from '../../send-file.ts'
import { xlsxType } from '../../workbook/index.ts'
import { slotsADay } from '../calls-forecast.ts'
import { queueOf } from '../queue-of.ts'
import { agentNames, emptyRoster, type Roster, readQueues, readRoster, rosterMark, saveRoster } from '../store.ts'
import { maxFileBytes } from './grid.ts'
import type { Reading } from './reading.ts'
import { addFile, markTaken, type RosterFile, readFile } from './store.ts'
import { type TemplateKind, templateFile, templates } from './template.ts'
import { readInThread } from './thread.ts'
import { dayNames } from './words.ts'

const params = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-f-]{36}$' } },
  required: ['id'],
} as const
type Id = { Params: { id: string } }
const takeBody = {
  type: ['object', 'null'],
  properties: { shown: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
} as const
type Take = Id & { Body: { shown?: string } | null | undefined }
/** Readings of the latest files by their ids, so that looking at one again does not read it again. */
const mostRemembered = 20
const kindNames = { agents: 'un agente por fila', shifts: 'un turno por fila', counts: 'agentes por hora' }
const roster = '/reports/staffing/roster'
const uploads = '/reports/staffing/uploads'

/** A roster as a file: uploaded, looked at, and taken only then. */
export const rosterFileRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, { db, audit, now = Date.now }) => {
  const config = { roles: reportRoles.filter((role) => role !== 'integration') }
  const page = { config, schema: { hide: true } as object }

  for (const [kind, { name }] of Object.entries(templates))
    app.get(`${roster}/template/${kind}`, page, async (request, reply) => {
      const bytes = await templateFile(kind as TemplateKind)
      return sendFile(request, reply, { name, type: xlsxType, content: Readable.from([Buffer.from(bytes)]) })
    })

  app.post(`${uploads}`, page, async (request, reply) => {
    const { file, fileName, fields } = await partsOf(request)
    const queueId = queueOf(fields.queue, await readQueues(db, request.scope))
    if (!file) throw new AppError('workbook.no_file', 400, {}, { file: 'errors.workbook.no_file' })
    // Refused before it is kept.
    const reading = await read(file, request.scope.agencyId)
    const one = { queueId, userId: request.session.userId, name: fileName || 'dotacion', content: file }
    const id = await addFile(db, request.scope, one, now())
    remember(id, reading)
    const address = `${uploads}/${id}`
    if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect(address, 303)
    return reply.code(201).send({ id, address })
  })

  app.get<Id>(`${uploads}/:id`, { config, schema: { hide: true, params } as object }, async (request, reply) => {
    const { scope } = request
    const { content, ...file } = await known(request)
    const reading = await readingOf(file.id, content, scope.agencyId)
    const before = await readRoster(db, scope, file.queueId)
    const model = {
      file,
      shown: rosterMark(before),
      ...previewOf(reading, before, await agentNames(db, scope)),
      queue: (await readQueues(db, scope)).find(({ id }) => id === file.queueId)?.name,
      back: backOf(file),
    }
    return reply.page('reports/roster-file', model, { title: 'Dotación desde un archivo', nav: 'reports' })
  })

  const take = { config, schema: { hide: true, params, body: takeBody } as object }
  app.post<Take>(`${uploads}/:id/take`, take, async (request, reply) => {
    const { scope } = request
    const { content, ...file } = await known(request)
    const reading = await readingOf(file.id, content, scope.agencyId)
    // What has faults is not taken, not even by a form of somebody's own.
    if (reading.faults.length > 0) throw new AppError('roster_file.has_faults', 409)
    const shown = request.body?.shown
    await saveRoster(db, scope, file.queueId, {
      ...{ roster: reading.roster, shown, now: now(), userId: request.session.userId },
    })
    await markTaken(db, scope, file.id, now())
    await audit?.record(scope, {
      ...{
        userId: request.session.userId,
        action: 'staffing.uploaded',
        subjectType: 'queue',
        subjectId: file.queueId,
      },
      detail: { file: file.name, rows: reading.rows },
    })
    const back = backOf(file)
    return reply.redirect(`${back}${back.includes('?') ? '&' : '?'}done=saved`, 303)
  })

  app.get<Id>(`${uploads}/:id/file`, { config, schema: { hide: true, params } as object }, async (request, reply) => {
    const { content, name } = await known(request)
    // Always as a download of no type of its own: it is a stranger's.
    return sendFile(request, reply, { name, type: 'application/octet-stream', content: Readable.from([content]) })
  })

  async function known(request: FastifyRequest<Id | Take>) {
    const file = await readFile(db, request.scope, request.params.id)
    if (!file) throw new AppError('roster_file.not_found', 404)
    return file
  }
  const remembered = new Map<string, Reading>()
  function remember(id: string, reading: Reading): void {
    remembered.set(id, reading)
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value as string)
  }
  /** Of a file that `known` gave: whoever asks has been looked at. */
  async function readingOf(id: string, content: Buffer, agencyId: number): Promise<Reading> {
    const reading = remembered.get(id) ?? (await read(content, agencyId))
    remember(id, reading)
    return reading
  }
  async function read(bytes: Buffer, agencyId: number): Promise<Reading> {
    try {
      return await readInThread(bytes, now(), agencyId)
    } catch (error) {
      if (error instanceof WorkbookRefused)
        throw new AppError(error.code, 400, error.values, { file: `errors.${error.code}` })
      throw error
    }
  }
}

const backOf = ({ queueId }: Pick<RosterFile, 'queueId'>) => `${roster}${queueId ? `?queue=${queueId}` : ''}`
const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9 ]/g, ' ')
    .split(/\s+/)
    .sort()
    .join(' ')
    .trim()

/** What would be taken, beside what is there. */
function previewOf(reading: Reading, before: Roster | undefined, known: readonly string[]) {
  const hours = (of: Roster) => of.flat().reduce((sum, count) => sum + count, 0) / 2
  const slots = Array.from({ length: slotsADay }, (_, slot) => slot)
  const busy = slots.filter((slot) => reading.roster.some((day) => day[slot]! > 0))
  const names = new Set(known.map(plain))
  const strange = reading.agents.filter((name) => !names.has(plain(name)))
  return {
    kind: reading.kind && kindNames[reading.kind],
    rows: reading.rows,
    agents: reading.agents.length,
    strange: strange.slice(0, 20).join(', '),
    stranger: strange.length,
    hours: hours(reading.roster),
    hoursBefore: hours(before ?? emptyRoster()),
    replaces: before !== undefined,
    faults: reading.faults,
    notes: reading.notes,
    usable: reading.faults.length === 0 && reading.rows > 0,
    days: dayNames.map((name) => name.slice(0, 3)),
    lines: busy.map((slot) => ({
      begins: `${String(slot >> 1).padStart(2, '0')}:${slot % 2 ? '30' : '00'}`,
      counts: reading.roster.map((day) => day[slot]!),
    })),
  }
}

async function partsOf(request: FastifyRequest) {
  const fields: Record<string, string> = {}
  let file: Buffer | undefined
  let fileName = ''
  try {
    for await (const part of request.parts({ limits: { fileSize: maxFileBytes, files: 1, fields: 4 } })) {
      if (part.type === 'file') {
        const bytes = await part.toBuffer()
        if (bytes.length > 0) file = bytes
        fileName = (part.filename ?? '').replace(/[\p{C}/\\"]/gu, '').slice(0, 190)
      } else fields[part.fieldname] = String(part.value)
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error
    throw new AppError(
      'workbook.too_big',
      413,
      { megabytes: maxFileBytes / 1_048_576 },
      { file: 'errors.workbook.too_big' },
    )
  }
  return { file, fileName, fields }
}
