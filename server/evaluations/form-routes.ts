import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../http/index.ts'
import type { Draft } from './form.ts'
import type { Quality } from './index.ts'
import { DraftBody, evaluators, FormId, NewForm, RevisionBody } from './schema.ts'
import { formView } from './view.ts'

/** `/evaluations/forms`: what is asked, made by supervisors without a program. */
export const formRoutes: FastifyPluginAsyncTypebox<{ quality: Quality }> = async (app, { quality: { forms } }) => {
  const config = { roles: evaluators }
  const nav = 'evaluations'
  const tags = ['evaluations']

  app.get('/evaluations/forms', { config }, async (request, reply) => {
    const rows = await forms.list(request.scope)
    return reply.page(
      'evaluations/forms',
      { rows: rows.filter(({ active }) => active), retired: rows.filter(({ active }) => !active) },
      { title: 'evaluations.forms.title', nav },
    )
  })
  app.get('/evaluations/forms/new', { config }, async (request, reply) => {
    const rows = await forms.list(request.scope)
    return reply.page(
      'evaluations/new-form',
      { forms: rows.map(({ id, name }) => ({ value: id, label: name })) },
      { title: 'evaluations.forms.new', nav },
    )
  })
  app.post('/evaluations/forms/new', { config, schema: { body: NewForm } }, async ({ scope, session, body }, reply) => {
    const id = await forms.create(scope, session.userId, body.name, body.from)
    return reply.redirect(`/evaluations/forms/${id}/edit?done=created`, 303)
  })
  app.get('/evaluations/forms/:id', { config, schema: { params: FormId } }, async (request, reply) => {
    const { scope, params } = request
    const [form, versions] = await Promise.all([forms.existing(scope, params.id), forms.versions(scope, params.id)])
    const wanted = Number((request.query as Record<string, unknown>).version)
    const shown = versions.find(({ number }) => number === wanted) ?? versions[0]
    return reply.page(
      'evaluations/form',
      {
        form,
        versions: versions.map((one) => ({ ...one, shown: one === shown })),
        version: shown,
        view: shown && formView(shown.content),
        draft: versions.find(({ state }) => state === 'draft'),
        published: versions.find(({ state }) => state === 'published'),
      },
      { title: form.name, nav },
    )
  })
  app.get('/evaluations/forms/:id/edit', { config, schema: { params: FormId } }, async ({ scope, params }, reply) => {
    const form = await forms.existing(scope, params.id)
    const draft = await forms.draftOf(scope, params.id)
    if (!draft) throw new AppError('form.no_draft', 409)
    return reply.page(
      'evaluations/edit-form',
      { form, draft, editor: editorOf(draft.content) },
      { title: form.name, nav, script: 'evaluations/edit-form' },
    )
  })
  app.post('/evaluations/forms/:id/edit', { config, schema: { params: FormId } }, async ({ scope, params }, reply) => {
    await forms.beginDraft(scope, params.id)
    return reply.redirect(`/evaluations/forms/${params.id}/edit`, 303)
  })
  app.post(
    '/evaluations/forms/:id/discard',
    { config, schema: { params: FormId } },
    async ({ scope, session, params }, reply) => {
      const gone = await forms.discardDraft(scope, session.userId, params.id)
      const to = gone === 'form' ? '/evaluations/forms' : `/evaluations/forms/${params.id}`
      return reply.redirect(`${to}?done=deleted`, 303)
    },
  )
  for (const active of [true, false])
    app.post(
      `/evaluations/forms/:id/${active ? 'restore' : 'retire'}`,
      { config, schema: { params: FormId } },
      async ({ scope, session, params }, reply) => {
        await forms.setActive(scope, session.userId, params.id, active)
        return reply.redirect(`/evaluations/forms/${params.id}?done=saved`, 303)
      },
    )

  app.put(
    '/api/evaluations/forms/:id/draft',
    { config, schema: { tags, params: FormId, body: DraftBody } },
    async ({ scope, params, body }) => ({ revision: await forms.saveDraft(scope, params.id, body) }),
  )
  app.post(
    '/api/evaluations/forms/:id/publish',
    { config, schema: { tags, params: FormId, body: RevisionBody } },
    async ({ scope, session, params, body }) => ({
      number: await forms.publish(scope, session.userId, params.id, body.revision),
    }),
  )
}

const editorOf = (content: Draft) => ({ draft: content, faults: {} })
