// Several servers over one database, and the page of switches and servers.
export type { Bus } from './bus.ts'
export { type Cluster, type ClusterOptions, createCluster } from './cluster.ts'
export { createDraining, type Draining } from './draining.ts'
export { createOwedCallbacks } from './owed-callbacks.ts'
export { createLostPlaces, keepLostPlaces, type LostPlaces } from './places.ts'
export { type ClusterRoutesOptions, clusterRoutes } from './routes.ts'
export type { ServerNow } from './servers.ts'
