import { type Database, insertId, type Scope } from '../database/index.ts'
import type { Role } from '../http/types.ts'

export type User = {
  id: number
  agencyId: number
  username: string
  name: string
  email: string | undefined
  role: Role
  extension: string | undefined
  language: 'es' | 'en-US'
  active: boolean
  robot: boolean
  /** skillId -> level 1..5 */
  skills: Record<number, number>
}
export type UserRow = Pick<User, 'username' | 'name' | 'email' | 'role' | 'extension' | 'language' | 'active'>
export type Skill = { id: number; name: string; people: number }
export type UserFilter = { text?: string; role?: Role; active?: boolean }

/** The only SQL for users and skills. */
export function userStore(db: Database) {
  const filtered = (scope: Scope, { text, role, active }: UserFilter) => {
    const query = db.knex('users').where({ agency_id: scope.agencyId })
    if (role) query.where({ role })
    if (active !== undefined) query.where({ active })
    if (text) {
      const like = `%${text.replace(/[!%_]/g, '!$&')}%`
      query.where((w) => {
        for (const column of ['name', 'username', 'extension']) w.orWhereRaw("?? like ? escape '!'", [column, like])
      })
    }
    return query
  }
  const withSkills = async (rows: Record<string, unknown>[]): Promise<User[]> => {
    const ids = rows.map((row) => row.id as number)
    const skills = ids.length === 0 ? [] : await db.knex('agent_skills').whereIn('user_id', ids)
    return rows.map((row) => ({
      id: row.id as number,
      agencyId: row.agency_id as number,
      username: row.username as string,
      name: row.name as string,
      email: (row.email as string | null) ?? undefined,
      role: row.role as Role,
      extension: (row.extension as string | null) ?? undefined,
      language: row.language === 'en-US' ? 'en-US' : 'es',
      active: Boolean(row.active),
      robot: Boolean(row.robot),
      skills: Object.fromEntries(skills.filter((s) => s.user_id === row.id).map((s) => [s.skill_id, s.level])),
    }))
  }
  const columns = (row: UserRow) => ({ ...row, email: row.email ?? null, extension: row.extension ?? null })
  return {
    async list(scope: Scope, filter: UserFilter = {}, page = { offset: 0, size: 1_000 }): Promise<User[]> {
      return withSkills(await filtered(scope, filter).orderBy('name').offset(page.offset).limit(page.size))
    },
    async count(scope: Scope, filter: UserFilter = {}): Promise<number> {
      return Number((await filtered(scope, filter).count({ n: '*' }))[0]?.n)
    },
    async get(scope: Scope, id: number): Promise<User | undefined> {
      return (await withSkills(await db.knex('users').where({ agency_id: scope.agencyId, id })))[0]
    },
    /** Every active agent of every agency that has a phone: for the router. */
    async agents(): Promise<User[]> {
      return withSkills(await db.knex('users').where({ active: true, role: 'agent' }).whereNotNull('extension'))
    },
    create: (scope: Scope, row: UserRow, passwordHash: string, at: number): Promise<number> =>
      insertId(
        db
          .knex('users')
          .insert({ ...columns(row), agency_id: scope.agencyId, password_hash: passwordHash, created_at: at }),
      ),
    async update(scope: Scope, id: number, row: UserRow): Promise<void> {
      await db.knex('users').where({ agency_id: scope.agencyId, id }).update(columns(row))
    },
    async setPassword(scope: Scope, id: number, passwordHash: string): Promise<void> {
      await db.knex('users').where({ agency_id: scope.agencyId, id }).update({ password_hash: passwordHash })
    },
    async taken(column: 'username' | 'extension', value: string, except: number): Promise<boolean> {
      return Boolean(
        await db
          .knex('users')
          .where({ [column]: value })
          .whereNot({ id: except })
          .first('id'),
      )
    },
    async setSkills(scope: Scope, id: number, skills: Record<number, number>): Promise<void> {
      const mine = (await db.knex('skills').where({ agency_id: scope.agencyId }).select('id')).map((row) => row.id)
      await db.transaction(async (trx) => {
        await trx('agent_skills').where({ agency_id: scope.agencyId, user_id: id }).del()
        for (const [skill, level] of Object.entries(skills)) {
          if (mine.includes(Number(skill)))
            await trx('agent_skills').insert({ agency_id: scope.agencyId, user_id: id, skill_id: Number(skill), level })
        }
      })
    },
    async skills(scope: Scope): Promise<Skill[]> {
      const rows = await db.knex('skills').where({ agency_id: scope.agencyId }).orderBy('name')
      const used: { skill_id: number; n: number }[] = await db
        .knex('agent_skills')
        .where({ agency_id: scope.agencyId })
        .groupBy('skill_id')
        .select('skill_id', db.knex.raw('count(*) as n'))
      return rows.map(({ id, name }) => ({ id, name, people: Number(used.find((u) => u.skill_id === id)?.n ?? 0) }))
    },
    createSkill: (scope: Scope, name: string) =>
      insertId(db.knex('skills').insert({ agency_id: scope.agencyId, name })),
    async renameSkill(scope: Scope, id: number, name: string): Promise<boolean> {
      return (await db.knex('skills').where({ agency_id: scope.agencyId, id }).update({ name })) > 0
    },
    async skillInUse(scope: Scope, id: number): Promise<boolean> {
      return Boolean(await db.knex('queues').where({ agency_id: scope.agencyId, skill_id: id }).first('id'))
    },
    async removeSkill(scope: Scope, id: number): Promise<number> {
      return db.transaction(async (trx) => {
        await trx('agent_skills').where({ agency_id: scope.agencyId, skill_id: id }).del()
        return trx('skills').where({ agency_id: scope.agencyId, id }).del()
      })
    },
  }
}
