// Several switches as one SwitchClient.
export { createFleet } from './fleet.ts'
export { type Fleet, type FleetMember, type FleetNode, type FleetOptions, fleetEvents } from './types.ts'
