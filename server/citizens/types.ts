import type { Scope } from '../database/index.ts'

/** Belongs to no agency: the base of citizens is shared. Instants UTC ms, birthDate `1980-05-31`, phones E.164. */
export type Citizen = {
  id: number
  name: string
  dni?: string
  cuit?: string
  birthDate?: string
  email?: string
  address?: string
  locality?: string
  notes?: string
  phones: string[]
  /** Made up for the example centre. */
  invented: boolean
  createdAt: number
  updatedAt: number
}

/** As typed: documents and phones in any notation. On update an absent key stays and an empty text clears it. */
export type CitizenValues = {
  name: string
  dni?: string
  cuit?: string
  birthDate?: string
  email?: string
  address?: string
  locality?: string
  notes?: string
  phones?: string[]
}

/**
 * The shared base of citizens. The scope says for which agency somebody works: its area code completes local numbers, and
 * the audit is kept under it. Nothing here shows what another agency talked about with a citizen.
 */
export type Citizens = {
  /** A card that was merged answers with the one that stayed. */
  byId(id: number): Promise<Citizen | undefined>
  /** Everybody with that number in any notation, the latest changed first; at most 20. */
  byPhone(scope: Scope, number: string): Promise<Citizen[]>
  byDni(dni: string): Promise<Citizen | undefined>
  byCuit(cuit: string): Promise<Citizen | undefined>
  /** By words of the name, DNI, CUIT, locality, or phone in any notation; at most `limit` (50). */
  search(scope: Scope, text: string, limit?: number): Promise<Citizen[]>
  /** @throws AppError `citizen.invalid` (400) or `citizen.taken` (409), with fields */
  create(scope: Scope, userId: number | undefined, values: CitizenValues): Promise<Citizen>
  /** @throws AppError as `create`, and `citizen.not_found` (404) */
  update(scope: Scope, userId: number | undefined, id: number, values: Partial<CitizenValues>): Promise<Citizen>
  /** Idempotent. @throws AppError `citizen.not_found`, `citizen.invalid` */
  addPhone(scope: Scope, userId: number | undefined, id: number, number: string): Promise<void>
  /**
   * Moves phones, interactions, tickets and callbacks of `from` to `into` and leaves `from` pointing at it; documents and
   * data that `into` lacks are taken over. Twice is once. @throws AppError `citizen.not_found`, `citizen.merge_itself`
   */
  merge(scope: Scope, userId: number | undefined, merge: { into: number; from: number }): Promise<Citizen>
}
