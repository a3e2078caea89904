// Forms and their versions: the only SQL of evaluation_forms and evaluation_form_versions.
import { Value } from 'typebox/value'
import { type Database, insertId, type Knex, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { type Content, Draft, faultsOf, limits } from './form.ts'

export type FormRow = {
  id: number
  name: string
  active: boolean
  /** The version that new evaluations use; missing while none was published. */
  published?: number
  /** There is a draft that waits to be published. */
  draft: boolean
  evaluations: number
  updatedAt: number
}
export type Version = {
  id: number
  formId: number
  number: number
  state: 'draft' | 'published'
  revision: number
  content: Draft
  updatedAt: number
  publishedAt?: number
}
export type Forms = ReturnType<typeof createForms>

const begun: Draft = { pass: 80, sections: [] }
/** Nobody writes more forms than this by hand. */
const most = 500

// biome-ignore lint/suspicious/noExplicitAny: a row as the database gives it
const versionOf = (row: any): Version => ({
  id: row.id,
  formId: row.form_id,
  number: row.number,
  state: row.state,
  revision: row.revision,
  content: JSON.parse(row.content),
  updatedAt: Number(row.updated_at),
  ...(row.published_at === null ? {} : { publishedAt: Number(row.published_at) }),
})

export function createForms({ db, audit, now }: { db: Database; audit: Audit; now: () => number }) {
  const own = ({ agencyId }: Scope) => ({ agency_id: agencyId })
  const told = (scope: Scope, userId: number, action: string, id: number, detail: object) =>
    audit.record(scope, {
      userId,
      action: `evaluation_form.${action}`,
      subjectType: 'evaluation_form',
      subjectId: id,
      detail,
    })

  async function list(scope: Scope): Promise<FormRow[]> {
    const [forms, versions, used] = await Promise.all([
      db.knex('evaluation_forms').where(own(scope)).orderBy('name').orderBy('id').limit(most),
      db
        .knex('evaluation_form_versions')
        .where(own(scope))
        .orderBy('number')
        .select('form_id', 'number', 'state', 'updated_at'),
      db
        .knex('evaluations')
        .where(own(scope))
        .whereNot('state', 'draft')
        .groupBy('form_id')
        .select('form_id')
        .count({ count: '*' }),
    ])
    const count = new Map((used as { form_id: number; count: number }[]).map((row) => [row.form_id, Number(row.count)]))
    return forms.map((form) => {
      const mine = versions.filter((one) => one.form_id === form.id)
      const published = mine.findLast(({ state }) => state === 'published')
      return {
        id: form.id,
        name: form.name,
        active: Boolean(form.active),
        ...(published ? { published: published.number } : {}),
        draft: mine.some(({ state }) => state === 'draft'),
        evaluations: count.get(form.id) ?? 0,
        updatedAt: Math.max(Number(form.created_at), ...mine.map((one) => Number(one.updated_at))),
      }
    })
  }

  /** @throws AppError `form.not_found` */
  async function existing(scope: Scope, id: number): Promise<{ id: number; name: string; active: boolean }> {
    const row = await db
      .knex('evaluation_forms')
      .where({ ...own(scope), id })
      .first('id', 'name', 'active')
    if (!row) throw new AppError('form.not_found', 404)
    return { ...row, active: Boolean(row.active) }
  }
  const versionsOf = (scope: Scope, formId: number, trx: Knex = db.knex) =>
    trx('evaluation_form_versions').where({ ...own(scope), form_id: formId })
  const draftOf = async (scope: Scope, formId: number): Promise<Version | undefined> => {
    const row = await versionsOf(scope, formId).where({ state: 'draft' }).first()
    return row && versionOf(row)
  }

  function checkName(name: string): string {
    const clean = name.toWellFormed().replace(/\s+/g, ' ').trim()
    if (clean === '' || clean.length > limits.name)
      throw new AppError('form.invalid', 400, {}, { name: clean === '' ? 'form.no_name' : 'form.long_name' })
    return clean
  }

  return {
    list,
    existing,
    draftOf,

    /** Latest first. */
    async versions(scope: Scope, formId: number): Promise<Version[]> {
      return (await versionsOf(scope, formId).orderBy('number', 'desc').limit(200)).map(versionOf)
    },
    async version(scope: Scope, id: number): Promise<Version | undefined> {
      const row = await db
        .knex('evaluation_form_versions')
        .where({ ...own(scope), id })
        .first()
      return row && versionOf(row)
    },
    /** The version that new evaluations of a form use. @throws AppError `form.not_found`, `form.not_published` */
    async current(scope: Scope, formId: number): Promise<Version & { content: Content }> {
      const form = await existing(scope, formId)
      const row = await versionsOf(scope, formId).where({ state: 'published' }).orderBy('number', 'desc').first()
      if (!row || !form.active) throw new AppError('form.not_published', 409)
      return versionOf(row) as Version & { content: Content }
    },

    /** A new form with an empty draft, or with that of another one. */
    async create(scope: Scope, userId: number, name: string, from?: number): Promise<number> {
      const clean = checkName(name)
      const [source] = from === undefined ? [] : await versionsOf(scope, from).orderBy('number', 'desc').limit(1)
      if (from !== undefined && !source) throw new AppError('form.not_found', 404)
      const at = now()
      const id = await db.transaction(async (trx) => {
        const form = await insertId(trx('evaluation_forms').insert({ ...own(scope), name: clean, created_at: at }))
        const content = source?.content ?? JSON.stringify(begun)
        await trx('evaluation_form_versions').insert({
          ...own(scope),
          ...{ form_id: form, number: 1, state: 'draft', content, updated_at: at },
        })
        return form
      })
      await told(scope, userId, 'created', id, { name: clean, ...(from ? { from } : {}) })
      return id
    },

    /** The draft to work on: the one there is, or a copy of what is published. */
    async beginDraft(scope: Scope, formId: number): Promise<Version> {
      await existing(scope, formId)
      const found = await draftOf(scope, formId)
      if (found) return found
      const last = await versionsOf(scope, formId).orderBy('number', 'desc').first()
      await db
        .knex('evaluation_form_versions')
        .insert({
          ...own(scope),
          ...{ form_id: formId, number: last.number + 1, state: 'draft', content: last.content, updated_at: now() },
        })
        .onConflict(['form_id', 'number'])
        .ignore()
      // Whoever was a moment earlier may have published it in the meantime.
      const draft = await draftOf(scope, formId)
      if (!draft) throw new AppError('form.changed', 409)
      return draft
    },

    /**
     * Keeps a draft as far as it is; returns its revision.
     * @throws AppError `form.malformed`, `form.changed` (somebody else saved it since, or it was published)
     */
    async saveDraft(
      scope: Scope,
      formId: number,
      { revision, name, content }: { revision: number; name: string; content: unknown },
    ): Promise<number> {
      await existing(scope, formId)
      const clean = checkName(name)
      if (!Value.Check(Draft, content)) throw new AppError('form.malformed', 400)
      const kept = JSON.stringify(Value.Clean(Draft, structuredClone(content)))
      const done = await versionsOf(scope, formId)
        .where({ state: 'draft', revision })
        .update({ content: kept, revision: revision + 1, updated_at: now() })
      if (done === 0) throw new AppError('form.changed', 409)
      await db
        .knex('evaluation_forms')
        .where({ ...own(scope), id: formId })
        .update({ name: clean })
      return revision + 1
    },

    /** From now on new evaluations use it. @throws AppError `form.incomplete` with the places, `form.changed` */
    async publish(scope: Scope, userId: number, formId: number, revision: number): Promise<number> {
      const { name } = await existing(scope, formId)
      const draft = await draftOf(scope, formId)
      if (!draft || draft.revision !== revision) throw new AppError('form.changed', 409)
      const faults = faultsOf(draft.content)
      if (Object.keys(faults).length > 0) throw new AppError('form.incomplete', 400, {}, faults)
      const done = await versionsOf(scope, formId)
        .where({ state: 'draft', revision })
        .update({ state: 'published', published_at: now(), published_by: userId, revision: revision + 1 })
      if (done === 0) throw new AppError('form.changed', 409)
      await told(scope, userId, 'published', formId, { name, number: draft.number })
      return draft.number
    },

    /** Throws a draft away; the form too when nothing of it was ever published. */
    async discardDraft(scope: Scope, userId: number, formId: number): Promise<'form' | 'draft'> {
      const { name } = await existing(scope, formId)
      const gone = await db.transaction(async (trx) => {
        const drafts = await versionsOf(scope, formId, trx).where({ state: 'draft' }).delete()
        const left = await versionsOf(scope, formId, trx).first('id')
        if (!left)
          await trx('evaluation_forms')
            .where({ ...own(scope), id: formId })
            .delete()
        return left ? (drafts > 0 ? 'draft' : undefined) : 'form'
      })
      if (!gone) throw new AppError('form.no_draft', 409)
      await told(scope, userId, 'discarded', formId, { name, what: gone })
      return gone
    },

    /** Nothing new is evaluated by it; what was stays. */
    async setActive(scope: Scope, userId: number, formId: number, active: boolean): Promise<void> {
      const { name } = await existing(scope, formId)
      await db
        .knex('evaluation_forms')
        .where({ ...own(scope), id: formId })
        .update({ active })
      await told(scope, userId, active ? 'restored' : 'retired', formId, { name })
    },
  }
}
