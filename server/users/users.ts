import { randomInt } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'
import { hashPassword } from '../http/passwords.ts'
import type { Sessions } from '../http/sessions.ts'
import { AppError, type Audit, type Role, roles } from '../http/types.ts'
import { createSignal } from '../live/index.ts'
import type { AgentSettings } from '../routing/index.ts'
import { type User, type UserFilter, type UserRow, userStore } from './store.ts'

export type Users = ReturnType<typeof createUsers>
/** Who makes a change; `system` for the command line. */
export type By = { userId: number | undefined; role: Role | 'system' }
export type UserInput = {
  username: string
  name: string
  role: Role
  email?: string | undefined
  extension?: string | undefined
  language?: 'es' | 'en-US' | undefined
  active?: boolean | undefined
  skills?: Record<number, number> | undefined
}

/** Roles that somebody may give and whose people they may change. */
export const rolesGivenBy = (role: By['role']): readonly Role[] =>
  role === 'administrator' || role === 'system' ? roles : roles.filter((other) => other !== 'administrator')

const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
/** 16 characters that can be read aloud (79 bits). */
export const generatePassword = () =>
  Array.from({ length: 16 }, (_, n) => (n % 4 === 0 && n > 0 ? '-' : '') + letters[randomInt(letters.length)]).join('')

type Options = { db: Database; audit: Audit; sessions: Pick<Sessions, 'revokeUser'>; now?: () => number }

/** People of each agency, their roles, skills and passwords. */
export function createUsers({ db, audit, sessions, now = Date.now }: Options) {
  const store = userStore(db)
  const changes = createSignal<{ agencyId: number; userId?: number }>()
  const told = async (scope: Scope, by: By, action: string, id: number, detail?: object) => {
    await audit.record(scope, {
      userId: by.userId,
      action,
      subjectType: action.split('.')[0] as string,
      subjectId: id,
      detail,
    })
    changes.emit({ agencyId: scope.agencyId, ...(action.startsWith('user') ? { userId: id } : {}) })
  }
  const get = async (scope: Scope, id: number): Promise<User> => {
    const user = await store.get(scope, id)
    if (!user) throw new AppError('user.not_found', 404)
    return user
  }
  const mayChange = (by: By, user: { role: Role }) => {
    if (!rolesGivenBy(by.role).includes(user.role))
      throw new AppError('user.role_forbidden', 403, {}, { role: 'user.role_forbidden' })
  }
  const checked = async (input: UserInput, by: By, id: number): Promise<UserRow> => {
    mayChange(by, input)
    const row: UserRow = {
      username: input.username.trim().toLowerCase(),
      name: input.name.trim(),
      role: input.role,
      email: input.email?.trim() || undefined,
      extension: input.extension?.trim() || undefined,
      language: input.language ?? 'es',
      active: input.active ?? true,
    }
    if (!/^[a-z0-9][a-z0-9._-]{1,58}$/.test(row.username))
      throw new AppError('user.username_wrong', 400, {}, { username: 'user.username_wrong' })
    if (row.extension !== undefined && !/^\d{2,12}$/.test(row.extension))
      throw new AppError('user.extension_wrong', 400, {}, { extension: 'user.extension_wrong' })
    if (row.role === 'agent' && row.extension === undefined)
      throw new AppError('user.extension_needed', 400, {}, { extension: 'user.extension_needed' })
    if (await store.taken('username', row.username, id))
      throw new AppError('user.username_taken', 409, {}, { username: 'user.username_taken' })
    if (row.extension && (await store.taken('extension', row.extension, id)))
      throw new AppError('user.extension_taken', 409, {}, { extension: 'user.extension_taken' })
    return row
  }
  const skillName = (error: unknown): never => {
    if (db.dialect.isDuplicate(error)) throw new AppError('skill.name_taken', 409, {}, { name: 'skill.name_taken' })
    throw error
  }
  return {
    changes,
    list: store.list,
    count: (scope: Scope, filter?: UserFilter) => store.count(scope, filter),
    get,
    /** The password is made here and shown once, unless one is given (at least 8 characters). */
    async create(scope: Scope, by: By, input: UserInput, given?: string): Promise<{ id: number; password: string }> {
      if (given !== undefined && given.length < 8)
        throw new AppError('user.password_short', 400, {}, { password: 'user.password_short' })
      const row = await checked(input, by, 0)
      const password = given ?? generatePassword()
      const id = await store.create(scope, row, await hashPassword(password), now()).catch((error) => {
        if (db.dialect.isDuplicate(error))
          throw new AppError('user.username_taken', 409, {}, { username: 'user.username_taken' })
        throw error
      })
      if (input.skills) await store.setSkills(scope, id, input.skills)
      await told(scope, by, 'user.created', id, { username: row.username, role: row.role })
      return { id, password }
    },
    async update(scope: Scope, by: By, id: number, input: UserInput): Promise<void> {
      const before = await get(scope, id)
      mayChange(by, before)
      const row = await checked(input, by, id)
      if (by.userId === id && (!row.active || row.role !== before.role))
        throw new AppError('user.not_yourself', 409, {}, { role: 'user.not_yourself' })
      await store.update(scope, id, row)
      if (input.skills) await store.setSkills(scope, id, input.skills)
      if (!row.active || row.role !== before.role) await sessions.revokeUser(id)
      await told(scope, by, 'user.updated', id, {
        before: { role: before.role, active: before.active },
        after: { role: row.role, active: row.active },
      })
    },
    /** Ends the person's sessions; the new password is shown once. */
    async resetPassword(scope: Scope, by: By, id: number): Promise<string> {
      mayChange(by, await get(scope, id))
      const password = generatePassword()
      await store.setPassword(scope, id, await hashPassword(password))
      await sessions.revokeUser(id)
      await told(scope, by, 'user.password_reset', id)
      return password
    },
    /** Agents of all agencies, for the router. */
    async agentSettings(): Promise<AgentSettings[]> {
      return (await store.agents()).map(({ id, agencyId, name, extension, skills }) => ({
        id,
        agencyId,
        name,
        extension: extension as string,
        skills,
      }))
    },
    skills: store.skills,
    async createSkill(scope: Scope, by: By, name: string): Promise<number> {
      const id = await store.createSkill(scope, name.trim()).catch(skillName)
      await told(scope, by, 'skill.created', id, { name })
      return id
    },
    async renameSkill(scope: Scope, by: By, id: number, name: string): Promise<void> {
      if (!(await store.renameSkill(scope, id, name.trim()).catch(skillName)))
        throw new AppError('skill.not_found', 404)
      await told(scope, by, 'skill.updated', id, { name })
    },
    async removeSkill(scope: Scope, by: By, id: number): Promise<void> {
      if (await store.skillInUse(scope, id)) throw new AppError('skill.in_use', 409)
      if ((await store.removeSkill(scope, id)) === 0) throw new AppError('skill.not_found', 404)
      await told(scope, by, 'skill.deleted', id)
    },
  }
}
