import type { FleetNode } from '../../freeswitch/fleet/index.ts'
import type { Cluster } from './cluster.ts'

/** Key of what a screen says about a switch that is not there, from what the client says of it. */
export function reasonOf({ state, reason }: Pick<FleetNode, 'state' | 'reason'>): string {
  if (state === 'up') return 'up'
  if (/password/i.test(reason)) return 'password'
  if (/ACL|refused the connection/i.test(reason)) return 'acl'
  if (/nobody listens/.test(reason)) return 'nobody'
  if (/host name/.test(reason)) return 'host'
  if (/not reachable/.test(reason)) return 'unreachable'
  if (/silent|heartbeat/.test(reason)) return 'silent'
  return state === 'connecting' ? 'connecting' : 'lost'
}

/** Model of the page and of its live topic. */
export function nodesModel(nodes: FleetNode[], cluster: Pick<Cluster, 'alone' | 'servers' | 'owner'>) {
  const owner = cluster.owner()
  return {
    nodes: nodes.map((node) => ({
      name: node.name,
      state:
        node.state === 'up' ? (node.draining ? 'draining' : 'up') : node.state === 'connecting' ? 'connecting' : 'down',
      reason: reasonOf(node),
      draining: node.draining,
      calls: node.calls,
      version: node.version ?? '',
      startedAt: node.state === 'up' ? node.startedAt : undefined,
      lastHeartbeat: node.lastHeartbeat,
    })),
    alone: cluster.alone,
    ownerless: owner === undefined,
    servers: cluster.servers().map((server) => ({
      name: server.name,
      url: server.url,
      version: server.version,
      startedAt: server.startedAt,
      seenAt: server.seenAt,
      alive: server.alive,
      self: server.self,
      owner: server.name === owner,
    })),
  }
}
