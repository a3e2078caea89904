import { type Database, insertId, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'

/** `updatedAt`: instant, ms. `body` is plain text whose lines end in `\n`. */
export type Article = {
  id: number
  topic?: { id: number; name: string }
  title: string
  body: string
  updatedAt: number
}
/** An article of a list: the beginning of its text instead of all of it. */
export type ArticleSummary = Omit<Article, 'body'> & { excerpt: string }
export type ArticleInput = {
  id?: number
  topicId?: number
  title: string
  body: string
  /** Of the article as its author read it: refused when somebody saved another since. */
  updatedAt?: number
}
export type Knowledge = ReturnType<typeof createKnowledge>

/** Characters; a body of four-byte characters still fits MariaDB's TEXT (65,535 bytes). */
export const limits = { title: 200, body: 16_000 } as const
const excerptLength = 160

const length = (text: string) => [...text].length
/** Accents and capitals do not matter to whoever searches. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
/** Forms send CRLF. NUL is dropped: no text has it, and SQLite's functions stop reading there. */
const lines = (text: string) => text.replaceAll('\0', '').replace(/\r\n?/g, '\n').trim()

export function createKnowledge({ db, audit, now = Date.now }: { db: Database; audit: Audit; now?: () => number }) {
  /** Every topic of the agency under its whole name (`Trámites › Licencias`), in order of it. */
  async function topicsOf(scope: Scope): Promise<{ id: number; name: string; active: boolean }[]> {
    const rows = await db
      .knex('topics')
      .where({ agency_id: scope.agencyId })
      .select('id', 'name', 'parent_id', 'active')
    const byId = new Map(rows.map((row) => [row.id as number, row]))
    const pathOf = (id: number): string => {
      const names: string[] = []
      for (let row = byId.get(id); row && names.length < 10; row = byId.get(row.parent_id)) names.unshift(row.name)
      return names.join(' › ')
    }
    return rows
      .map((row) => ({ id: row.id as number, name: pathOf(row.id), active: Boolean(row.active) }))
      .sort((a, b) => a.name.localeCompare(b.name, 'es'))
  }

  async function articlesOf(scope: Scope, where: Record<string, number>): Promise<Article[]> {
    const rows = await db
      .knex('articles')
      .where({ ...where, agency_id: scope.agencyId })
      .orderBy('title')
      .orderBy('id')
      .select('id', 'topic_id', 'title', 'body', 'updated_at')
    const names = new Map((await topicsOf(scope)).map(({ id, name }) => [id, name]))
    return rows.map((row) => ({
      id: row.id,
      ...(names.has(row.topic_id) ? { topic: { id: row.topic_id, name: names.get(row.topic_id) ?? '' } } : {}),
      title: row.title,
      body: row.body,
      updatedAt: Number(row.updated_at),
    }))
  }

  const get = async (scope: Scope, id: number): Promise<Article | undefined> => (await articlesOf(scope, { id }))[0]
  const existing = async (scope: Scope, id: number): Promise<Article> => {
    const article = await get(scope, id)
    if (!article) throw new AppError('article.not_found', 404)
    return article
  }

  async function check(scope: Scope, input: ArticleInput, before: Article | undefined): Promise<void> {
    const fields: Record<string, string> = {}
    if (input.title === '') fields.title = 'article.title_missing'
    if (input.body === '') fields.body = 'article.body_missing'
    if (length(input.title) > limits.title) fields.title = 'article.too_long'
    if (length(input.body) > limits.body) fields.body = 'article.too_long'
    // A topic that was retired stays with the articles that had it.
    if (input.topicId !== undefined && input.topicId !== before?.topic?.id) {
      const topic = await db
        .knex('topics')
        .where({ id: input.topicId, agency_id: scope.agencyId, active: true })
        .first('id')
      if (!topic) fields.topicId = 'article.unknown_topic'
    }
    if (Object.keys(fields).length > 0) throw new AppError('article.invalid', 400, {}, fields)
  }

  return {
    /**
     * By topic and then by title, those without a topic last; every word of `text` must be in the title, topic or body.
     * Words are compared here and not in SQL, whose `lower` and `like` treat accents differently in each database; an
     * agency has hundreds of articles, not millions.
     */
    async list(scope: Scope, filter: { text?: string; topicId?: number } = {}): Promise<ArticleSummary[]> {
      const words = plain(filter.text ?? '')
        .split(/\s+/)
        .filter(Boolean)
        .slice(0, 6)
      const found = await articlesOf(scope, filter.topicId === undefined ? {} : { topic_id: filter.topicId })
      return found
        .filter(({ title, topic, body }) => {
          const all = plain(`${title} ${topic?.name ?? ''} ${body}`)
          return words.every((word) => all.includes(word))
        })
        .sort(
          (a, b) =>
            Number(!a.topic) - Number(!b.topic) ||
            (a.topic?.name ?? '').localeCompare(b.topic?.name ?? '', 'es') ||
            a.title.localeCompare(b.title, 'es'),
        )
        .map(({ body, ...article }) => ({ ...article, excerpt: excerptOf(body) }))
    },
    get,
    ofTopic: (scope: Scope, topicId: number): Promise<Article[]> => articlesOf(scope, { topic_id: topicId }),
    topics: topicsOf,

    /**
     * A new article without `id`, else that one changed.
     * @throws AppError `article.not_found`, `article.invalid` with its fields, `article.changed`
     */
    async save(scope: Scope, userId: number | undefined, given: ArticleInput): Promise<Article> {
      const input = { ...given, title: lines(given.title).replaceAll('\n', ' '), body: lines(given.body) }
      const before = input.id === undefined ? undefined : await existing(scope, input.id)
      await check(scope, input, before)
      const row = { topic_id: input.topicId ?? null, title: input.title, body: input.body }
      let id: number
      if (before) {
        id = before.id
        const read = input.updatedAt ?? before.updatedAt
        // Two changes of the same millisecond must not pass for one.
        const updated_at = Math.max(now(), before.updatedAt + 1)
        const done = await db
          .knex('articles')
          .where({ id, agency_id: scope.agencyId, updated_at: read })
          .update({ ...row, updated_at })
        if (done === 0) throw new AppError('article.changed', 409)
      } else {
        id = await insertId(db.knex('articles').insert({ ...row, agency_id: scope.agencyId, updated_at: now() }))
      }
      await audit.record(scope, {
        ...(userId === undefined ? {} : { userId }),
        action: before ? 'article.updated' : 'article.created',
        subjectType: 'article',
        subjectId: id,
        detail: {
          title: row.title,
          topicId: row.topic_id,
          length: row.body.length,
          ...(before ? { before: { title: before.title, topicId: before.topic?.id ?? null } } : {}),
        },
      })
      return existing(scope, id)
    },

    /** @throws AppError `article.not_found` */
    async remove(scope: Scope, userId: number | undefined, id: number): Promise<void> {
      const { title } = await existing(scope, id)
      const gone = await db.knex('articles').where({ id, agency_id: scope.agencyId }).delete()
      if (gone === 0) throw new AppError('article.not_found', 404)
      await audit.record(scope, {
        ...(userId === undefined ? {} : { userId }),
        action: 'article.removed',
        subjectType: 'article',
        subjectId: id,
        detail: { title },
      })
    },
  }
}

function excerptOf(body: string): string {
  const text = [...body.replace(/\s+/g, ' ')]
  return text.length > excerptLength ? `${text.slice(0, excerptLength).join('').trimEnd()}…` : text.join('')
}
