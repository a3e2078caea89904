// The phone in the agent's browser: its way to the switch, its account and whether it can be rung.
export type { PhoneState, PhoneStates } from './phone-states.ts'
export type { SoftphoneAccount, SoftphoneCredential, SoftphonePorts, Unreachable } from './ports.ts'
export { closeCode as softphoneCloseCode, type RelayLimits } from './relay.ts'
export { type SoftphoneOptions, softphonePath, softphoneRoutes } from './routes.ts'
