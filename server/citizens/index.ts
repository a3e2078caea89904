// The shared base of citizens: cards, search, merge.
export { flowCitizens } from './flow-port.ts'
export { type Phone, phoneText, readPhone } from './phones.ts'
export { type CitizenRoutesPorts, citizenRoutes } from './routes.ts'
export { createCitizens } from './store.ts'
export type { Citizen, Citizens, CitizenValues } from './types.ts'
