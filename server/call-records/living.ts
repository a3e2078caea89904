import type { SwitchClient } from '../../freeswitch/esl/types.ts'
import type { SwitchesNow, SwitchNow } from './lost.ts'

export type SwitchNode = { name: string; client: Pick<SwitchClient, 'state' | 'coreUuid' | 'api'> }

/** For the port `switches`: asks each switch which run of it lives and which legs are on it. Does not reject. */
export async function livingLegs(nodes: readonly SwitchNode[]): Promise<SwitchesNow> {
  const answers = await Promise.all(nodes.map((node) => ask(node).catch(() => undefined)))
  const now = answers.filter((answer) => answer !== undefined)
  return { all: nodes.length > 0 && now.length === nodes.length, now }
}

async function ask({ name, client }: SwitchNode): Promise<SwitchNow | undefined> {
  const { coreUuid } = client
  if (client.state !== 'up' || !coreUuid) return undefined
  const list = JSON.parse(await client.api('show channels as json')) as { rows?: { uuid?: unknown }[] }
  // Restarted while it was asked: the next look sees one of the two.
  if (client.coreUuid !== coreUuid) return undefined
  return { node: name, coreUuid, legs: new Set((list.rows ?? []).map(({ uuid }) => String(uuid))) }
}
