import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError, type Audit, type Role } from '../http/types.ts'
import { NoSuchPrompt, type Prompts } from './prompts.ts'

export type PromptsRoutesOptions = { prompts: Prompts; audit: Audit }

const roles: readonly Role[] = ['administrator', 'agency_administrator', 'flow_designer']
const maxBytes = 12_000_000
const nameRule = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u

/** Recordings by name: list, upload, hear, remove. */
export const promptsRoutes: FastifyPluginAsyncTypebox<PromptsRoutesOptions> = async (app, { prompts, audit }) => {
  app.get('/admin/prompts', { config: { roles } }, async (request, reply) => {
    const list = await prompts.list(request.scope)
    return reply.page('prompts/prompts', { prompts: list }, { title: 'prompts.title', nav: 'admin' })
  })

  app.get('/api/prompts', { config: { roles }, schema: { tags: ['prompts'] } }, async (request) => ({
    prompts: await prompts.list(request.scope),
  }))

  app.get(
    '/api/prompts/sound',
    {
      config: { roles },
      schema: { tags: ['prompts'], querystring: Type.Object({ name: Type.String({ maxLength: 100 }) }) },
    },
    async (request, reply) => {
      const about = { agencyId: request.scope.agencyId, language: 'es' as const }
      const file = await prompts.file({ name: request.query.name }, about).catch((error) => {
        throw error instanceof NoSuchPrompt ? new AppError('prompts.not_found', 404) : error
      })
      return reply
        .type('audio/wav')
        .header('cache-control', 'no-store')
        .send(await readFile(file))
    },
  )

  /** multipart: `name`, `text`, and `file` (WAV, 16-bit PCM) unless the text is to be spoken. */
  app.post('/api/prompts', { config: { roles }, schema: { tags: ['prompts'] } }, async (request, reply) => {
    const fields: Record<string, string> = {}
    let wav: Buffer | undefined
    for await (const part of request.parts({ limits: { fileSize: maxBytes, files: 1, fields: 5 } })) {
      if (part.type === 'file') {
        const bytes = await part.toBuffer()
        if (bytes.length > 0) wav = bytes
      } else fields[part.fieldname] = String(part.value)
    }
    const name = (fields.name ?? '').trim()
    const text = (fields.text ?? '').trim().slice(0, 2_000)
    if (!nameRule.test(name)) throw new AppError('prompts.wrong_name', 400, {}, { name: 'prompts.wrong_name' })
    if (!wav && text === '') throw new AppError('prompts.empty', 400, {}, { text: 'prompts.empty' })
    try {
      await prompts.save(request.scope, { name, text, wav })
    } catch (error) {
      if (/WAV/.test((error as Error).message))
        throw new AppError('prompts.not_wav', 400, {}, { file: 'prompts.not_wav' })
      throw error
    }
    const { userId } = request.session
    await audit.record(request.scope, { userId, action: 'prompt.saved', subjectType: 'prompt', subjectId: name })
    if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect('/admin/prompts', 303)
    return reply.status(204).send()
  })

  app.post(
    '/api/prompts/:id/remove',
    { config: { roles }, schema: { tags: ['prompts'], params: Type.Object({ id: Type.Integer({ minimum: 1 }) }) } },
    async (request, reply) => {
      if (!(await prompts.remove(request.scope, request.params.id))) throw new AppError('prompts.not_found', 404)
      const { userId } = request.session
      const subjectId = request.params.id
      await audit.record(request.scope, { userId, action: 'prompt.removed', subjectType: 'prompt', subjectId })
      if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect('/admin/prompts', 303)
      return reply.status(204).send()
    },
  )
}
