import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError, type Audit, type Role } from '../http/types.ts'
import { NoSuchPrompt, PromptInUse, type Prompts } from './prompts.ts'
import { UploadRefused } from './refused.ts'
import type { Language } from './speech.ts'
import { MAX_UPLOAD_BYTES, MAX_UPLOAD_SECONDS } from './upload.ts'
import { detailView, listView } from './view.ts'

export type PromptsRoutesOptions = { prompts: Prompts; audit: Audit }

const roles: readonly Role[] = ['administrator', 'agency_administrator', 'flow_designer']
const nameRule = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u
const config = { roles }
const tags = ['prompts']
const byId = Type.Object({ id: Type.Integer({ minimum: 1 }) })

/** The library of prompts: list, upload or type, hear, versions, remove. */
export const promptsRoutes: FastifyPluginAsyncTypebox<PromptsRoutesOptions> = async (app, { prompts, audit }) => {
  app.get('/admin/prompts', { config }, async (request, reply) => {
    const [list, uses] = await Promise.all([prompts.list(request.scope), prompts.uses(request.scope)])
    const options = { title: 'prompts.title', nav: 'admin', script: 'prompts/prompts' }
    return reply.page('prompts/prompts', listView(list, uses), options)
  })

  app.get('/admin/prompts/:id', { config, schema: { params: byId } }, async (request, reply) => {
    const { scope } = request
    const prompt = await prompts.find(scope, request.params.id)
    if (!prompt) throw new AppError('prompts.not_found', 404)
    const [versions, uses] = await Promise.all([prompts.versions(scope, prompt.id), prompts.uses(scope)])
    const options = { title: 'prompts.title', nav: 'admin', script: 'prompts/prompts' }
    return reply.page('prompts/prompt', detailView(prompt, versions, uses), options)
  })

  app.get('/api/prompts', { config, schema: { tags } }, async (request) => ({
    prompts: await prompts.list(request.scope),
  }))

  const sound = (reply: FastifyReply, wav: Buffer) =>
    reply.type('audio/wav').header('cache-control', 'no-store').send(wav)

  app.get(
    '/api/prompts/sound',
    { config, schema: { tags, querystring: Type.Object({ name: Type.String({ maxLength: 100 }) }) } },
    async (request, reply) => {
      const about = { agencyId: request.scope.agencyId, language: request.session.language }
      const file = await prompts.file({ name: request.query.name }, about).catch((error) => {
        throw error instanceof NoSuchPrompt ? new AppError('prompts.not_found', 404) : error
      })
      return sound(reply, await readFile(file))
    },
  )

  app.get(
    '/api/prompts/:id/versions/:number/sound',
    {
      config,
      schema: {
        tags,
        params: Type.Object({ id: Type.Integer({ minimum: 1 }), number: Type.Integer({ minimum: 1 }) }),
      },
    },
    async (request, reply) => {
      const file = await prompts.versionFile(request.scope, request.params.id, request.params.number)
      if (!file) throw new AppError('prompts.no_version', 404)
      return sound(reply, await readFile(file))
    },
  )

  /** Says a text before it is saved. */
  app.post(
    '/api/prompts/preview',
    {
      config,
      schema: {
        tags,
        body: Type.Object({
          text: Type.String({ minLength: 1, maxLength: 2_000 }),
          language: Type.Optional(Type.Union([Type.Literal('es'), Type.Literal('en-US'), Type.Literal('')])),
        }),
      },
    },
    async (request, reply) => {
      const { text, language } = request.body
      const about = { agencyId: request.scope.agencyId, language: language || ('es' as const) }
      // A text that begins with @ would be the name of another prompt.
      return sound(reply, await readFile(await prompts.file(text.replace(/^[@\s]+/, ''), about)))
    },
  )

  /** multipart: `name`, `text`, `language`, `source` (text, file, keep), and `file` (WAV or MP3). */
  app.post('/api/prompts', { config, schema: { tags } }, async (request, reply) => {
    const { fields, file } = await partsOf(request)
    const name = (fields.name ?? '').trim()
    const text = (fields.text ?? '').trim().slice(0, 2_000)
    const spoken = fields.source === 'text'
    const wav = spoken ? undefined : file
    if (!nameRule.test(name)) throw new AppError('prompts.wrong_name', 400, {}, { name: 'prompts.wrong_name' })
    if (fields.source === 'file' && !wav) throw new AppError('prompts.no_file', 400, {}, { file: 'prompts.no_file' })
    if (!wav && text === '') throw new AppError('prompts.empty', 400, {}, { text: 'prompts.empty' })
    if (text.startsWith('@')) throw new AppError('prompts.at_text', 400, {}, { text: 'prompts.at_text' })
    const language = fields.language === 'es' || fields.language === 'en-US' ? (fields.language as Language) : undefined
    const { userId, username } = request.session
    const id = await prompts
      .save(request.scope, { name, text, wav, language, spoken, by: { userId, username } })
      .catch((error) => {
        if (!(error instanceof UploadRefused)) throw error
        throw new AppError(error.code, 400, { minutes: MAX_UPLOAD_SECONDS / 60 }, { file: error.code })
      })
    await audit.record(request.scope, { userId, action: 'prompt.saved', subjectType: 'prompt', subjectId: name })
    return done(request, reply, `/admin/prompts/${id}?done=saved`)
  })

  app.post(
    '/api/prompts/:id/restore',
    { config, schema: { tags, params: byId, body: Type.Object({ number: Type.Integer({ minimum: 1 }) }) } },
    async (request, reply) => {
      const { id } = request.params
      const { userId, username } = request.session
      const restored = await prompts.restore(request.scope, id, request.body.number, { userId, username })
      if (!restored) throw new AppError('prompts.no_version', 404)
      const detail = { number: request.body.number }
      await audit.record(request.scope, {
        userId,
        action: 'prompt.restored',
        subjectType: 'prompt',
        subjectId: id,
        detail,
      })
      return done(request, reply, `/admin/prompts/${id}?done=saved`)
    },
  )

  app.post('/api/prompts/:id/remove', { config, schema: { tags, params: byId } }, async (request, reply) => {
    const { id } = request.params
    const removed = await prompts.remove(request.scope, id).catch((error) => {
      if (!(error instanceof PromptInUse)) throw error
      const where = error.uses.map((use) => [use.where, use.at].filter(Boolean).join(' › ') || use.kind)
      throw new AppError('prompts.in_use', 409, { where: [...new Set(where)].slice(0, 5).join(', ') })
    })
    if (!removed) throw new AppError('prompts.not_found', 404)
    const { userId } = request.session
    await audit.record(request.scope, { userId, action: 'prompt.removed', subjectType: 'prompt', subjectId: id })
    return done(request, reply, '/admin/prompts?done=deleted')
  })
}

function done(request: FastifyRequest, reply: FastifyReply, page: string) {
  if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect(page, 303)
  return reply.status(204).send()
}

async function partsOf(request: FastifyRequest): Promise<{ fields: Record<string, string>; file: Buffer | undefined }> {
  const fields: Record<string, string> = {}
  let file: Buffer | undefined
  const limits = { fileSize: MAX_UPLOAD_BYTES, files: 1, fields: 8 }
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'file') {
        const bytes = await part.toBuffer()
        if (bytes.length > 0) file = bytes
      } else fields[part.fieldname] = String(part.value)
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'FST_REQ_FILE_TOO_LARGE')
      throw new AppError('prompts.too_big', 413, {}, { file: 'prompts.too_big' })
    throw error
  }
  return { fields, file }
}
