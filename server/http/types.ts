import type { Scope } from '../database/index.ts'

export const roles = [
  'administrator',
  'agency_administrator',
  'supervisor',
  'agent',
  'flow_designer',
  'back_office',
  'wallboard',
  'integration',
] as const
export type Role = (typeof roles)[number]

/** Who asks. `scope` is what stores want. */
export type Session = {
  id: number
  userId: number
  username: string
  name: string
  role: Role
  agencyId: number
  agencyName: string
  timeZone: string
  language: 'es' | 'en-US'
  extension: string | undefined
  scope: Scope
}

/**
 * A refusal for a reason of the caller's: answered as `{error: {code, message, fields}}`. The message is looked up as
 * `errors.<code>` in the locales with `values`; `fields` maps a form field to the key of its message.
 */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly values: Record<string, string | number>
  readonly fields: Record<string, string> | undefined
  constructor(
    code: string,
    status = 400,
    values: Record<string, string | number> = {},
    fields?: Record<string, string>,
  ) {
    super(code)
    this.name = 'AppError'
    this.code = code
    this.status = status
    this.values = values
    this.fields = fields
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Throws 401 `session.required` on a public route without a session. */
    session: Session
    /** The agency in whose name stores are called; an administrator may choose one with `?agency=<id>`. */
    scope: Scope
  }
  interface FastifyContextConfig {
    /** Roles that may call the route; none named and not public = every signed-in person but wallboards. */
    roles?: readonly Role[]
    public?: boolean
  }
  interface FastifyReply {
    /**
     * Renders `<capability>/<page>` (server/<capability>/pages/<page>.hbs) inside the layout.
     * `script` names browser code `server/<capability>/pages/<name>.ts` as `<capability>/<name>`.
     */
    page(
      template: string,
      model: object,
      options: { title: string; nav?: string; script?: string; layout?: 'app' | 'bare' },
    ): FastifyReply
  }
}

/** Changes that matter go here: who did what to which row. Never throws for its own failures. */
export interface Audit {
  record(
    scope: Scope,
    entry: { userId?: number; action: string; subjectType: string; subjectId: string | number; detail?: object },
  ): Promise<void>
}
