declare const proof: unique symbol

/**
 * The agency in whose name a store is called. Every store function takes one first, so a query without an agency does not
 * compile; rows of another agency are as good as absent.
 */
export type Scope = { readonly agencyId: number; readonly [proof]?: never }

/** For a session, use `request.scope`; this is for jobs and for the platform's own work. */
export function scopeOf(agencyId: number): Scope {
  if (!Number.isSafeInteger(agencyId) || agencyId <= 0) throw new TypeError('a scope needs the id of an agency')
  return { agencyId }
}
