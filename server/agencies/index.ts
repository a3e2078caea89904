export {
  type Agencies,
  type Agency,
  type AgencyInput,
  agencyKinds,
  createAgencies,
  type EntryNumber,
} from './agencies.ts'
export { agencyRoutes } from './routes.ts'
