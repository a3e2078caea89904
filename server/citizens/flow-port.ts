import { scopeOf } from '../database/index.ts'
import type { CitizenData } from '../flows/index.ts'
import type { Citizen, Citizens } from './types.ts'

/** What flow nodes ask of the base (CitizenPort of nodes/kit/platform.ts). */
export function flowCitizens(citizens: Citizens) {
  return {
    async byPhone(agencyId: number, phone: string): Promise<CitizenData | undefined> {
      const found = await citizens.byPhone(scopeOf(agencyId), phone)
      // A number that a family shares names nobody.
      return found.length === 1 ? dataOf(found[0]!) : undefined
    },
    async byDni(_agencyId: number, dni: string): Promise<CitizenData | undefined> {
      return optional(await citizens.byDni(dni))
    },
    async byCuit(_agencyId: number, cuit: string): Promise<CitizenData | undefined> {
      return optional(await citizens.byCuit(cuit))
    },
    async save(
      agencyId: number,
      values: { id?: number; name: string; dni?: string; cuit?: string; phone?: string; email?: string },
    ): Promise<CitizenData> {
      const { id, phone, ...card } = values
      const scope = scopeOf(agencyId)
      const known =
        (id === undefined ? undefined : await citizens.byId(id)) ??
        (card.dni ? await citizens.byDni(card.dni) : undefined) ??
        (card.cuit ? await citizens.byCuit(card.cuit) : undefined)
      if (!known)
        return dataOf(await citizens.create(scope, undefined, { ...card, ...(phone ? { phones: [phone] } : {}) }))
      // What the caller left out must not clear what is known.
      const given = Object.fromEntries(Object.entries(card).filter(([, text]) => text !== ''))
      await citizens.update(scope, undefined, known.id, given)
      if (phone) await citizens.addPhone(scope, undefined, known.id, phone)
      return dataOf((await citizens.byId(known.id))!)
    },
  }
}

const optional = (citizen: Citizen | undefined) => citizen && dataOf(citizen)
const dataOf = (citizen: Citizen): CitizenData => ({
  id: citizen.id,
  name: citizen.name,
  ...(citizen.dni ? { dni: citizen.dni } : {}),
  ...(citizen.cuit ? { cuit: citizen.cuit } : {}),
  ...(citizen.email ? { email: citizen.email } : {}),
  ...(citizen.locality ? { locality: citizen.locality } : {}),
  ...(citizen.phones[0] ? { phone: citizen.phones[0] } : {}),
})
