// The agent desktop: `/agent`, what can be done at it, and who sits there.
export type { Contact, Draft } from './contact.ts'
export { type Agent, createDesk, type Desk, type DeskModel } from './desk.ts'
export type { Persons } from './persons.ts'
export type {
  Choice,
  CitizenCard,
  Consult,
  DayFigures,
  DeskPorts,
  NewCitizen,
  PastContact,
  TransferTarget,
  VoiceVerbs,
} from './ports.ts'
export { agentRoutes } from './routes.ts'
